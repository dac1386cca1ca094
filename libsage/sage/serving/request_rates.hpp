/// What each tenant has asked for and used lately: the limits of callers on requests and tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "sage/base/clock.hpp"
#include "sage/serving/callers.hpp"

namespace sage::serving {

/// Why a request may not come in now.
struct rate_refusal {
  enum class limit : std::uint8_t { requests_in_flight, requests_per_minute, tokens_per_minute, tokens_per_day };
  limit reached = limit::requests_in_flight;
  std::uint32_t retry_after_s = 1;  ///< after which it is worth trying again
  friend bool operator==(const rate_refusal&, const rate_refusal&) = default;
};
/// "requests_per_minute", as the callers file names it.
[[nodiscard]] const char* to_string(rate_refusal::limit reached) noexcept;

/// Pure. What a tenant has used runs off evenly, over the minute or the day; while it is at the limit nothing comes
/// in. Tokens are counted when a request ends, since nobody knows before what an answer will take: a tenant may go
/// over its limit by what was let in until then, and waits that much longer.
///
/// Law  in any minute at most twice requests_per_minute are let in, over many minutes at most that many per minute
/// Law  over many minutes (days) no more tokens than the limit times those, and what was in flight at the end
class request_rates {
 public:
  /// Nothing when the request may come in, and then it is counted. Limits of 0 let nobody in.
  [[nodiscard]] std::optional<rate_refusal> admit(const caller& who, nanoseconds now);
  /// A request that was let in has ended and has taken `tokens`. They are the tenant's, whichever of its tokens it
  /// has shown.
  void on_end(const std::string& tenant, std::uint64_t tokens, nanoseconds now) noexcept;

 private:
  /// How much was used and hasn't run off.
  class level {
   public:
    /// Lets run off what does until `now`, at `limit` per `period`.
    void run_off(std::uint64_t limit, nanoseconds period, nanoseconds now) noexcept;
    void add(double amount) noexcept { used_ += amount; }
    [[nodiscard]] double used() const noexcept { return used_; }
    /// Seconds until at most `most` are left of what was used.
    [[nodiscard]] std::uint32_t seconds_until(double most, std::uint64_t limit, nanoseconds period) const noexcept;

   private:
    double used_ = 0;
    nanoseconds seen_at_ = 0;
  };
  struct tenant_state {
    caller_limits limits;  // of the line that was used last: what runs off goes by them
    std::uint64_t in_flight = 0;
    level requests;
    level minute_tokens;
    level day_tokens;
  };
  std::unordered_map<std::string, tenant_state> tenants_;  // as many as there are callers
};

}  // namespace sage::serving
