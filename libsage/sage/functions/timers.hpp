/// Timers of keys: what a keyed process may be called for besides its records.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/event_time.hpp"
#include "sage/state/keyed_store.hpp"
#include "sage/state/spilled_timers.hpp"

namespace sage {

/// Which clock a timer goes by.
enum class timer_kind : std::uint8_t {
  event_time,       ///< fires when the watermark has come to its time
  processing_time,  ///< fires when the wall clock has
};

/// A timer that fires.
struct timer {
  event_time time = 0;  ///< that it was set to: milliseconds since the Unix epoch, in either kind
  timer_kind kind = timer_kind::event_time;
};

/// Sets and deletes the timers of the key of the record, or timer, at hand. A key has at most one timer of each kind
/// per time: setting it twice is setting it once.
///
/// When the input ends, the event-time timers that are set fire, all with their own time; those that are set
/// meanwhile do not, and processing-time timers are forgotten.
///
/// Cost  see state::timer_queue
class timer_service {
 public:
  timer_service(const state::keyed_store& store, const clock& time) noexcept : store_(store), time_(time) {}
  timer_service(const timer_service&) = delete;
  timer_service& operator=(const timer_service&) = delete;

  /// Fires when the watermark has come to `time`; with the next one, when it already has.
  void at_event_time(event_time time) { note({time, store_.row(), timer_kind::event_time, true}); }
  void delete_event_time(event_time time) { note({time, store_.row(), timer_kind::event_time, false}); }
  /// Fires when the wall clock has come to `time`.
  void at_processing_time(event_time time) { note({time, store_.row(), timer_kind::processing_time, true}); }
  void delete_processing_time(event_time time) { note({time, store_.row(), timer_kind::processing_time, false}); }
  /// Fires `after` from now; returns the time it was set to, for deleting it.
  event_time in_processing_time(std::chrono::milliseconds after) {
    const event_time time = add_time(now(), after.count());
    at_processing_time(time);
    return time;
  }
  /// The wall clock, in milliseconds since the Unix epoch.
  [[nodiscard]] event_time now() const noexcept { return time_.wall_ms(); }

  // ---- for operators

  /// Timers go where rows do.
  void spill_to(state::row_spill& rows) {
    of_events_.spill_to(rows, 'e');
    of_processing_.spill_to(rows, 'p');
  }
  [[nodiscard]] state::row_timers& of_events() noexcept { return of_events_; }
  [[nodiscard]] state::row_timers& of_processing() noexcept { return of_processing_; }
  /// What a record's call has set and deleted counts when the call was good, as its writes to the state.
  void commit() {
    for (const wish& each : wishes_) carry_out(each);
    wishes_.clear();
  }
  void rollback() noexcept { wishes_.clear(); }
  /// From now on nothing can be set.
  void end() {
    ended_ = true;
    of_processing_.clear();
  }
  /// The moment on the monotonic clock at which the next processing-time timer is due.
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept {
    if (of_processing_.empty()) return std::nullopt;
    const std::int64_t wait_ms = subtract_time(of_processing_.next(), now());
    if (wait_ms <= 0) return time_.now();
    constexpr std::int64_t day_ms = 86'400'000;  // asked again then, in case somebody sets the wall clock
    return time_.now() + (wait_ms < day_ms ? wait_ms : day_ms) * 1'000'000;
  }

 private:
  struct wish {
    event_time time;
    std::size_t row;
    timer_kind kind;
    bool set;
  };
  void note(const wish& one) {
    if (store_.is_undoable()) {
      wishes_.push_back(one);
    } else {
      carry_out(one);
    }
  }
  void carry_out(const wish& one) {
    state::row_timers& queue = one.kind == timer_kind::event_time ? of_events_ : of_processing_;
    if (!one.set) {
      queue.erase(one.time, one.row);
    } else if (!ended_) {
      queue.set(one.time, one.row);
    }
  }

  const state::keyed_store& store_;
  const clock& time_;
  state::row_timers of_events_;
  state::row_timers of_processing_;
  std::vector<wish> wishes_;
  bool ended_ = false;
};

}  // namespace sage
