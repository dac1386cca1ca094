/// Event time: when what a record tells of happened.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <type_traits>

namespace sage {

/// Milliseconds since the Unix epoch; before it negative.
using event_time = std::int64_t;

/// Of a record that has no event time, and of a watermark that nothing is known of yet: before every time.
inline constexpr event_time no_event_time = std::numeric_limits<event_time>::min();
/// Behind every time: the watermark of a stream that has ended.
inline constexpr event_time end_of_time = std::numeric_limits<event_time>::max();

/// What can be read as an event time: a number of milliseconds, or a point of a std::chrono clock whose epoch is
/// that of Unix.
template <class V>
concept event_time_value = std::integral<V> || requires(V v) {
  typename V::clock;
  std::chrono::duration_cast<std::chrono::milliseconds>(v.time_since_epoch());
};

template <event_time_value V>
[[nodiscard]] constexpr event_time to_event_time(V value) noexcept {
  if constexpr (std::integral<V>) {
    return static_cast<event_time>(value);
  } else {
    return std::chrono::duration_cast<std::chrono::milliseconds>(value.time_since_epoch()).count();
  }
}

/// `a + b` and `a - b` that stay within the times there are: years far in the past or future are ordinary bad input.
[[nodiscard]] constexpr event_time add_time(event_time a, std::int64_t b) noexcept {
  event_time sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? end_of_time : no_event_time;
}
[[nodiscard]] constexpr event_time subtract_time(event_time a, std::int64_t b) noexcept {
  event_time difference = 0;
  if (!__builtin_sub_overflow(a, b, &difference)) return difference;
  return b > 0 ? no_event_time : end_of_time;
}

}  // namespace sage
