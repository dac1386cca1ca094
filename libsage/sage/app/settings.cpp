#include "sage/app/settings.hpp"

#include <algorithm>
#include <utility>

#include "sage/connectors/dead_letters/queue.hpp"
#include "sage/optimizer/optimizer.hpp"
#include "sage/state/rocksdb_backend.hpp"

namespace sage::apps {

namespace {

using texts = std::vector<std::string>;

option_spec row(std::string name, option_kind kind, std::string placeholder, option_value fallback, std::string unit,
                std::string brief) {
  option_spec spec;
  spec.name = std::move(name);
  spec.kind = kind;
  spec.placeholder = std::move(placeholder);
  spec.fallback = std::move(fallback);
  spec.unit = std::move(unit);
  spec.brief = std::move(brief);
  return spec;
}

option_spec flag(std::string name, std::string brief) {
  return row(std::move(name), option_kind::flag, "", false, "", std::move(brief));
}

option_spec number(std::string name, std::int64_t fallback, double least, double most, std::string unit,
                   std::string brief, option_kind kind = option_kind::integer, std::string placeholder = "N") {
  option_spec spec = row(std::move(name), kind, std::move(placeholder), fallback, std::move(unit), std::move(brief));
  spec.least = least;
  spec.most = most;
  return spec;
}

option_spec choice(std::string name, std::string fallback, texts choices, std::string brief) {
  std::string placeholder;
  for (const std::string& one : choices) placeholder += (placeholder.empty() ? "" : "|") + one;
  option_spec spec =
      row(std::move(name), option_kind::text, std::move(placeholder), std::move(fallback), "", std::move(brief));
  spec.choices = std::move(choices);
  return spec;
}

texts optional_passes() {
  texts names;
  for (const optimizer::pass& one : optimizer::passes()) {
    if (one.optional) names.emplace_back(one.name);
  }
  return names;
}

std::vector<option_spec> make_table() {
  constexpr double exact_max = 9e15;  // what a double holds exactly
  std::vector<option_spec> table;
  table.push_back(number("parallelism", 0, 0, 4096, "instances",
                         "instances of each operator that doesn't say; 0 infers them from cores and splits"));
  table.push_back(number("batch-size", 0, 0, 1 << 20, "records",
                         "records per batch of each operator that doesn't say; 0 chooses by record size"));
  table.push_back(number("threads", 0, 0, 1024, "threads", "threads that run the actors; 0 is one per core"));
  table.push_back(number("blocking-threads-max", 16, 1, 1024, "threads",
                         "threads of a job for code that blocks (run_blocking, blocking tools); started as needed"));
  table.push_back(choice("engine", "actors", {"actors", "reference"},
                         "what runs the job: actors on all cores, or one thread in a fixed order"));
  table.push_back(flag("no-fusion", "give every operator and router an actor of its own"));
  option_spec passes = row("disable-pass", option_kind::texts, "PASS", texts{}, "",
                           "optimizer passes to leave out; graph --explain shows what each did");
  passes.choices = optional_passes();
  table.push_back(std::move(passes));
  table.push_back(number("window-batches", 32, 1, 4096, "batches", "batches that may be in flight per channel"));
  table.push_back(number("window-bytes", 4 << 20, 1, exact_max, "bytes", "bytes that may be in flight per channel",
                         option_kind::bytes, "SIZE"));
  table.push_back(choice("state", "memory", {"memory", "rocksdb"},
                         "where keyed state is kept: in memory, or on disk what doesn't fit into state-memory"));
  table.push_back(
      row("state-dir", option_kind::text, "DIR", std::string(), "",
          "where state on disk is kept while a job runs; empty is the system's place for temporary files"));
  table.push_back(number("state-memory", 256 << 20, 1 << 20, exact_max, "bytes",
                         "memory of a job for keyed state that is kept on disk", option_kind::bytes, "SIZE"));
  table.push_back(
      row("checkpoint-dir", option_kind::text, "DIR", std::string(), "",
          "take checkpoints into DIR, so that the job can go on from there after a crash; empty takes none"));
  table.push_back(number("checkpoint-interval", 1'000'000'000, 1'000'000, exact_max, "time",
                         "from the beginning of one checkpoint to the next", option_kind::duration, "TIME"));
  table.push_back(number("checkpoint-deadline", 60'000'000'000, 1'000'000, exact_max, "time",
                         "a checkpoint that isn't complete by then is given up; the next one follows",
                         option_kind::duration, "TIME"));
  table.push_back(number("checkpoints-kept", 3, 1, 1 << 20, "checkpoints",
                         "complete checkpoints that are kept; older ones are removed"));
  table.push_back(row("restore", option_kind::text, "latest|ID|PATH", std::string(), "",
                      "go on from a checkpoint: the newest, one by its number, or the newest in another folder"));
  table.push_back(row("dlq", option_kind::text, "DIR", std::string(), "",
                      "keep records that operators give up on in DIR, from where they can be tried again"));
  table.push_back(number("dlq-bytes-max", 1 << 30, 1 << 16, exact_max, "bytes", "what may be kept there",
                         option_kind::bytes, "SIZE"));
  table.push_back(choice("dlq-when-full", "fail", {"fail", "drop-oldest"},
                         "when there is no more room: the job fails, or the oldest letters go"));
  table.push_back(choice("default-on-error", "auto", {"auto", "fail", "drop", "dead-letter"},
                         "what operators that don't say do with a record on which their function throws; auto is "
                         "dead-letter with --dlq, else fail"));
  table.push_back(
      flag("allow-lost-state", "go on although the pipeline has no operator for what a checkpoint knows"));
  table.push_back(number("restarts-max", 5, 0, 1000, "restarts",
                         "restarts within a minute from the newest checkpoint, after a failure that may pass"));
  table.push_back(number("stuck-after", 30'000'000'000, 0, exact_max, "time",
                         "a function that hasn't returned for so long is reported; 0 reports none",
                         option_kind::duration, "TIME"));
  table.push_back(number("stuck-limit", 0, 0, exact_max, "time",
                         "a function that hasn't returned for so long ends the process with exit code 1; 0 is never",
                         option_kind::duration, "TIME"));
  table.push_back(number("stop-deadline", 5'000'000'000, 0, exact_max, "time",
                         "how long instances may take to stop after a failure or a cancel", option_kind::duration,
                         "TIME"));
  table.push_back(number("seed", 1, 0, exact_max, "", "what the random numbers of functions begin with"));
  table.push_back(row("metrics", option_kind::text, "FILE", std::string(), "",
                      "write the job's metrics to FILE when it ends, as JSON; empty writes none"));
  table.push_back(row("operations", option_kind::text, "HOST:PORT", std::string(), "",
                      "serve health, metrics, plan and ledger over HTTP at HOST:PORT; empty serves none"));
  table.push_back(row("spans", option_kind::text, "FILE", std::string(), "",
                      "write spans of requests to the new file FILE, as lines of OTLP JSON; empty writes none"));
  table.push_back(flag("insecure", "let a server that anybody can reach ask nobody who they are"));
  table.push_back(
      choice("progress", "auto", {"auto", "on", "off"}, "the progress line on stderr; auto shows it on a terminal"));
  table.push_back(choice("log-level", "warn", {"trace", "debug", "info", "warn", "error", "off"},
                         "the least important log line that is shown"));
  table.push_back(choice("log-format", "human", {"human", "json"}, "the form of log lines on stderr"));
  table.push_back(number("caf.scheduler.max-threads", 0, 0, 1024, "threads", "the same as threads, in CAF's words"));
  table.push_back(
      choice("caf.scheduler.policy", "sharing", {"sharing", "stealing"}, "how CAF spreads actors over threads"));
  table.push_back(number("caf.scheduler.max-throughput", 32, 1, 1 << 20, "messages",
                         "messages an actor may take per activation"));
  return table;
}

}  // namespace

std::span<const option_spec> settings_table() {
  static const std::vector<option_spec> table = make_table();
  return table;
}

bool is_for_caf(std::string_view name) noexcept {
  return name.starts_with("caf.");
}

namespace {

result<checkpoint_options> checkpoint_settings(const options& given) {
  checkpoint_options made;
  made.directory = given.get<std::string>("checkpoint-dir");
  made.interval = std::chrono::milliseconds(given.get<nanoseconds>("checkpoint-interval") / 1'000'000);
  made.deadline = std::chrono::milliseconds(given.get<nanoseconds>("checkpoint-deadline") / 1'000'000);
  made.kept = given.get<std::size_t>("checkpoints-kept");
  made.allow_lost_state = given.get<bool>("allow-lost-state");
  const auto wish = given.get<std::string>("restore");
  if (wish.empty()) return made;
  if (made.directory.empty()) {
    return error(errc::configuration, "there is nothing to restore without a place for checkpoints",
                 given.at("restore").place, "say --checkpoint-dir DIR");
  }
  if (wish == "latest") {
    made.restore.what = restore_from::kind::latest;
  } else if (wish.find_first_not_of("0123456789") == std::string::npos && wish.size() < 19) {
    made.restore.what = restore_from::kind::epoch;
    made.restore.epoch = std::stoull(wish);
  } else {
    made.restore.what = restore_from::kind::latest;
    made.restore.path = wish;
  }
  return made;
}

// What becomes of records that can't be processed.
result<void> failure_settings(const options& given, environment_options& made) {
  const auto directory = given.get<std::string>("dlq");
  const auto wish = given.get<std::string>("default-on-error");
  if (!directory.empty()) {
    dead_letter_queue_options queue;
    queue.directory = directory;
    queue.bytes_max = static_cast<std::uint64_t>(given.get<std::int64_t>("dlq-bytes-max"));
    queue.full = given.get<std::string>("dlq-when-full") == "fail" ? when_full::fail : when_full::drop_oldest;
    made.dead_letters = dead_letter_queue(std::move(queue));
  }
  if (wish == "dead-letter" && directory.empty()) {
    return error(errc::configuration, "there is no place for dead letters", given.at("default-on-error").place,
                 "say --dlq DIR");
  }
  if (wish == "drop") made.on_error = drop;
  if (wish == "dead-letter" || (wish == "auto" && !directory.empty())) made.on_error = dead_letters;
  return {};
}

}  // namespace

result<environment_options> environment_settings(const options& given) {
  environment_options made;
  made.parallelism = given.get<std::size_t>("parallelism");
  made.batch_size = given.get<std::size_t>("batch-size");
  made.disabled_passes = given.get<texts>("disable-pass");
  if (given.get<bool>("no-fusion")) {
    for (const char* pass : {"chain-fusion", "router-fusion"}) {
      if (std::find(made.disabled_passes.begin(), made.disabled_passes.end(), pass) == made.disabled_passes.end()) {
        made.disabled_passes.emplace_back(pass);
      }
    }
  }
  made.flow.window_batches = given.get<std::uint32_t>("window-batches");
  made.flow.window_bytes = given.get<std::int64_t>("window-bytes");
  if (given.get<std::string>("state") == "rocksdb") {
    if (!state::has_rocksdb()) {
      return error(errc::unsupported, "this build has no RocksDB", given.at("state").place,
                   "use memory, or build with librocksdb-dev installed");
    }
    made.state.place = state_place::rocksdb;
  }
  made.state.directory = given.get<std::string>("state-dir");
  made.state.memory_bytes = static_cast<std::size_t>(given.get<std::int64_t>("state-memory"));
  if (const auto checkpoints = checkpoint_settings(given); checkpoints) {
    made.checkpoints = *checkpoints;
  } else {
    return checkpoints.error();
  }
  if (const auto failures = failure_settings(given, made); !failures) return failures.error();
  made.restarts.restarts_max = given.get<std::size_t>("restarts-max");
  made.stop_deadline = given.get<nanoseconds>("stop-deadline");
  made.seed = given.get<std::uint64_t>("seed");
  made.blocking_threads_max = given.get<std::size_t>("blocking-threads-max");
  return made;
}

result<runtime::local_engine_options> engine_settings(const options& given) {
  runtime::local_engine_options made;
  const auto ours = given.get<std::size_t>("threads");
  const auto theirs = given.get<std::size_t>("caf.scheduler.max-threads");
  if (ours != 0 && theirs != 0 && ours != theirs) {
    return error(errc::configuration,
                 "threads is " + std::to_string(ours) + " and caf.scheduler.max-threads is " + std::to_string(theirs),
                 given.at("threads").place + " and " + given.at("caf.scheduler.max-threads").place,
                 "they are the same setting: give one of them");
  }
  made.threads = ours != 0 ? ours : theirs;
  made.scheduler = given.get<std::string>("caf.scheduler.policy");
  made.throughput = given.get<std::size_t>("caf.scheduler.max-throughput");
  return made;
}

}  // namespace sage::apps
