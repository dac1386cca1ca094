/// The calls of on_timer: which timers are due, what they make, and where that goes.
#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/collector.hpp"
#include "sage/functions/side_output.hpp"
#include "sage/model/show.hpp"
#include "sage/operators/record_operator.hpp"
#include "sage/operators/state_rows.hpp"

namespace sage::operators {

/// `f.on_timer(const K&, const timer&, collector<U>&)`, with the context behind if wanted.
template <class F, class K, class U>
concept has_on_timer = requires(F& f, const K& key, const timer& at, collector<U>& out) {
  f.on_timer(key, at, out);
}
|| requires(F& f, const K& key, const timer& at, collector<U>& out, context& self) {
  f.on_timer(key, at, out, self);
};

/// Lets the timers of an operator's keys fire: those of event time in order of their times, then those of processing
/// time.
///
/// Contract  after `suspended`, `fire_due` is called again before anything else of the operator
template <class K, class Out>
class timer_calls {
 public:
  template <class F>
  flow fire_due(state_rows<K>& rows, functions::side_outputs& sides, F& function, context& self, event_time now,
                output& out) {
    timer_service& timers = *rows.timers();
    if (now == end_of_time) timers.end();
    for (;;) {
      while (next_due_ < due_.size()) {
        fire(due_[next_due_++], rows, sides, function, self);
        bool goes_on = sides.flush(out, self.batch_size());
        if (made_.size() >= self.batch_size()) goes_on = out.emit(main_port, made_.take()) && goes_on;
        if (!goes_on) return flow::suspended;
      }
      next_due_ = 0;
      kind_ = timer_kind::event_time;
      if (timers.of_events().take_due(now, due_)) continue;
      kind_ = timer_kind::processing_time;
      if (!timers.of_processing().take_due(timers.now(), due_)) break;
    }
    sides.flush(out, 1);
    if (made_.has_batch() && made_.size() > 0) out.emit(main_port, made_.take());
    return flow::done;
  }

 private:
  template <class F>
  void fire(const state::timer_queue::due_timer& due, state_rows<K>& rows, functions::side_outputs& sides,
            F& function, context& self) {
    for (const auto& slot : sides.slots()) slot->begin_record();
    if (!made_.has_batch()) made_.begin(self.pool(), self.batch_size());
    const std::size_t before = made_.size();
    rows.store().begin_record(due.row, rows.is_checked());
    const timer at{due.time, kind_};
    const event_time time = kind_ == timer_kind::event_time ? due.time : no_event_time;
    self.set_timestamp(time);
    const auto& key = rows.table().at(due.row).key;
    try {
      if constexpr (requires { function.on_timer(key, at, made_); }) {
        function.on_timer(key, at, made_);
      } else {
        function.on_timer(key, at, made_, self);
      }
      if (rows.is_checked()) rows.commit();
    } catch (const error& problem) {
      throw error(problem.code(),
                  "on_timer of key " + show(key) + " at " + std::to_string(due.time) + ": " + problem.what(),
                  self.place());
    } catch (const std::exception& problem) {
      throw error(errc::user_function,
                  "on_timer of key " + show(key) + " at " + std::to_string(due.time) + ": " + problem.what(),
                  self.place());
    }
    self.set_timestamp(no_event_time);
    if (time == no_event_time) return;
    for (const auto& slot : sides.slots()) {
      if (slot->size() == slot->first()) continue;
      event_time* const times = slot->records().add_times();
      for (std::size_t i = slot->first(); i < slot->size(); ++i) times[i] = time;
    }
    if (made_.size() == before) return;
    event_time* const times = made_.records().add_times();
    for (std::size_t i = before; i < made_.size(); ++i) times[i] = time;
  }

  std::vector<state::timer_queue::due_timer> due_;  // of one time
  std::size_t next_due_ = 0;
  timer_kind kind_ = timer_kind::event_time;
  collector<Out> made_;
};

}  // namespace sage::operators
