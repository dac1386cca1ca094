#include "sage/app/dlq_command.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sage/app/nearest_name.hpp"
#include "sage/app/record_edit.hpp"
#include "sage/base/error.hpp"
#include "sage/connectors/dead_letters/letter_folder.hpp"
#include "sage/model/json.hpp"
#include "sage/model/msgpack.hpp"

namespace sage::apps {

namespace {

using letters::kept_letter;
using letters::letter_folder;
using letters::letter_state;
using letters::letters_text;

dynamic_value record_of(const kept_letter& letter) {
  decode_limits limits;
  limits.bytes_max = letters::frame_bytes_max;
  const std::string_view bytes(reinterpret_cast<const char*>(letter.record.data()), letter.record.size());
  return from_msgpack<dynamic_value>(bytes, limits).value();
}

byte_string bytes_of(const dynamic_value& record) {
  const std::string packed = to_msgpack(record);
  const auto* const begin = reinterpret_cast<const std::byte*>(packed.data());
  return byte_string(begin, begin + packed.size());
}

// The first line of a text, cut where a table would become unreadable.
std::string brief(const std::string& text) {
  constexpr std::size_t most = 100;
  const std::string line = text.substr(0, text.find('\n'));
  return line.size() <= most ? line : line.substr(0, most) + "...";
}

/// One call of the command.
class dlq {
 public:
  dlq(std::string program, std::span<const std::string> arguments, const text_editor& edit)
      : usage_("write " + program +
               " dlq list DIR [--state waiting|marked|replayed] [--operator NAME], show DIR N, " +
               "edit DIR N [--set FIELD=VALUE]..., replay DIR N...|--all, or purge DIR N...|--replayed|--all"),
        given_(arguments),
        edit_(edit) {}

