/// From the event times of records to watermarks: per split, with a bound on disorder and on jumps.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/event_time.hpp"

namespace sage::operators {

/// What a watermark tracker goes by. Times are event time in milliseconds where nothing else is said.
struct watermark_rules {
  std::int64_t disorder_ms = 0;     ///< how far a record may be behind the newest one
  std::int64_t advance_ms_max = 0;  ///< how far one batch may move time on; 0 is any distance
  nanoseconds idle_after = 0;       ///< without records for that long, nobody waits for this one; 0 is never
};

/// Pure: sees the times of batches, says how far time has come. Right behind a source it keeps the splits apart that
/// are being read, and time is that of the one furthest behind.
///
/// Law     the watermark never retreats
/// Law     watermark < newest time - disorder of every split that is being read
/// Source  Akidau et al., "MillWheel", PVLDB 6(11), 2013, section 4.1 (low watermarks); strategies as in Flink
class watermark_tracker {
 public:
  explicit watermark_tracker(const watermark_rules& rules) : rules_(rules) {}

  /// A batch of `split` whose newest record is of `newest`, at `now`.
  void on_batch(std::uint32_t split, event_time newest, nanoseconds now);
  void on_split(std::uint32_t split, bool begins, nanoseconds now);
  /// Looks at the clock: has it been silent for too long?
  void on_time(nanoseconds now);

  [[nodiscard]] event_time watermark() const noexcept { return watermark_; }
  /// The newest time of each split that is being read.
  [[nodiscard]] std::map<std::uint32_t, event_time> newest() const;
  /// Goes on from there: the splits have been read up to these times before, whoever reads them now.
  void restore(const std::map<std::uint32_t, event_time>& newest, event_time watermark);
  [[nodiscard]] bool is_idle() const noexcept { return idle_; }
  /// When `on_time` should be called next.
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept;
  /// Batches that wanted to move time further than they may.
  [[nodiscard]] std::uint64_t jumps() const noexcept { return jumps_; }

 private:
  struct part {
    std::uint32_t split;
    event_time newest = no_event_time;
  };
  part& part_of(std::uint32_t split);
  void combine() noexcept;

  watermark_rules rules_;
  std::vector<part> parts_;                       // that are being read
  std::map<std::uint32_t, event_time> restored_;  // of splits that were being read
  bool knows_splits_ = false;                     // else there is one part for everything
  event_time watermark_ = no_event_time;
  nanoseconds heard_at_ = 0;
  bool has_heard_ = false;
  bool idle_ = false;
  std::uint64_t jumps_ = 0;
};

}  // namespace sage::operators
