#include "sage/app/checkpoints_command.hpp"

#include <cstdint>
#include <vector>

#include "sage/app/nearest_name.hpp"
#include "sage/base/error.hpp"
#include "sage/base/file_system.hpp"
#include "sage/runtime/checkpoint/checkpoint_store.hpp"

namespace sage::apps {

namespace {

const char* const usage = "write sage checkpoints list DIR, verify DIR, or prune DIR [--keep N]";

[[noreturn]] void refuse(const std::string& what, const std::string& advice = usage) {
  throw error(errc::configuration, what, {}, advice);
}

std::string line_of(const runtime::stored_checkpoint& one, const std::string& state) {
  std::string line = padded(std::to_string(one.epoch), 12);
  if (one.content) {
    line += padded(utc_text(one.content->taken_at_ms), 22) + padded(std::to_string(one.bytes), 14) +
            padded(one.content->job, 18);
  } else {
    line += padded("-", 22) + padded("-", 14) + padded("-", 18);
  }
  return line + state + "\n";
}

const char* const title = "CHECKPOINT  TAKEN                 BYTES         JOB               STATE\n";

std::string state_of(const runtime::stored_checkpoint& one) {
  if (one.content) return one.content->final ? "complete, the job had ended" : "complete";
  return one.problem->code() == errc::not_found ? "incomplete" : "damaged: " + one.problem->message();
}

command_outcome list(runtime::checkpoint_store& store) {
  command_outcome outcome{title, true};
  for (const runtime::stored_checkpoint& one : store.list()) outcome.text += line_of(one, state_of(one));
  return outcome;
}

command_outcome verify(runtime::checkpoint_store& store) {
  command_outcome outcome{title, true};
  for (const runtime::stored_checkpoint& one : store.list()) {
    std::string state = state_of(one);
    if (one.content) {
      const auto whole = store.verify(one);
      state = whole ? "whole" : std::string("damaged: ") + whole.error().what();
      outcome.good = outcome.good && whole;
    } else if (one.problem->code() != errc::not_found) {
      outcome.good = false;
    }
    outcome.text += line_of(one, state);
  }
  return outcome;
}

command_outcome prune(runtime::checkpoint_store& store, std::size_t kept) {
  store.take();
  command_outcome outcome;
  for (const std::uint64_t epoch : store.prune(kept).value()) {
    outcome.text += "removed checkpoint " + std::to_string(epoch) + "\n";
  }
  if (outcome.text.empty()) outcome.text = "nothing to remove\n";
  return outcome;
}

std::size_t kept_by(std::span<const std::string> options) {
  if (options.empty()) return 1;
  if (options.size() != 2 || options[0] != "--keep") refuse("unexpected argument '" + options[0].substr(0, 80) + "'");
  return number_from_one(options[1], "--keep", usage);
}

}  // namespace

command_outcome checkpoints_command(std::span<const std::string> arguments) {
  if (arguments.empty()) refuse("what to do with the checkpoints is missing");
  const std::string& what = arguments[0];
  if (what != "list" && what != "verify" && what != "prune") {
    const std::vector<std::string> known{"list", "verify", "prune"};
    refuse("unknown command '" + what.substr(0, 80) + "' for checkpoints", did_you_mean(what, known, "", usage));
  }
  if (arguments.size() < 2) refuse("the directory is missing");
  const std::span<const std::string> options = arguments.subspan(2);
  if (what != "prune" && !options.empty()) refuse("unexpected argument '" + options[0].substr(0, 80) + "'");
  const std::size_t kept = what == "prune" ? kept_by(options) : 0;
  const std::string& directory = arguments[1];
  require_directory(directory, "checkpoints");
  runtime::checkpoint_store store(system_files(), directory);
  return what == "list" ? list(store) : what == "verify" ? verify(store) : prune(store, kept);
}

}  // namespace sage::apps
