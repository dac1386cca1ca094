/// Windows: which records belong together in time, when a window speaks, and how much may be open at once.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/base/event_time.hpp"
#include "sage/model/describe.hpp"
#include "sage/model/value_shape.hpp"

namespace sage {

/// A span of event time, half open: `start` belongs to it, `end` does not.
struct window {
  event_time start = 0;
  event_time end = 0;

  [[nodiscard]] constexpr bool contains(event_time time) const noexcept { return start <= time && time < end; }
  friend bool operator==(const window&, const window&) = default;
};

/// Windows of one length that begin at every multiple of `slide` from `offset` on: tumbling and sliding ones.
struct aligned_windows {
  std::int64_t size_ms = 0;
  std::int64_t slide_ms = 0;
  std::int64_t offset_ms = 0;
};

/// The longest window, gap and lateness: some 31,000 years, so that no sum of times overflows.
inline constexpr std::int64_t window_ms_max = 1'000'000'000'000'000;

namespace functions {
/// Refuses lengths that no window can have; `call` names the call in the message.
inline std::int64_t checked_length(std::chrono::milliseconds length, const std::string& call) {
  if (length.count() > 0 && length.count() <= window_ms_max) return length.count();
  throw error(errc::invalid_argument,
              call + " needs a length between 1 ms and " + std::to_string(window_ms_max) + " ms, not " +
                  std::to_string(length.count()) + " ms",
              call);
}
}  // namespace functions

/// Windows of `size`, one behind the other: `[k size + offset, (k + 1) size + offset)`.
[[nodiscard]] inline aligned_windows tumbling(std::chrono::milliseconds size, std::chrono::milliseconds offset = {}) {
  const std::int64_t length = functions::checked_length(size, "tumbling");
  return {length, length, offset.count() % length};
}
/// Windows of `size` that begin every `slide`. With a slide longer than the size, what lies between two windows is
/// counted as filtered.
[[nodiscard]] inline aligned_windows sliding(std::chrono::milliseconds size, std::chrono::milliseconds slide,
                                             std::chrono::milliseconds offset = {}) {
  const std::int64_t step = functions::checked_length(slide, "sliding");
  return {functions::checked_length(size, "sliding"), step, offset.count() % step};
}

/// Windows that last as long as records come: they end when nothing has come for the gap.
struct session_windows {
  std::int64_t gap_ms = 0;
};
/// Records of a key that are at most `gap` apart belong to one session; it ends `gap` behind the last one.
[[nodiscard]] inline session_windows session(std::chrono::milliseconds gap) {
  return {functions::checked_length(gap, "session")};
}

/// `sage::tumbling(...)`, `sage::sliding(...)`, `sage::session(...)`.
template <class W>
concept window_kind = std::same_as<W, aligned_windows> || std::same_as<W, session_windows>;

/// What one instance of a windowed operator may hold.
struct window_limits {
  std::int64_t session_ms_max = 30ll * 86'400'000;  ///< a session that gets longer fails the record that makes it so
  std::size_t windows_max = 16u << 20;              ///< pairs of key and pane; 16 Mi of 8 bytes are 128 MiB
  std::size_t windows_per_key_max = 100'000;        ///< panes of one key: a day of seconds
};

/// When a window speaks beside its end, what becomes of what comes late, and the limits.
struct window_settings {
  std::int64_t lateness_ms = 0;     ///< how long a window is kept for late records once it has spoken
  nanoseconds early_every = 0;      ///< of processing time; 0 is never
  std::uint32_t every_records = 0;  ///< of one key and window; 0 is never
  bool purging = false;             ///< a window that has spoken begins anew
  bool late_output = false;         ///< late records leave on a port of their own
  window_limits limits;
};

/// What the ready-made aggregates of a window return: the key, the window, the value.
template <class K, class V>
struct window_result {
  K key{};
  event_time start = 0;
  event_time end = 0;
  V value{};
  friend auto operator<=>(const window_result&, const window_result&) = default;
};
/// The same of a stream without key.
template <class V>
struct window_result<void, V> {
  event_time start = 0;
  event_time end = 0;
  V value{};
  friend auto operator<=>(const window_result&, const window_result&) = default;
};

// Both are described where their parts can be encoded, so that they can be written to files as they are.
template <class K, class V, class Visitor>
requires(encodable<K>&& encodable<V>) constexpr decltype(auto)
    sage_describe(const window_result<K, V>*, Visitor&& visitor) {
  using described_type = window_result<K, V>;
  return visitor(SAGE_EXPAND(SAGE_FIELDS(described_type, key, start, end, value)));
}
template <encodable V, class Visitor>
constexpr decltype(auto) sage_describe(const window_result<void, V>*, Visitor&& visitor) {
  using described_type = window_result<void, V>;
  return visitor(SAGE_EXPAND(SAGE_FIELDS(described_type, start, end, value)));
}

}  // namespace sage
