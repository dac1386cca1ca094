/// The clock port: the only way SAGE learns what time it is, so that a simulation can replace it.
#pragma once

#include <cstdint>

namespace sage {

/// A point on a monotonic clock, in nanoseconds since an arbitrary start.
using nanoseconds = std::int64_t;

/// Tells the time. Implementations are thread-safe.
class clock {
 public:
  virtual ~clock() = default;
  /// Monotonic time in nanoseconds; never goes back. About 25 ns a call on the real clock.
  [[nodiscard]] virtual nanoseconds now() const noexcept = 0;
  /// Wall-clock time in milliseconds since the Unix epoch.
  [[nodiscard]] virtual std::int64_t wall_ms() const noexcept = 0;
};

/// The machine's own clock. Lives for ever.
[[nodiscard]] const clock& system_clock() noexcept;

}  // namespace sage
