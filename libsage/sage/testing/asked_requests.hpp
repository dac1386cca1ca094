/// What became of the requests that a test has asked: answers and errors, each counted.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/model/item_scope.hpp"

namespace sage::testing {

/// What one request has been told. One that ended well has exactly one entry.
struct request_outcome {
  std::vector<std::string> answers;
  std::vector<item_end> errors;
  [[nodiscard]] std::size_t ends() const noexcept { return answers.size() + errors.size(); }
};

/// Asks requests and keeps what they are told. A light handle whose copies share the record. Thread-safe; it may be
/// looked at while the job runs.
class asked_requests {
 public:
  asked_requests();

  /// The item of a new request with a reply port that records here. `number` names it; the request id is the number
  /// too, unless `settings` says otherwise. Throws errc::invalid_argument for a number that was asked before.
  [[nodiscard]] ref<item_scope> ask(std::uint64_t number, item_settings settings = {}) const;

  /// Requests asked so far.
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] request_outcome outcome(std::uint64_t number) const;
  /// How many were answered; how many were told of an end for this reason; how many are open.
  [[nodiscard]] std::size_t answered() const;
  [[nodiscard]] std::size_t unanswered(item_end_reason why) const;
  [[nodiscard]] std::size_t open() const;
  /// The number of a request that has ended more than once, if there is one.
  [[nodiscard]] std::optional<std::uint64_t> ended_twice() const;
  /// The different messages of all errors, sorted.
  [[nodiscard]] std::vector<std::string> messages() const;

  /// Blocks the calling thread (a test's, never an operator's) until no request is open. Throws errc::timeout when
  /// that takes longer than `patience`: what holds an item may let go of it a little after its job has ended.
  void wait_until_ended(std::chrono::seconds patience = std::chrono::seconds(60)) const;

  /// Answers the request that `item` belongs to, as a reply sink answers a client. False when somebody was quicker,
  /// and for a record without an item. Throws errc::invalid_argument for an item that was asked elsewhere.
  static bool answer(item_scope* item, std::string text = {});

  class board;

 private:
  std::shared_ptr<board> board_;
};

}  // namespace sage::testing
