/// The arithmetic of tumbling and sliding windows: which window and which slice a time belongs to.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sage/functions/windows.hpp"

namespace sage::operators {

/// Windows cut time into slices at each of their beginnings and ends, so that every window is a whole number of them
/// and every record belongs to exactly one. There are at most two slices per slide.
///
/// Units   milliseconds; times beyond +-2^61 (73 million years) count as that, so that no sum overflows
/// Source  Krishnamurthy et al., "On-the-fly sharing for streamed aggregation", SIGMOD 2006, section 4 (paired
///         windows); Li et al., "No pane, no gain", SIGMOD Record 34(1), 2005
class regular_grid {
 public:
  explicit regular_grid(const aligned_windows& windows) noexcept
      : size_(windows.size_ms),
        slide_(windows.slide_ms),
        offset_(windows.offset_ms),
        cut_(windows.size_ms < windows.slide_ms ? windows.size_ms : windows.size_ms % windows.slide_ms) {}

  static constexpr event_time earliest = -(event_time{1} << 61);
  static constexpr event_time latest = event_time{1} << 61;
  [[nodiscard]] static event_time within(event_time time) noexcept { return std::clamp(time, earliest, latest); }

  /// Whether each slice is a window, and each window a slice.
  [[nodiscard]] bool is_tumbling() const noexcept { return size_ == slide_; }

  [[nodiscard]] window slice_of(event_time time) const noexcept {
    const event_time base = floor(time);
    if (cut_ == 0) return {base, base + slide_};
    return time - base < cut_ ? window{base, base + cut_} : window{base + cut_, base + slide_};
  }
  /// Whether any window covers the slice: not with a slide longer than the windows.
  [[nodiscard]] bool is_covered(const window& slice) const noexcept {
    return ceiling(slice.end - size_) <= slice.start;
  }
  /// The earliest window that covers the slice. Precondition: one does.
  [[nodiscard]] window first_window_of(const window& slice) const noexcept {
    return window_at(ceiling(slice.end - size_));
  }
  /// The latest one.
  [[nodiscard]] window last_window_of(const window& slice) const noexcept { return window_at(floor(slice.start)); }
  /// The window that begins at `start` or next behind it.
  [[nodiscard]] window window_from(event_time start) const noexcept { return window_at(ceiling(start)); }
  [[nodiscard]] window next(const window& one) const noexcept { return window_at(one.start + slide_); }
  /// Where the first window begins that is not over when time has come to `time`.
  [[nodiscard]] event_time open_from(event_time time) const noexcept {
    if (time == end_of_time) return end_of_time;
    if (time == no_event_time) return no_event_time;
    return floor(within(time) - size_ + 1) + slide_;
  }

 private:
  [[nodiscard]] window window_at(event_time start) const noexcept { return {start, start + size_}; }
  [[nodiscard]] event_time floor(event_time time) const noexcept {
    const event_time shifted = time - offset_;
    const event_time rest = shifted % slide_;
    return time - (rest < 0 ? rest + slide_ : rest);
  }
  [[nodiscard]] event_time ceiling(event_time time) const noexcept {
    const event_time below = floor(time);
    return below == time ? time : below + slide_;
  }

  std::int64_t size_;
  std::int64_t slide_;
  std::int64_t offset_;
  std::int64_t cut_;
};

}  // namespace sage::operators
