/// A clock that moves only when told: the clock port for tests.
#pragma once

#include <atomic>

#include "sage/base/clock.hpp"

namespace sage::testing {

/// Stands still until somebody moves it; never goes back. Thread-safe.
///
/// Units  monotonic time in nanoseconds, wall time in milliseconds; both move together
class manual_clock final : public clock {
 public:
  /// Starts a second after its epoch, not at 0, which much code takes for "never".
  explicit manual_clock(nanoseconds now = 1'000'000'000, std::int64_t wall_ms = 1'700'000'000'000) noexcept
      : now_(now), wall_offset_ms_(wall_ms - now / ns_per_ms) {}

  [[nodiscard]] nanoseconds now() const noexcept override { return now_.load(std::memory_order_acquire); }
  [[nodiscard]] std::int64_t wall_ms() const noexcept override { return wall_offset_ms_ + now() / ns_per_ms; }

  void advance(nanoseconds by) noexcept { now_.fetch_add(by > 0 ? by : 0, std::memory_order_acq_rel); }
  /// Moves to `moment`; stays where it is when that has passed.
  void advance_to(nanoseconds moment) noexcept {
    nanoseconds known = now();
    while (known < moment && !now_.compare_exchange_weak(known, moment, std::memory_order_acq_rel)) {
    }
  }

 private:
  static constexpr nanoseconds ns_per_ms = 1'000'000;
  std::atomic<nanoseconds> now_;
  std::int64_t wall_offset_ms_;
};

}  // namespace sage::testing
