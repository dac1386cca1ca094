/// What agents have done, on the disk: so that after a crash they go on instead of acting again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/agents/journal/entries.hpp"
#include "sage/agents/journal/journal_writer.hpp"
#include "sage/base/clock.hpp"
#include "sage/base/file_system.hpp"

namespace sage {

namespace agents {
class effect_journal;
}

struct effect_journal_options {
  std::string directory;
  /// Answers to requests with an Idempotency-Key are given again for so long, and so many of them.
  std::chrono::hours answers_kept{24};
  std::size_t answers_max = 10'000;
  std::size_t conversations_max = 100'000;  ///< of all agents together; beyond, the one idle longest is forgotten
  std::uint64_t bytes_max = 64u << 20;      ///< then what still counts is written anew
  file_system* files = &system_files();
  const clock* time = &system_clock();
};

/// Opens the journal in a directory, which is made when it isn't there, for the agents of one process:
/// `agent_options.journal = sage::open_effect_journal({.directory = "journal"})`. Throws errc::invalid_argument while
/// another process has it, errc::configuration without a directory, errc::unsupported for a newer format, errc::io.
[[nodiscard]] std::shared_ptr<agents::effect_journal> open_effect_journal(effect_journal_options options);

}  // namespace sage

namespace sage::agents {

/// What a conversation had come to when its last turn had ended.
struct remembered_conversation {
  std::uint64_t turns = 0;
  byte_string state;
};

/// The answer that a request has had.
struct remembered_answer {
  std::string input_digest;
  std::vector<byte_string> answers;
  std::int64_t at_ms = 0;
};

/// A turn that is under way.
struct open_turn {
  turn_begin begin;
  std::vector<recorded_effect> results;
  std::vector<effect_intent> intents;  ///< begun, as far as is known not ended
  bool failed = false;
  bool runs = false;  ///< in this process
};

/// All agents of a process share one. Thread-safe.
///
/// Law  a turn that has ended is never run again: its answer is there
/// Law  what a turn has done before a crash is not done again, as long as its result had reached the disk
class effect_journal {
 public:
  explicit effect_journal(effect_journal_options options);

  /// What is known of the conversation; nothing when it is new.
  [[nodiscard]] std::optional<remembered_conversation> conversation(const std::string& agent,
                                                                    const std::string& name) const;
  /// The recorded answer of a request; nothing when it has none.
  [[nodiscard]] std::optional<remembered_answer> answer(const turn_name& of) const;
  /// Begins a turn, or takes up the one that a crash or a failure has ended: its number, and what it had done.
  /// `input` is what it works on.
  struct begun_turn {
    std::uint64_t turn = 0;
    std::vector<recorded_effect> results;
  };
  [[nodiscard]] begun_turn begin(const turn_name& name, byte_string input);
  /// The turn is about to act; `done` gets true when that is on the disk.
  void intend(effect_intent what, completion<bool> done);
  /// The turn has acted.
  void settle(effect_result what, completion<bool> done);
  void end(turn_end what, completion<bool> done);
  /// The turn ended without an answer; what it had done counts when it is tried again.
  void fail(std::uint64_t turn) noexcept;
  /// Turns of an agent that a crash has interrupted, in their order.
  [[nodiscard]] std::vector<turn_begin> interrupted(const std::string& agent) const;
  /// Names one act of a turn, the same in every attempt: for the outside, to recognise a repetition.
  [[nodiscard]] std::string key_of(std::uint64_t turn, std::string_view path) const;

  [[nodiscard]] const clock& time() const noexcept { return *options_.time; }

 private:
  using conversation_name = std::pair<std::string, std::string>;
  struct kept_conversation {
    remembered_conversation its;
    std::list<conversation_name>::iterator place;
  };

  void read(std::string_view content, const std::string& path);
  void keep_torn(std::string_view content);
  void take_end(turn_end what);
  void keep_answer(const turn_name& name, remembered_answer answer);
  void forget_old_answers();
  void forget_oldest_failure();
  void append(char kind, const std::string& payload, std::optional<completion<bool>> done);
  [[nodiscard]] std::string live_content() const;
  [[nodiscard]] std::unique_ptr<writable_file> write_anew();
  [[nodiscard]] std::string path() const { return options_.directory + "/effects.log"; }

  effect_journal_options options_;
  std::unique_ptr<file_lock> lock_;
  mutable std::mutex mutex_;
  std::map<conversation_name, kept_conversation> conversations_;
  std::list<conversation_name> by_use_;
  std::map<std::string, remembered_answer>
      answers_;  // by agent, conversation and request, told apart by their lengths
  std::list<std::string> by_age_;
  std::map<std::uint64_t, open_turn> open_;
  std::map<std::string, std::uint64_t> resumable_;  // of those that don't run, by name as answers_
  std::uint64_t next_turn_ = 1;
  std::uint64_t live_bytes_ = 0;  // of the file when it was last written anew
  bool moved_ = false;            // a new file is in place, and nobody writes to it yet
  std::unique_ptr<journal_writer> writer_;
};

/// The request is one that a client may repeat, and that keeps its answer.
[[nodiscard]] bool may_be_repeated(std::string_view request) noexcept;
/// What `may_be_repeated` knows them by: what a client calls a request, made unlike all others' names.
[[nodiscard]] std::string repeatable_request(std::string_view tenant, std::string_view key);

}  // namespace sage::agents
