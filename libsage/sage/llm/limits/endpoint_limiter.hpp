/// Decides which call of a model may go to an endpoint, and when: one per endpoint and process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/llm/limits/concurrency_window.hpp"
#include "sage/llm/limits/fair_queue.hpp"
#include "sage/llm/limits/rate_bucket.hpp"

namespace sage::llm {

/// What tenants are given equal shares of.
enum class share_of : std::uint8_t { tokens, calls };

struct endpoint_limits {
  concurrency_settings concurrency;
  double requests_per_minute_max = 0;  ///< 0 is no limit of ours
  double tokens_per_minute_max = 0;    ///< 0 is no limit of ours
  share_of shares = share_of::tokens;
  std::size_t waiting_max = 100'000;            ///< calls, in all
  std::size_t waiting_per_tenant_max = 20'000;  ///< calls
  nanoseconds pause_max = 120'000'000'000;      ///< the longest Retry-After that stops everybody
  nanoseconds cancelled_hold = 250'000'000;     ///< the provider takes a while to see that we hung up
};

/// How a call ended.
struct call_outcome {
  enum class kind : std::uint8_t {
    ok,
    throttled,  ///< the provider said "too many" (429)
    failed,     ///< anything else: says nothing about limits
  };
  kind how = kind::ok;
  std::uint64_t tokens = 0;                ///< really used, as far as known
  std::optional<nanoseconds> retry_after;  ///< from the provider's answer
};

/// What became of a request to call.
enum class admission : std::uint8_t {
  accepted,     ///< goes now or waits; its id comes out of `go` exactly once unless it is cancelled
  full,         ///< waiting_max reached
  tenant_full,  ///< waiting_per_tenant_max reached
  duplicate,    ///< a call with this id is here already
};

/// Pure state machine: every event takes the time and appends the calls that may go now to `go`.
///
/// Law  a call comes out of `go` at most once, and within a tenant in the order of the requests
/// Law  accepted = gone out + cancelled while waiting + waiting
/// Law  while calls wait, something is in flight, held or `next_wake()` is a moment: nothing is forgotten
/// At the limit  the request is refused at once with `full` or `tenant_full`: the caller waits as backpressure
/// Cost  O(log tenants) per event
class endpoint_limiter {
 public:
  static constexpr nanoseconds never = std::numeric_limits<nanoseconds>::max();

  explicit endpoint_limiter(const endpoint_limits& limits);

  /// The share of `tenant` relative to the others'; 1 unless set.
  void set_weight(std::string_view tenant, double weight) { waiting_.set_weight(tenant, weight); }

  [[nodiscard]] admission request(call_id call, std::string_view tenant, std::uint64_t tokens_estimate,
                                  nanoseconds now, std::vector<call_id>& go);
  /// The caller has given the call up, waiting or under way. False when there is no such call.
  bool cancel(call_id call, nanoseconds now, std::vector<call_id>& go);
  /// The call has ended. Ignored when there is no such call under way: an answer may come after a cancel.
  void settle(call_id call, const call_outcome& outcome, nanoseconds now, std::vector<call_id>& go);
  /// Time has passed: to be called at `next_wake()`.
  void wake(nanoseconds now, std::vector<call_id>& go) { let_go(now, go); }

  /// When `wake` has something to do if nothing happens before; `never` when it hasn't.
  [[nodiscard]] nanoseconds next_wake() const noexcept { return wake_at_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }
  [[nodiscard]] std::size_t waiting_of(std::string_view tenant) const noexcept { return waiting_.waiting_of(tenant); }
  [[nodiscard]] std::size_t in_flight() const noexcept { return calls_.size() - waiting_.size(); }
  /// How many calls the endpoint is believed to bear at once.
  [[nodiscard]] std::uint32_t in_flight_limit() const noexcept { return window_.limit(); }
  [[nodiscard]] nanoseconds paused_until() const noexcept { return paused_until_; }

 private:
  struct call_state {
    fair_queue::place place = 0;  // while it waits
    std::uint64_t tokens = 0;     // estimated
    bool under_way = false;
    fair_queue::waiting_call taken;
    concurrency_window::start start;
  };

  void let_go(nanoseconds now, std::vector<call_id>& go);
  void end_holds(nanoseconds now);
  [[nodiscard]] std::uint64_t cost_of(std::uint64_t tokens) const noexcept;

  endpoint_limits limits_;
  concurrency_window window_;
  rate_bucket requests_;
  rate_bucket tokens_;
  fair_queue waiting_;
  std::unordered_map<call_id, call_state> calls_;
  std::deque<nanoseconds> held_;  // until when the places of cancelled calls are kept, in order
  nanoseconds paused_until_ = std::numeric_limits<nanoseconds>::min();
  nanoseconds wake_at_ = never;
};

}  // namespace sage::llm