  command_outcome run() {
    const std::vector<std::string> known{"list", "show", "edit", "replay", "purge"};
    if (given_.empty()) refuse("what to do with the dead letters is missing");
    const std::string& what = given_[0];
    if (std::find(known.begin(), known.end(), what) == known.end()) {
      throw error(errc::configuration, "unknown command '" + what.substr(0, 80) + "' for dead letters", {},
                  did_you_mean(what, known, "", usage_));
    }
    if (given_.size() < 2) refuse("the directory is missing");
    require_directory(given_[1], "dead letters");
    folder_.emplace(system_files(), given_[1]);
    given_ = given_.subspan(2);
    if (what == "list") return list();
    if (what == "show") return show();
    if (what == "edit") return edit();
    return what == "replay" ? replay() : purge();
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const { throw error(errc::configuration, what, {}, usage_); }

  [[nodiscard]] std::optional<std::string> take_option(const std::string& name) {
    if (given_.empty() || given_[0] != name) return std::nullopt;
    if (given_.size() < 2) refuse("the value behind '" + name + "' is missing");
    std::string value = given_[1];
    given_ = given_.subspan(2);
    return value;
  }
  void expect_end() const {
    if (!given_.empty()) refuse("unexpected argument '" + given_[0].substr(0, 80) + "'");
  }
  [[nodiscard]] std::uint64_t take_number() {
    if (given_.empty()) refuse("the number of the letter is missing");
    const std::uint64_t number = number_from_one(given_[0], "a letter", usage_);
    given_ = given_.subspan(1);
    return number;
  }

  command_outcome list() {
    std::string state;
    std::string of_operator;
    while (!given_.empty()) {
      if (const auto wished = take_option("--state")) {
        state = *wished;
        if (state != "waiting" && state != "marked" && state != "replayed") {
          refuse("no letter is '" + state.substr(0, 80) + "'");
        }
      } else if (const auto named = take_option("--operator")) {
        of_operator = *named;
      } else {
        expect_end();
      }
    }
    command_outcome outcome{"LETTER  KEPT                  OPERATOR            ATTEMPTS  STATE     ERROR\n", true};
    std::size_t counts[3] = {};
    folder_->for_each([&](letter_folder::listed& one) {
      ++counts[static_cast<std::size_t>(one.state)];
      const std::string at(letters::to_string(one.state));
      if (!state.empty() && at != state) return true;
      if (!of_operator.empty() && one.letter.operator_name != of_operator && one.letter.uid != of_operator)
        return true;
      outcome.text += padded(std::to_string(one.letter.number), 8) + padded(utc_text(one.letter.kept_at_ms), 22) +
                      padded(one.letter.operator_name, 20) + padded(std::to_string(one.letter.attempts), 10) +
                      padded(at + (one.edited ? "*" : ""), 10) + brief(one.letter.error) + "\n";
      return true;
    });
    const letters::folder_facts known = folder_->facts();
    outcome.text += letters_text(counts[0] + counts[1] + counts[2]) + ": " + std::to_string(counts[0]) +
                    " waiting, " + std::to_string(counts[1]) + " marked, " + std::to_string(counts[2]) +
                    " replayed; " + std::to_string(known.bytes()) + " bytes\n";
    if (known.at.removed > 0) outcome.text += letters_text(known.at.removed) + " had to make room\n";
    for (std::size_t i = 0; i + 1 < known.segments.size(); ++i) {
      const letters::segment_file& one = known.segments[i];
      if (one.whole_bytes == one.bytes) continue;
      outcome.good = false;
      outcome.text += one.path + ": damaged behind byte " + std::to_string(one.whole_bytes) + ", " +
                      std::to_string(one.bytes - one.whole_bytes) + " bytes can't be read\n";
    }
    return outcome;
  }

  command_outcome show() {
    const std::uint64_t number = take_number();
    expect_end();
    const letter_folder::listed one = folder_->letter(number);
    const kept_letter& its = one.letter;
    std::string text;
    const auto line = [&text](std::string_view name, const std::string& value) {
      if (!value.empty()) text += padded(name, 12) + value + "\n";
    };
    line("letter", std::to_string(its.number));
    line("state", std::string(letters::to_string(one.state)) + (one.edited ? ", edited" : ""));
    line("kept", utc_text(its.kept_at_ms));
    line("job", its.job);
    line("operator", its.operator_name + "[" + std::to_string(its.instance) + "]" +
                         (its.uid == its.operator_name ? "" : " (uid " + its.uid + ")") +
                         (its.input == 0 ? "" : ", input " + std::to_string(its.input)));
    line("attempts", std::to_string(its.attempts));
    line("error", its.error);
    if (its.has_event_time) line("event time", utc_text(its.event_time));
    line("trace", its.traceparent);
    line("type", its.record_type);
    line("replay", its.returns ? "" : "can't be tried again: the record can't be kept as it was");
    line("record", its.record.empty() ? its.shown : to_shown_json(record_of(its)));
    return {text, true};
  }

  command_outcome edit() {
    const std::uint64_t number = take_number();
    std::vector<std::string> assignments;
    while (const auto assignment = take_option("--set")) assignments.push_back(*assignment);
    expect_end();
    const letter_folder::listed one = folder_->letter(number);
    if (!one.letter.returns) {
      throw error(errc::invalid_argument, "letter " + std::to_string(number) + " can't be tried again, so there is " +
                                              "nothing to edit: its record can't be kept as it was");
    }
    if (one.state != letter_state::waiting) {
      throw error(
          errc::invalid_argument,
          "letter " + std::to_string(number) + " is " + std::string(letters::to_string(one.state)) + " already", {},
          "what failed again is a letter of its own");
    }
    dynamic_value record = record_of(one.letter);
    const dynamic_value before = record;
    if (assignments.empty()) {
      record = edited_record(record, edit_(editable_text(record)));
    } else {
      for (const std::string& assignment : assignments) set_field(record, assignment);
    }
    if (record == before) return {"nothing was changed\n", true};
    folder_->edit(number, bytes_of(record));
    return {"letter " + std::to_string(number) + ": " + to_shown_json(record) + "\n", true};
  }

  // The letters that are named, or those that `wanted` picks of all where the argument is one of `words`.
  struct chosen {
    std::vector<letter_folder::listed> all;
    bool by_number = false;
  };
  chosen choose(const std::vector<std::pair<std::string, std::function<bool(const letter_folder::listed&)>>>& words) {
    if (given_.empty()) refuse("the letters are missing");
    chosen found;
    for (const auto& [word, picks] : words) {
      if (given_[0] != word) continue;
      given_ = given_.subspan(1);
      expect_end();
      folder_->for_each([&](letter_folder::listed& one) {
        if (picks(one)) found.all.push_back(std::move(one));
        return true;
      });
      return found;
    }
    std::vector<std::uint64_t> numbers;
    while (!given_.empty()) numbers.push_back(take_number());
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    found.by_number = true;
    folder_->for_each([&](letter_folder::listed& one) {
      if (std::binary_search(numbers.begin(), numbers.end(), one.letter.number)) found.all.push_back(std::move(one));
      return true;
    });
    for (const std::uint64_t number : numbers) {
      const bool there = std::any_of(found.all.begin(), found.all.end(),
                                     [&](const auto& one) { return one.letter.number == number; });
      if (!there) static_cast<void>(folder_->letter(number));  // says so
    }
    return found;
  }

  command_outcome replay() {
    chosen picked = choose({{"--all", [](const letter_folder::listed& one) {
                               return one.state == letter_state::waiting && one.letter.returns;
                             }}});
    std::vector<kept_letter> all;
    for (letter_folder::listed& one : picked.all) {
      const std::string name = "letter " + std::to_string(one.letter.number);
      if (one.state != letter_state::waiting) {
        throw error(errc::invalid_argument, name + " is " + std::string(letters::to_string(one.state)) + " already",
                    {}, "what failed again is a letter of its own");
      }
      if (!one.letter.returns) {
        throw error(errc::invalid_argument, name + " can't be tried again: a " + one.letter.record_type +
                                                " views other memory, holds secrets or isn't described");
      }
      all.push_back(std::move(one.letter));
    }
    const std::size_t count = all.size();
    folder_->ask_replays(std::move(all));
    return {letters_text(count) + " marked: the job that runs, or the next one, tries " +
                (count == 1 ? "it" : "them") + " again\n",
            true};
  }

  command_outcome purge() {
    const chosen picked = choose(
        {{"--all", [](const letter_folder::listed&) { return true; }},
         {"--replayed", [](const letter_folder::listed& one) { return one.state == letter_state::replayed; }}});
    std::vector<std::uint64_t> numbers;
    for (const letter_folder::listed& one : picked.all) numbers.push_back(one.letter.number);
    folder_->purge(numbers);
    std::string text = letters_text(numbers.size()) + " purged";
    // While a job writes, they are only hidden; the next one that starts removes them.
    if (const auto lock = system_files().lock(folder_->lock_path()); lock) {
      folder_->compact();
    } else if (!numbers.empty()) {
      text += "; they leave the disk when the job that runs has ended and the next one starts";
    }
    return {text + "\n", true};
  }

  std::string usage_;
  std::span<const std::string> given_;
  const text_editor& edit_;
  std::optional<letter_folder> folder_;
};

}  // namespace

command_outcome dlq_command(const std::string& program, std::span<const std::string> arguments,
                            const text_editor& edit) {
  return dlq(program, arguments, edit).run();
}

}  // namespace sage::apps
