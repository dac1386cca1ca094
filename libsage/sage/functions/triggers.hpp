/// When a window without end speaks: triggers.
#pragma once

#include <concepts>
#include <cstdint>

#include "sage/base/event_time.hpp"
#include "sage/functions/timers.hpp"

namespace sage {

/// What a trigger decides.
enum class trigger_action : std::uint8_t {
  wait,            ///< nothing happens
  fire,            ///< the window speaks and goes on
  fire_and_purge,  ///< it speaks and begins anew
  purge,           ///< it begins anew without a word
};

/// What a trigger knows of time, and the timers that it may set for the key at hand.
class trigger_timers {
 public:
  explicit trigger_timers(timer_service& timers) noexcept : timers_(timers) {}
  /// Of the record at hand; no_event_time for one without.
  [[nodiscard]] event_time timestamp() const noexcept { return timestamp_; }
  [[nodiscard]] event_time processing_time() const noexcept { return timers_.now(); }
  void at_event_time(event_time time) { timers_.at_event_time(time); }
  void at_processing_time(event_time time) { timers_.at_processing_time(time); }

  void set_timestamp(event_time time) noexcept { timestamp_ = time; }

 private:
  timer_service& timers_;
  event_time timestamp_ = no_event_time;
};

/// A trigger of records `T`: a copyable class with
///
///   using state = ...;                                         what it remembers per key, from state{} on
///   trigger_action on_record(state&, const T&, trigger_timers&);
///   trigger_action on_timer(state&, const timer&, trigger_timers&);   only if it sets timers
///
/// A state whose window begins anew begins anew with it.
template <class Trigger, class T>
concept window_trigger = requires(Trigger& trigger, typename Trigger::state& state, const T& record,
                                  trigger_timers& timers) {
  { trigger.on_record(state, record, timers) } -> std::same_as<trigger_action>;
};

/// Speaks every so many records.
struct count_trigger {
  using state = std::uint32_t;  // records since it last spoke
  std::uint32_t every = 1;
  bool purges = true;

  template <class T>
  trigger_action on_record(state& seen, const T& record, trigger_timers& timers) const {
    static_cast<void>(record);
    static_cast<void>(timers);
    if (++seen < every) return trigger_action::wait;
    seen = 0;
    return purges ? trigger_action::fire_and_purge : trigger_action::fire;
  }
};

}  // namespace sage
