/// How long to wait before a call is tried again.
#pragma once

#include <cstdint>
#include <optional>

#include "sage/base/clock.hpp"

namespace sage::llm {

struct backoff_settings {
  std::uint32_t retries_max = 5;                  ///< after the first try
  nanoseconds first = 500'000'000;                ///< the longest first wait; doubles with every retry
  nanoseconds wait_max = 30'000'000'000;          ///< that it grows to
  nanoseconds retry_after_max = 120'000'000'000;  ///< a provider that asks for more is not waited for
};

/// The wait before retry number `retry` (from 0), or nothing when it isn't worth it: too many retries, or a
/// `retry_after` beyond retry_after_max. Full jitter: evenly within 0 and the bound, so that those that failed
/// together don't come back together; behind a `retry_after` as it is, never before it. `random` is any 64 random
/// bits. Source  Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015
[[nodiscard]] std::optional<nanoseconds> backoff_delay(const backoff_settings& settings, std::uint32_t retry,
                                                       std::uint64_t random,
                                                       std::optional<nanoseconds> retry_after = {}) noexcept;

}  // namespace sage::llm
