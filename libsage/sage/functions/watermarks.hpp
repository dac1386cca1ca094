/// How event time advances: the strategies of assign_timestamps.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>

#include "sage/base/event_time.hpp"
#include "sage/functions/watermark_alignment.hpp"

namespace sage {

/// What a custom generator is: told of every record, asked behind every batch. One copy per instance.
template <class G, class T>
concept watermark_generator = std::copy_constructible<G> && requires(G& generator, const T& record, event_time time) {
  generator.on_record(record, time);
  { generator.watermark() } -> std::convertible_to<event_time>;
};

/// How far time has come, given the records seen: the newest of them less `disorder`, per split of the source, and
/// the split furthest behind counts. A watermark of `t` says: no record with an event time up to `t` is expected.
class watermark_strategy {
 public:
  explicit watermark_strategy(std::chrono::milliseconds disorder) : disorder_(disorder) {}

  /// Without records for that long, time goes on without this source (Flink's `withIdleness`). Seen by sources that
  /// say when they are idle; a reader that blocks is not noticed before it returns.
  watermark_strategy idle_after(std::chrono::nanoseconds silence) const {
    watermark_strategy next = *this;
    next.idle_after_ = silence;
    return next;
  }
  /// A batch moves time on by at most that much, so that one wrong clock does not make everybody else late. How
  /// often that was needed is counted. The first record is believed.
  watermark_strategy advance_max(std::chrono::milliseconds distance) const {
    watermark_strategy next = *this;
    next.advance_max_ = distance;
    return next;
  }

  /// Its source waits when it is too far ahead of the others in the group: see watermark_alignment.
  watermark_strategy aligned(const watermark_alignment& group) const {
    watermark_strategy next = *this;
    next.group_ = group.group();
    return next;
  }

  [[nodiscard]] const std::shared_ptr<functions::alignment_group>& group() const noexcept { return group_; }
  [[nodiscard]] std::chrono::milliseconds disorder() const noexcept { return disorder_; }
  [[nodiscard]] std::chrono::nanoseconds idle_after() const noexcept { return idle_after_; }
  [[nodiscard]] std::chrono::milliseconds advance_max() const noexcept { return advance_max_; }

 private:
  std::chrono::milliseconds disorder_;
  std::chrono::nanoseconds idle_after_{0};
  std::chrono::milliseconds advance_max_{0};
  std::shared_ptr<functions::alignment_group> group_;
};

/// Records come in the order of their times, or at most `disorder` behind the newest one.
[[nodiscard]] inline watermark_strategy bounded_out_of_orderness(std::chrono::milliseconds disorder) {
  return watermark_strategy(disorder);
}
/// Records of a split come in the order of their times.
[[nodiscard]] inline watermark_strategy monotonic() {
  return watermark_strategy(std::chrono::milliseconds(0));
}

}  // namespace sage
