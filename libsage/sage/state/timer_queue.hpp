/// Timers of keys, by time: set, deleted, fired in order.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "sage/base/event_time.hpp"

namespace sage::state {

/// A queue of (time, row), each pair at most once. What is due leaves in order of time, then of rows.
///
/// Setting and deleting write an entry each; which of them count is decided when their time has come, or when a
/// bucket has doubled since it was last looked through. So both are an append, and memory is at most three times that
/// of the pairs that are set.
///
/// Cost    O(1) to set or delete; O(log(span of time)) moves per timer until it fires, sequential ones. 16 bytes per
///         entry
/// Source  Ahuja, Mehlhorn, Orlin, Tarjan, "Faster algorithms for the shortest path problem", J. ACM 37(2), 1990,
///         section 2 (radix heap): times that have fired only grow
class timer_queue {
 public:
  void set(event_time time, std::size_t row) { push(time, static_cast<std::uint32_t>(row), true); }
  void erase(event_time time, std::size_t row) { push(time, static_cast<std::uint32_t>(row), false); }

  /// A time at or before that of the next timer; end_of_time when nothing is set. Deleted ones count until their time
  /// has come.
  [[nodiscard]] event_time next() const noexcept {
    for (const bucket& each : buckets_) {
      if (!each.entries.empty()) return each.earliest;
    }
    return end_of_time;
  }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Entries, those that don't count any more included.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// One timer that is due.
  struct due_timer {
    event_time time;
    std::uint32_t row;
  };
  /// Takes out the timers of the earliest time, if that is at most `limit`, into `due` in order of their rows.
  /// Returns false when there is none.
  bool take_due(event_time limit, std::vector<due_timer>& due) {
    due.clear();
    while (due.empty()) {
      const auto lowest =
          std::find_if(buckets_.begin(), buckets_.end(), [](const bucket& b) { return !b.entries.empty(); });
      if (lowest == buckets_.end() || lowest->earliest > limit) return false;
      if (lowest != buckets_.begin()) spread(*lowest);
      bucket& now = buckets_.front();
      size_ -= now.entries.size();
      settle(now.entries);
      for (const entry& each : now.entries) {
        if (each.is_set()) due.push_back({each.time, each.row()});
      }
      now = {};
    }
    return true;
  }
  void clear() noexcept {
    for (bucket& each : buckets_) each = {};
    size_ = 0;
  }
  /// Calls `each(time, row)` for every timer that is set, in order of time, then of rows. O(entries log entries).
  template <class Each>
  void for_each_set(Each&& each) const {
    std::vector<entry> all;
    all.reserve(size_);
    for (const bucket& some : buckets_) all.insert(all.end(), some.entries.begin(), some.entries.end());
    settle(all);
    for (const entry& one : all) each(one.time, one.row());
  }
  /// Calls `each(row)` for the row of every entry. O(entries).
  template <class Each>
  void for_each_row(Each&& each) const {
    for (const bucket& some : buckets_) {
      for (const entry& one : some.entries) each(one.row());
    }
  }

 private:
  struct entry {
    event_time time;
    std::uint64_t what;  // row and whether it is set
    [[nodiscard]] std::uint32_t row() const noexcept { return static_cast<std::uint32_t>(what >> 1); }
    [[nodiscard]] bool is_set() const noexcept { return (what & 1) != 0; }
  };
  struct bucket {
    std::vector<entry> entries;
    event_time earliest = end_of_time;
    std::size_t settled = 0;  // entries when it was last looked through
  };
  static constexpr std::size_t settle_min = 4096;

  // Bucket 0 holds what is at or before the last time that has fired; bucket i what differs from that in bit i - 1
  // and none above.
  [[nodiscard]] std::size_t bucket_of(event_time time) const noexcept {
    if (time <= last_) return 0;
    return static_cast<std::size_t>(
        64 - std::countl_zero(static_cast<std::uint64_t>(time) ^ static_cast<std::uint64_t>(last_)));
  }
  void push(event_time time, std::uint32_t row, bool is_set) {
    put(entry{time, std::uint64_t{row} << 1 | (is_set ? 1 : 0)});
    ++size_;
  }
  void put(const entry& one) {
    bucket& to = buckets_[bucket_of(one.time)];
    to.entries.push_back(one);
    to.earliest = std::min(to.earliest, one.time);
    if (to.entries.size() < settle_min || to.entries.size() < 2 * to.settled) return;
    size_ -= to.entries.size();
    settle(to.entries);
    to.settled = to.entries.size();
    size_ += to.settled;
  }
  void spread(bucket& from) {
    bucket taken = std::exchange(from, bucket{});
    last_ = taken.earliest;
    for (const entry& each : taken.entries) {
      bucket& to = buckets_[bucket_of(each.time)];
      to.entries.push_back(each);
      to.earliest = std::min(to.earliest, each.time);
    }
  }
  // Of each pair, the last entry counts; the others go. All entries of one time are in one bucket, in their order.
  static void settle(std::vector<entry>& entries) {
    std::stable_sort(entries.begin(), entries.end(), [](const entry& a, const entry& b) {
      return a.time != b.time ? a.time < b.time : a.what >> 1 < b.what >> 1;
    });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const bool is_last = i + 1 == entries.size() || entries[i + 1].time != entries[i].time ||
                           entries[i + 1].row() != entries[i].row();
      if (is_last && entries[i].is_set()) entries[kept++] = entries[i];
    }
    entries.resize(kept);
  }

  std::array<bucket, 65> buckets_;
  event_time last_ = no_event_time;
  std::size_t size_ = 0;
};

}  // namespace sage::state
