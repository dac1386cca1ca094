/// The windows of a calendar: one behind the other, of different lengths.
#pragma once

#include <algorithm>
#include <memory>

#include "sage/functions/calendar.hpp"
#include "sage/functions/windows.hpp"

namespace sage::operators {

/// What regular_grid is for windows of one length: here each slice is a window.
///
/// Units   milliseconds; times before the year 1 and behind 9999 count as those
/// Cost    O(1) for a time in the span asked for last; see functions::calendar for others
class calendar_grid {
 public:
  explicit calendar_grid(const calendar_windows& windows) : calendar_(windows.calendar) {}

  static constexpr event_time earliest = -62'135'596'800'000 + 2 * 86'400'000ll;
  static constexpr event_time latest = 253'402'300'800'000 - 40 * 86'400'000ll;
  [[nodiscard]] static event_time within(event_time time) noexcept { return std::clamp(time, earliest, latest); }

  [[nodiscard]] bool is_tumbling() const noexcept { return true; }
  [[nodiscard]] window slice_of(event_time time) const {
    const event_time asked = within(time);
    if (!last_.contains(asked)) calendar_->span_of(asked, last_.start, last_.end);
    return last_;
  }
  [[nodiscard]] bool is_covered(const window& slice) const noexcept {
    static_cast<void>(slice);
    return true;
  }
  [[nodiscard]] window first_window_of(const window& slice) const noexcept { return slice; }
  [[nodiscard]] window last_window_of(const window& slice) const noexcept { return slice; }
  [[nodiscard]] window window_from(event_time start) const {
    const window around = slice_of(start);
    return around.start >= start ? around : slice_of(around.end);
  }
  [[nodiscard]] window next(const window& one) const { return slice_of(one.end); }
  [[nodiscard]] event_time open_from(event_time time) const {
    if (time == end_of_time || time == no_event_time) return time;
    const window around = slice_of(time);
    return around.end - 1 <= within(time) ? around.end : around.start;
  }

 private:
  std::shared_ptr<const functions::calendar> calendar_;
  mutable window last_{0, 0};
};

}  // namespace sage::operators
