/// match: patterns of events on a keyed stream.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "sage/api/keyed_stream.hpp"
#include "sage/functions/pattern.hpp"

namespace sage {

namespace functions {

/// An event that waits for its time.
template <class T>
struct waiting_event {
  event_time time = 0;
  T event{};
};
template <class T, class Visitor>
requires encodable<T>
constexpr decltype(auto) sage_describe(const waiting_event<T>*, Visitor&& visitor) {
  using described_type = waiting_event<T>;
  return visitor(SAGE_EXPAND(SAGE_FIELDS(described_type, time, event)));
}

/// The process function behind `match`: events wait until time has come to them, so that they meet the pattern in
/// order; a timer per event, and one when a partial match is over.
///
/// F  `f(const pattern_match<T>&, collector<U>&)`; with `on_timeout(const pattern_match<T>&, collector<U>&)` it is
/// also told of partial
///    matches whose time is over
template <class T, class U, class F>
class matching {
 public:
  matching(pattern<T> wanted, F function) : matcher_(std::move(wanted)), function_(std::move(function)) {}

  void open(context& self) {
    functions::open(function_, self);
    timers_ = &self.timers();
    waiting_ = value_state<std::vector<waiting_event<T>>>(self, "waiting");
    memory_ = value_state<pattern_memory<T>>(self, "memory");
  }
  void close() { functions::close(function_); }

  void operator()(const T& event, collector<U>& out, context& self) {
    static_cast<void>(out);
    const event_time time = self.timestamp();
    if (time == no_event_time) {
      throw error(errc::invalid_argument, "a record without event time came to a pattern", self.place(),
                  "call assign_timestamps before match");
    }
    waiting_.update([&](std::vector<waiting_event<T>>& all) {
      if (all.size() >= matcher_.wanted().limits().events_max) {
        throw error(errc::limit, "more than " + std::to_string(all.size()) + " events of one key wait for their time",
                    self.place(), "let event time come on, or raise it with .limits(...)");
      }
      const auto behind = std::upper_bound(all.begin(), all.end(), time,
                                           [](event_time t, const waiting_event<T>& one) { return t < one.time; });
      all.insert(behind, waiting_event<T>{time, event});
    });
    timers_->at_event_time(time);
  }

  template <class K>
  void on_timer(const K& key, const timer& at, collector<U>& out, context& self) {
    static_cast<void>(key);
    const auto on_match = [&](const pattern_match<T>& found) { function_(found, out); };
    const auto on_timeout = [&](const pattern_match<T>& found) {
      if constexpr (requires { function_.on_timeout(found, out); }) {
        function_.on_timeout(found, out);
      } else {
        static_cast<void>(found);
      }
    };
    std::vector<waiting_event<T>> due;
    if (waiting_.has_value()) {
      waiting_.update([&](std::vector<waiting_event<T>>& all) {
        const auto later = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.time > at.time; });
        due.assign(std::make_move_iterator(all.begin()), std::make_move_iterator(later));
        all.erase(all.begin(), later);
      });
      if (waiting_.get()->empty()) waiting_.clear();
    }
    memory_.update([&](pattern_memory<T>& memory) {
      for (const waiting_event<T>& one : due) {
        matcher_.advance(memory, one.time, on_match, on_timeout);
        matcher_.step(memory, one.event, one.time, on_match);
      }
      // When the input has ended, and with it all that could follow, time is over for what is left.
      const bool is_over = self.watermark() == end_of_time && !waiting_.has_value();
      matcher_.advance(memory, is_over ? end_of_time : at.time, on_match, on_timeout);
    });
    const pattern_memory<T>& memory = *memory_.get();
    if (memory.runs.empty()) {
      memory_.clear();
    } else if (matcher_.wanted().within_ms() > 0) {
      // The first to be over is the one that began first.
      event_time first = end_of_time;
      for (const pattern_run& run : memory.runs) first = std::min(first, run.start);
      timers_->at_event_time(add_time(first, matcher_.wanted().within_ms()));
    }
  }

 private:
  pattern_matcher<T> matcher_;
  F function_;
  timer_service* timers_ = nullptr;
  value_state<std::vector<waiting_event<T>>> waiting_;
  value_state<pattern_memory<T>> memory_;
};

}  // namespace functions

/// What `match` returns: `select` says what becomes of a match.
template <class K, class T, class Extract>
class matched_stream {
 public:
  matched_stream(keyed_stream<K, T, Extract> before, pattern<T> wanted)
      : before_(std::move(before)), pattern_(std::move(wanted)) {}

  /// Calls `function(const pattern_match<T>&, collector<U>&)` for each match, when event time has come to its latest
  /// event. `U` is read off the signature; a generic function needs `select<U>`. A class may also have
  /// `on_timeout(const pattern_match<T>&, collector<U>&)` for partial matches whose time is over. A function that
  /// throws fails the job.
  template <class U = void, class F>
  auto select(F&& function) const {
    using out = std::conditional_t<std::is_void_v<U>, functions::collected_t<std::decay_t<F>>, U>;
    using prototype = std::decay_t<F>;
    return before_.process(functions::matching<T, out, prototype>(pattern_, std::forward<F>(function)));
  }

 private:
  keyed_stream<K, T, Extract> before_;
  pattern<T> pattern_;
};

template <class K, class T, class Extract>
matched_stream<K, T, Extract> keyed_stream<K, T, Extract>::match(pattern<T> wanted) const {
  wanted.check();
  return matched_stream<K, T, Extract>(*this, std::move(wanted));
}

}  // namespace sage
