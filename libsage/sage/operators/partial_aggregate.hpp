/// Aggregates that are combined before a shuffle and merged behind it.
#pragma once

#include <concepts>
#include <optional>
#include <utility>

#include "sage/functions/function.hpp"
#include "sage/operators/aggregate.hpp"

namespace sage::operators {

/// What crosses the shuffle instead of records: a key with what one sender knows of it.
template <class K, class Accumulator>
using partial = std::pair<K, Accumulator>;

/// Before the shuffle: the user's `add`, but the result is the accumulator itself.
template <class A, class K>
struct combining {
  using accumulator = typename A::accumulator;
  A aggregate;

  void open(context& self) { functions::open(aggregate, self); }
  void close() { functions::close(aggregate); }
  template <class T>
  void add(accumulator& acc, const T& record) {
    aggregate.add(acc, record);
  }
  partial<K, accumulator> result(const K& key, accumulator&& acc) { return {key, std::move(acc)}; }
};

/// Behind the shuffle: merges partial accumulators, ends with the user's `result`.
template <class A, class K>
struct merging {
  using accumulator = typename A::accumulator;
  A aggregate;

  void open(context& self) { functions::open(aggregate, self); }
  void close() { functions::close(aggregate); }
  void add(accumulator& acc, const partial<K, accumulator>& one) { aggregate.merge(acc, one.second); }
  auto result(const K& key, accumulator&& acc) { return aggregate.result(key, std::move(acc)); }
};

/// The key of a partial result.
struct partial_key {
  template <class K, class Accumulator>
  const K& operator()(const partial<K, Accumulator>& one) const noexcept {
    return one.first;
  }
};

/// `reduce` as an aggregate: the first record, then what the function makes of it and the next.
template <class T, class F>
struct reducing {
  using accumulator = std::optional<T>;
  F function;

  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  void add(accumulator& acc, const T& record) {
    if (acc) {
      acc = std::optional<T>(function(*std::move(acc), record));
    } else {
      acc = record;
    }
  }
  template <class K>
  T result(const K& key, accumulator&& acc) {
    static_cast<void>(key);
    return *std::move(acc);
  }
};

/// A partial table never holds more keys than this; beyond, what it has is sent on. 256 Ki entries of a short
/// string and a count are about 16 MiB.
inline constexpr std::size_t combined_entries_max = 256u << 10;

}  // namespace sage::operators

namespace sage {

/// `f(T, const T&)` returns the next `T`.
template <class F, class T>
concept reduce_function = std::copy_constructible<std::decay_t<F>> && std::copy_constructible<T> &&
    std::is_invocable_r_v<T, std::add_lvalue_reference_t<std::decay_t<F>>, T, view_of<T>>;

/// Counts the records of each key: `pair<key, std::uint64_t>`.
struct count {
  using accumulator = std::uint64_t;
  template <class T>
  void add(accumulator& acc, const T& record) const noexcept {
    static_cast<void>(record);
    ++acc;
  }
  void merge(accumulator& acc, accumulator other) const noexcept { acc += other; }
  template <class K>
  std::pair<K, std::uint64_t> result(const K& key, accumulator acc) const {
    return {key, acc};
  }
};

}  // namespace sage
