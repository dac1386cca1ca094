/// Windows: which records belong together in time, when a window speaks, and how much may be open at once.
#pragma once

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/base/event_time.hpp"
#include "sage/functions/calendar.hpp"
#include "sage/functions/triggers.hpp"
#include "sage/model/describe.hpp"
#include "sage/model/value_shape.hpp"
#include "sage/state/state_limits.hpp"

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
  bool is_of_processing_time = false;

  /// The same windows over the wall clock: a record belongs to the moment at which it is handled, and a window speaks
  /// when the clock has come to its end, or the input has ended.
  [[nodiscard]] aligned_windows processing_time() const noexcept { return {size_ms, slide_ms, offset_ms, true}; }
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
inline std::uint32_t checked_count(std::uint32_t count) {
  if (count > 0) return count;
  throw error(errc::invalid_argument, "a window of 0 records", "count_window", "use 1 or more");
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

/// Windows of the calendar of a time zone.
struct calendar_windows {
  std::shared_ptr<const functions::calendar> calendar;
};
/// The hours, days, weeks or months of `zone`, a name of the IANA data base ("Europe/Berlin"), with its changes of
/// clocks: see calendar_unit. Throws errc::invalid_argument for an unknown zone.
[[nodiscard]] inline calendar_windows calendar(calendar_unit unit, const std::string& zone) {
  return {std::make_shared<const functions::calendar>(unit, zone)};
}

/// One window per key without end; its trigger says when it speaks and when it begins anew. Windows by count are made
/// of it.
template <class Trigger>
struct global_windows {
  Trigger trigger;
  std::uint32_t part_records = 0;  ///< the window is kept in parts of so many records; 0 is in one
  std::uint32_t parts_max = 1;     ///< of which the newest are kept
};
/// `trigger` is a class: see window_trigger.
template <class Trigger>
[[nodiscard]] global_windows<Trigger> global(Trigger trigger) {
  return {std::move(trigger)};
}
/// Windows of `count` records of a key each, one behind the other. When the input ends, what is there speaks.
[[nodiscard]] inline global_windows<count_trigger> count_window(std::uint32_t count) {
  return {count_trigger{functions::checked_count(count), true}};
}
/// Windows of the last `count` records of a key, every `slide` of them. The first ones have fewer. When the input
/// ends, what has come since speaks once more, with as many before it as whole parts of gcd(count, slide) records
/// hold.
[[nodiscard]] inline global_windows<count_trigger> count_window(std::uint32_t count, std::uint32_t slide) {
  const std::uint32_t part = std::gcd(functions::checked_count(count), functions::checked_count(slide));
  return {count_trigger{slide, false}, part, count / part};
}

template <class W>
inline constexpr bool is_global_windows = false;
template <class Trigger>
inline constexpr bool is_global_windows<global_windows<Trigger>> = true;

/// `sage::tumbling(...)`, `sage::sliding(...)`, `sage::session(...)`, `sage::calendar(...)`,
/// `sage::count_window(...)`, `sage::global(...)`.
template <class W>
concept window_kind = std::same_as<W, aligned_windows> || std::same_as<W, session_windows> ||
    std::same_as<W, calendar_windows> || is_global_windows<W>;

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
  bool processing_time = false;     ///< windows over the wall clock
  window_limits limits;
  state::state_limits state_limits{};  ///< of one window of a key, and in all
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
