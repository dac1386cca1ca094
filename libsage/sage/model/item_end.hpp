/// How an item came to its end without an answer.
#pragma once

#include <cstdint>
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

/// What the requester is told instead of an answer.
struct item_end {
  item_end_reason reason = item_end_reason::job_ended;
  std::string operator_name;  ///< who ended it; empty where nobody in particular did
  std::string text;           ///< what the operator's function threw, or what stopped the item

  /// One sentence: "operator 'summarize' failed: connection refused".
  [[nodiscard]] std::string message() const;
};

}  // namespace sage
