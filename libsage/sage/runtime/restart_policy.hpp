/// How often, and after what pause, what has failed begins again. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/base/rng.hpp"

namespace sage::runtime {

/// Restarts within a span of time, and the pauses before them.
struct restart_settings {
  std::size_t restarts_max = 5;  ///< within `window`; 0 is never
  nanoseconds window = 60'000'000'000;
  nanoseconds backoff = 100'000'000;  ///< before the first; doubled for each that follows within the window
  nanoseconds backoff_max = 30'000'000'000;
};

/// Law  at most `restarts_max` in any `window`
/// Law  a pause is between half of the back-off and all of it, so that many don't come back at once
class restart_policy {
 public:
  restart_policy(const restart_settings& settings, std::uint64_t seed) noexcept
      : settings_(settings), random_(seed) {}

  /// Something has failed at `now`: how long to wait before it begins again, or nothing when that was too often.
  [[nodiscard]] std::optional<nanoseconds> on_failure(nanoseconds now);
  /// How many there were within the window, at the last failure.
  [[nodiscard]] std::size_t recent() const noexcept { return failures_.size(); }

 private:
  restart_settings settings_;
  rng random_;
  std::deque<nanoseconds> failures_;
};

/// Whether a failure may be gone the next time: what disks, networks and bugs of ours do. What a function of the user
/// throws for a record is decided by its error policy, and would be thrown again.
[[nodiscard]] constexpr bool may_pass(errc code) noexcept {
  return code == errc::io || code == errc::timeout || code == errc::internal || code == errc::not_found;
}

}  // namespace sage::runtime
