/// What people reach for when they think of time: made of windows, timers and keyed state.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sage/api/keyed_stream.hpp"
#include "sage/operators/throttle.hpp"

namespace sage {

/// All records of one session of a key, in order of arrival: what `sessionize` returns.
template <class K, class T>
struct session_records {
  K key{};
  event_time start = 0;
  event_time end = 0;
  std::vector<T> records{};
  friend bool operator==(const session_records&, const session_records&) = default;
};
template <class K, class T, class Visitor>
requires(encodable<K>&& encodable<T>) constexpr decltype(auto)
    sage_describe(const session_records<K, T>*, Visitor&& visitor) {
  using described_type = session_records<K, T>;
  return visitor(SAGE_EXPAND(SAGE_FIELDS(described_type, key, start, end, records)));
}

namespace functions {

/// Speaks when there are so many records, or so long after the first of them by the wall clock.
struct count_or_time {
  struct state {
    std::uint32_t records = 0;
    event_time due = end_of_time;
  };
  std::uint32_t count;
  std::int64_t after_ms;

  template <class T>
  trigger_action on_record(state& its, const T& record, trigger_timers& timers) const {
    static_cast<void>(record);
    if (its.records++ == 0) timers.at_processing_time(its.due = add_time(timers.processing_time(), after_ms));
    return its.records < count ? trigger_action::wait : trigger_action::fire_and_purge;
  }
  trigger_action on_timer(state& its, const timer& at, trigger_timers& timers) const {
    static_cast<void>(timers);
    return at.time == its.due ? trigger_action::fire_and_purge : trigger_action::wait;  // or another batch's
  }
};
SAGE_DESCRIBE(count_or_time::state, records, due)

/// The first record of a key within each span of event time; the wall clock for records without.
template <class T>
struct first_within {
  std::int64_t ttl_ms;
  value_state<event_time> first{};
  void open(context& self) {
    first = value_state<event_time>(self, "first", time_to_live{std::chrono::milliseconds(ttl_ms)});
  }
  void operator()(const T& record, collector<T>& out, context& self) {
    const event_time time = self.timestamp() != no_event_time ? self.timestamp() : self.time().wall_ms();
    const event_time* const known = first.get();
    if (known && subtract_time(time, *known) < ttl_ms && subtract_time(*known, time) < ttl_ms) return;
    first.set(time);
    out.push(record);
  }
};

}  // namespace functions

template <class T>
data_stream<T> data_stream<T>::throttle(double per_second, std::uint64_t burst) const {
  operators::throttle_operator checked(per_second, burst);  // refuses here what it would refuse there
  graph::node& n = origin_.append("throttle", record_type_of<T>());
  n.outs = {&record_type_of<T>()};
  n.one_to_one = true;
  n.order_needed = true;  // one bucket for all
  n.make = [per_second, burst](const graph::operator_options&) -> operators::operator_ptr {
    return std::make_unique<operators::throttle_operator>(per_second, burst);
  };
  return data_stream<T>(origin_.output_of(n));
}

template <class T>
data_stream<T> data_stream<T>::delay(std::chrono::nanoseconds by, std::uint64_t records_max) const {
  operators::delay_operator checked(by.count(), records_max);
  graph::node& n = origin_.append("delay", record_type_of<T>());
  n.outs = {&record_type_of<T>()};
  n.one_to_one = true;
  n.waits = true;
  n.make = [by, records_max](const graph::operator_options&) -> operators::operator_ptr {
    return std::make_unique<operators::delay_operator>(by.count(), records_max);
  };
  return data_stream<T>(origin_.output_of(n));
}

template <class T>
auto data_stream<T>::collect(std::uint32_t count, std::chrono::milliseconds duration) const {
  return window(global(functions::count_or_time{functions::checked_count(count),
                                                functions::checked_length(duration, "collect")}))
      .process(
          [](const sage::window&, std::vector<T>& all, collector<std::vector<T>>& out) { out.push(std::move(all)); });
}

template <class K, class T, class Extract>
auto keyed_stream<K, T, Extract>::collect(std::uint32_t count, std::chrono::milliseconds duration) const {
  return window(global(functions::count_or_time{functions::checked_count(count),
                                                functions::checked_length(duration, "collect")}))
      .process([](const state::owned_key_t<K>&, const sage::window&, std::vector<T>& all,
                  collector<std::vector<T>>& out) { out.push(std::move(all)); });
}

template <class K, class T, class Extract>
auto keyed_stream<K, T, Extract>::dedup(std::chrono::milliseconds ttl) const {
  return process(functions::first_within<T>{functions::checked_length(ttl, "dedup")});
}

template <class K, class T, class Extract>
auto keyed_stream<K, T, Extract>::debounce(std::chrono::milliseconds quiet) const {
  return window(sage::session(quiet)).reduce([](const T& before, const T& latest) {
    static_cast<void>(before);
    return latest;
  });
}

template <class K, class T, class Extract>
auto keyed_stream<K, T, Extract>::sample(std::chrono::milliseconds period) const {
  return window(sage::tumbling(period)).reduce([](const T& before, const T& latest) {
    static_cast<void>(before);
    return latest;
  });
}

template <class K, class T, class Extract>
auto keyed_stream<K, T, Extract>::rate(std::chrono::milliseconds period) const {
  const double seconds = static_cast<double>(period.count()) / 1000;
  return window(sage::tumbling(period))
      .count()
      .map([seconds](const window_result<state::owned_key_t<K>, std::uint64_t>& one) {
        return window_result<state::owned_key_t<K>, double>{one.key, one.start, one.end,
                                                            static_cast<double>(one.value) / seconds};
      });
}

template <class K, class T, class Extract>
auto keyed_stream<K, T, Extract>::sessionize(std::chrono::milliseconds gap) const {
  using made = session_records<state::owned_key_t<K>, T>;
  return window(sage::session(gap))
      .process(
          [](const state::owned_key_t<K>& key, const sage::window& when, std::vector<T>& all, collector<made>& out) {
            out.push(made{key, when.start, when.end, std::move(all)});
          });
}

}  // namespace sage
