/// What a window makes of its records: aggregates, reductions and functions of all of them, in one shape.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/functions/collector.hpp"
#include "sage/functions/function.hpp"
#include "sage/functions/windows.hpp"
#include "sage/operators/aggregate.hpp"

namespace sage::operators {

/// Calls `result` of an aggregate with what it takes: key and window, or one of them, before the accumulator.
template <bool Keyed, class A, class K>
decltype(auto) window_result_of(A& aggregate, const K& key, const window& when, typename A::accumulator&& acc) {
  if constexpr (Keyed) {
    if constexpr (requires { aggregate.result(key, when, std::move(acc)); }) {
      return aggregate.result(key, when, std::move(acc));
    } else {
      return aggregate.result(key, std::move(acc));
    }
  } else {
    if constexpr (requires { aggregate.result(when, std::move(acc)); }) {
      return aggregate.result(when, std::move(acc));
    } else {
      return aggregate.result(std::move(acc));
    }
  }
}

/// A user's aggregate.
template <class A, class T, class K, bool Keyed>
struct aggregate_fold {
  using accumulator = typename A::accumulator;
  using result = std::remove_cvref_t<decltype(window_result_of<Keyed>(
      std::declval<A&>(), std::declval<const K&>(), std::declval<const window&>(), std::declval<accumulator>()))>;
  static constexpr bool is_mergeable = mergeable_aggregate<A>;
  static constexpr bool gathers = false;  // merging costs as much as there are records
  A aggregate;

  void open(context& self) { functions::open(aggregate, self); }
  void close() { functions::close(aggregate); }
  void add(accumulator& acc, const T& record) { aggregate.add(acc, record); }
  void merge(accumulator& acc, const accumulator& newer) {
    if constexpr (is_mergeable) aggregate.merge(acc, newer);
  }
  void emit(const K& key, const window& when, accumulator&& acc, collector<result>& out) {
    out.push(window_result_of<Keyed>(aggregate, key, when, std::move(acc)));
  }
};

/// `f(T, const T&)`: the first record, then what the function makes of it and the next.
template <class F, class T, class K>
struct reduce_fold {
  using accumulator = std::optional<T>;
  using result = T;
  static constexpr bool is_mergeable = true;
  static constexpr bool gathers = false;
  F function;

  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  void add(accumulator& acc, const T& record) {
    if (acc) {
      acc = std::optional<T>(function(*std::move(acc), record));
    } else {
      acc.emplace(record);
    }
  }
  void merge(accumulator& acc, const accumulator& newer) {
    if (newer) add(acc, *newer);
  }
  void emit(const K& key, const window& when, accumulator&& acc, collector<result>& out) {
    static_cast<void>(key);
    static_cast<void>(when);
    out.push(*std::move(acc));
  }
};

/// `f(const K&, window, std::vector<T>&, collector<U>&)`: all records of the window, in order of arrival within each
/// slice.
template <class F, class T, class K, class U, bool Keyed>
struct gather_fold {
  using accumulator = std::vector<T>;
  using result = U;
  static constexpr bool is_mergeable = true;
  static constexpr bool gathers = true;
  F function;

  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  void add(accumulator& acc, const T& record) { acc.push_back(record); }
  void merge(accumulator& acc, const accumulator& newer) { acc.insert(acc.end(), newer.begin(), newer.end()); }
  void emit(const K& key, const window& when, accumulator&& acc, collector<result>& out) {
    if constexpr (Keyed) {
      function(key, when, acc, out);
    } else {
      function(when, acc, out);
    }
  }
};

}  // namespace sage::operators
