/// Timers of keys whose rows may be in a store: the next ones in memory, the others in the store too.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/event_time.hpp"
#include "sage/state/row_spill.hpp"
#include "sage/state/timer_queue.hpp"

namespace sage::state {

/// A set of (time, key), ordered by time, then by the bytes of the keys.
///
/// Cost    O(log n) to set and delete; a write per timer that doesn't belong to the next ones
/// Source  the cached queue of timers of Apache Flink's RocksDB backend
class spilled_timers {
 public:
  /// `kind` tells the sets of one store apart.
  spilled_timers(row_spill& rows, char kind);

  void set(event_time time, std::size_t row);
  void erase(event_time time, std::size_t row);
  [[nodiscard]] event_time next() const noexcept;
  [[nodiscard]] bool empty() const noexcept { return next_.empty() && is_all_; }
  /// Takes out timers of the earliest time, if that is at most `limit`: as many as fit, with their rows in memory. No
  /// row may be in use. Returns false when there is none.
  bool take_due(event_time limit, std::vector<timer_queue::due_timer>& due);
  void clear();
  /// Calls `each(time, key)` for every timer, in order.
  void for_each(const std::function<void(event_time time, std::string_view key)>& each);

  /// Timers in memory.
  static constexpr std::size_t kept_max = 64 * 1024;

 private:
  [[nodiscard]] std::string name_of(event_time time, std::size_t row) const;
  [[nodiscard]] static event_time time_of(const std::string& name) noexcept;
  [[nodiscard]] bool is_near(const std::string& name) const noexcept { return is_all_ || name <= last_near_; }
  void move_later_ones_out();
  void bring_next_ones_in();
  void write();

  row_spill& rows_;
  std::string prefix_;
  std::set<std::string> next_;  // time and key, big-endian: all timers there are up to `last_near_`
  std::string last_near_;
  bool is_all_ = true;  // none is in the store
  write_group group_;
};

/// The timers of rows, wherever the rows are.
class row_timers {
 public:
  /// From now on timers go where rows do.
  void spill_to(row_spill& rows, char kind) { spilled_ = std::make_unique<spilled_timers>(rows, kind); }

  void set(event_time time, std::size_t row) {
    if (spilled_) [[unlikely]] {
      spilled_->set(time, row);
    } else {
      queue_.set(time, row);
    }
  }
  void erase(event_time time, std::size_t row) {
    if (spilled_) [[unlikely]] {
      spilled_->erase(time, row);
    } else {
      queue_.erase(time, row);
    }
  }
  [[nodiscard]] event_time next() const noexcept { return spilled_ ? spilled_->next() : queue_.next(); }
  [[nodiscard]] bool empty() const noexcept { return spilled_ ? spilled_->empty() : queue_.empty(); }
  bool take_due(event_time limit, std::vector<timer_queue::due_timer>& due) {
    return spilled_ ? spilled_->take_due(limit, due) : queue_.take_due(limit, due);
  }
  void clear() {
    queue_.clear();
    if (spilled_) spilled_->clear();
  }
  /// Calls `in_memory(time, row)`, or `beyond(time, key)` where timers are in a store, for all that are set.
  template <class InMemory, class Beyond>
  void for_each_set(InMemory&& in_memory, Beyond&& beyond) {
    if (spilled_) {
      spilled_->for_each(beyond);
    } else {
      queue_.for_each_set(in_memory);
    }
  }
  /// Calls `each(row)` for the rows of all timers in memory that have not fired, those deleted included.
  template <class Each>
  void for_each_row(Each&& each) const {
    queue_.for_each_row(each);
  }

 private:
  timer_queue queue_;
  std::unique_ptr<spilled_timers> spilled_;
};

}  // namespace sage::state
