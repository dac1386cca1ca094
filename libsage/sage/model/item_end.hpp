/// How an item came to its end without an answer.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

namespace sage {

/// Why nobody answered a request.
enum class item_end_reason : std::uint8_t {
  job_ended,      ///< its job ended, failed or was cancelled
  filtered,       ///< an operator filtered its record out
  dropped,        ///< the operator's function threw, policy drop
  dead_lettered,  ///< the operator's function threw, policy dead_letter
  failed,         ///< the operator's function threw, and the job failed of it
  unrouted,       ///< no route had its label
  aggregated,     ///< an operator took it into a result of several records
  no_results,     ///< an operator that makes any number of records made none of it
  sunk,           ///< a sink took it that doesn't answer
  gone,           ///< it was stopped
};
/// Returns the stable name of `reason`, for logs and JSON: `"dead_lettered"`.
[[nodiscard]] std::string_view to_string(item_end_reason reason) noexcept;

/// What a failure says to whoever asked, beside its text. Without a status it is nobody's business but ours.
struct item_failure {
  std::uint16_t status = 0;         ///< of HTTP: 4xx when the request itself can't be meant; 0 is none in particular
  std::uint32_t retry_after_s = 0;  ///< seconds after which it is worth trying again; 0 is not known
  std::string code;                 ///< a word for programs, "context_length_exceeded"; may be empty
  std::string text;  ///< shown instead of what was thrown, where that isn't for everybody; may be empty
  friend bool operator==(const item_failure&, const item_failure&) = default;
};

/// What an exception also derives from when it knows what whoever asked is to be told: the end of the item carries
/// it.
class told_failure {
 public:
  [[nodiscard]] virtual item_failure told() const = 0;

 protected:
  ~told_failure() = default;
};
/// What `problem` says to whoever asked; nothing in particular unless it is a told_failure.
[[nodiscard]] item_failure failure_of(const std::exception_ptr& problem);

/// What the requester is told instead of an answer.
struct item_end {
  item_end_reason reason = item_end_reason::job_ended;
  std::string operator_name;  ///< who ended it; empty where nobody in particular did
  std::string text;           ///< what the operator's function threw, or what stopped the item
  item_failure failure = {};  ///< what it says of itself, when the function threw a told_failure

  /// One sentence: "operator 'summarize' failed: connection refused".
  [[nodiscard]] std::string message() const;
};

}  // namespace sage
