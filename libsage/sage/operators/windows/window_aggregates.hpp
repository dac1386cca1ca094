/// The ready-made aggregates of a window: count, sum, min, max, avg.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/windows.hpp"

namespace sage::operators {

/// What a member pointer or callable makes of a record, as a value.
template <class Extract, class T>
using extracted_t = std::remove_cvref_t<std::invoke_result_t<const Extract&, const T&>>;

/// Gives what an aggregate has found its key and window. `Self` has `value(accumulator&&)`.
template <class Self>
struct window_aggregate {
  template <class K, class A>
  auto result(const K& key, const window& when, A&& acc) {
    using value_type = std::remove_cvref_t<decltype(static_cast<Self*>(this)->value(std::forward<A>(acc)))>;
    return window_result<K, value_type>{key, when.start, when.end,
                                        static_cast<Self*>(this)->value(std::forward<A>(acc))};
  }
  template <class A>
  auto result(const window& when, A&& acc) {
    using value_type = std::remove_cvref_t<decltype(static_cast<Self*>(this)->value(std::forward<A>(acc)))>;
    return window_result<void, value_type>{when.start, when.end,
                                           static_cast<Self*>(this)->value(std::forward<A>(acc))};
  }
};

struct counting : window_aggregate<counting> {
  using accumulator = std::uint64_t;
  template <class T>
  void add(accumulator& acc, const T& record) const noexcept {
    static_cast<void>(record);
    ++acc;
  }
  void merge(accumulator& acc, accumulator newer) const noexcept { acc += newer; }
  std::uint64_t value(accumulator acc) const noexcept { return acc; }
};

/// The type in which values are summed: the widest of their kind.
template <class V>
using sum_type = std::conditional_t<std::is_floating_point_v<V>, double,
                                    std::conditional_t<std::is_unsigned_v<V>, std::uint64_t, std::int64_t>>;

/// Adds `b` to `a`. An integer that overflows is an error of the record, not a wrong sum.
template <class S>
void add_checked(S& a, S b) {
  if constexpr (std::is_floating_point_v<S>) {
    a += b;
  } else {
    S sum;
    if (__builtin_add_overflow(a, b, &sum)) {
      throw error(errc::limit, "the sum of a window is too large for 64 bits", "sum", "sum a double");
    }
    a = sum;
  }
}

template <class Extract, class T>
struct summing : window_aggregate<summing<Extract, T>> {
  using accumulator = sum_type<extracted_t<Extract, T>>;
  Extract extract;
  explicit summing(Extract e) : extract(std::move(e)) {}
  void add(accumulator& acc, const T& record) const {
    add_checked(acc, static_cast<accumulator>(std::invoke(extract, record)));
  }
  void merge(accumulator& acc, accumulator newer) const { add_checked(acc, newer); }
  accumulator value(accumulator acc) const noexcept { return acc; }
};

/// What an average is made of.
struct mean_parts {
  double sum = 0;
  std::uint64_t count = 0;
};
SAGE_DESCRIBE(mean_parts, sum, count)

template <class Extract, class T>
struct averaging : window_aggregate<averaging<Extract, T>> {
  using accumulator = mean_parts;
  Extract extract;
  explicit averaging(Extract e) : extract(std::move(e)) {}
  void add(accumulator& acc, const T& record) const {
    acc.sum += static_cast<double>(std::invoke(extract, record));
    ++acc.count;
  }
  void merge(accumulator& acc, const accumulator& newer) const noexcept {
    acc.sum += newer.sum;
    acc.count += newer.count;
  }
  double value(const accumulator& acc) const noexcept { return acc.sum / static_cast<double>(acc.count); }
};

/// The extreme value; of equal ones the first. `Before` says which of two is wanted.
template <class Extract, class T, class Before>
struct choosing : window_aggregate<choosing<Extract, T, Before>> {
  using accumulator = std::optional<extracted_t<Extract, T>>;
  Extract extract;
  explicit choosing(Extract e) : extract(std::move(e)) {}
  void add(accumulator& acc, const T& record) const {
    const auto& value = std::invoke(extract, record);
    if (!acc || Before{}(value, *acc)) acc = value;
  }
  void merge(accumulator& acc, const accumulator& newer) const {
    if (newer && (!acc || Before{}(*newer, *acc))) acc = newer;
  }
  auto value(accumulator acc) const { return *std::move(acc); }
};

/// The `n` records with the greatest values, the greatest first; of equal ones those that came first.
template <class Extract, class T>
struct topping : window_aggregate<topping<Extract, T>> {
  using accumulator = std::vector<T>;
  Extract extract;
  std::size_t n;
  topping(Extract e, std::size_t count) : extract(std::move(e)), n(count) {}
  void add(accumulator& acc, const T& record) const {
    const auto& value = std::invoke(extract, record);
    const auto at =
        std::find_if(acc.begin(), acc.end(), [&](const T& other) { return std::invoke(extract, other) < value; });
    if (at == acc.end() && acc.size() >= n) return;
    acc.insert(at, record);
    if (acc.size() > n) acc.pop_back();
  }
  void merge(accumulator& acc, const accumulator& newer) const {
    for (const T& record : newer) add(acc, record);
  }
  std::vector<T> value(accumulator acc) const noexcept { return acc; }
};

}  // namespace sage::operators
