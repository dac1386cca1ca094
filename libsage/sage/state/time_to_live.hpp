/// How long a value of keyed state is kept when nobody touches it.
#pragma once

#include <chrono>
#include <cstdint>

#include "sage/base/clock.hpp"
#include "sage/base/event_time.hpp"

namespace sage {

/// Which clock a time to live goes by.
enum class ttl_kind : std::uint8_t {
  event_time,       ///< how far event time has come at the operator, and the times of its records
  processing_time,  ///< the wall clock
};

/// A value that was last written (or read, with `refresh_on_read`) longer ago than `after` is as if it had been
/// cleared, and its memory is given back. A list or a map lives and goes as a whole.
struct time_to_live {
  std::chrono::milliseconds after{0};
  ttl_kind kind = ttl_kind::event_time;
  bool refresh_on_read = false;
};

}  // namespace sage

namespace sage::state {

/// A time to live with the clock that it goes by.
struct ttl_clock {
  time_to_live settings;
  const clock* wall = nullptr;
  const event_time* watermark = nullptr;
  const event_time* timestamp = nullptr;

  /// Event time is that of the record at hand, or how far time has come, whichever is later.
  [[nodiscard]] event_time now() const noexcept {
    if (settings.kind == ttl_kind::processing_time) return wall->wall_ms();
    return *timestamp == no_event_time || *timestamp < *watermark ? *watermark : *timestamp;
  }
  /// By event time only the watermark decides, so that what is over doesn't depend on the order of records.
  [[nodiscard]] bool is_over(event_time touched) const noexcept {
    const event_time at = settings.kind == ttl_kind::processing_time ? wall->wall_ms() : *watermark;
    if (at == end_of_time) return false;  // the input has ended: what is left is looked at as it is
    return touched != no_event_time && add_time(touched, settings.after.count()) <= at;
  }
};

}  // namespace sage::state
