/// join(...).window(...): two streams in one, cut into windows.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sage/functions/collector.hpp"
#include "sage/functions/function.hpp"
#include "sage/functions/windows.hpp"

namespace sage::operators {

/// A record of one of two streams, as a store keeps it: which one, and the record.
template <class Self, class A, class B>
struct stored_either {
  static constexpr bool is_storable = encodable<A> && encodable<B>;

  void store(value_writer& out) const requires(encodable<A>&& encodable<B>) {
    const auto& record = static_cast<const Self*>(this)->record;
    out.begin_list(2);
    out.write_bool(record.index() == 0);
    std::visit([&](const auto& either) { write_value(out, either); }, record);
    out.end_list();
  }
  static std::optional<Self> load(value_reader& in) requires(encodable<A>&& encodable<B>) {
    container_cursor both;
    const auto next = [&] { return in.next_element(both) == container_step::element; };
    bool is_first = false;
    if (!in.begin_list(both) || !next() || !in.read_bool(is_first) || !next()) return std::nullopt;
    std::optional<Self> made;
    if (is_first) {
      A record{};
      if (read_value(in, record)) made.emplace(std::move(record));
    } else {
      B record{};
      if (!read_value(in, record)) return std::nullopt;
      if constexpr (std::same_as<A, B>) {
        made.emplace(std::in_place_index<1>, std::move(record));
      } else {
        made.emplace(std::move(record));
      }
    }
    if (!made || in.next_element(both) != container_step::end) return std::nullopt;
    return made;
  }
};

/// A record of one of two streams.
template <class A, class B>
struct either_of : stored_either<either_of<A, B>, A, B> {
  std::variant<A, B> record;
  explicit either_of(const A& first) : record(std::in_place_index<0>, first) {}
  explicit either_of(const B& second) requires(!std::same_as<A, B>) : record(std::in_place_index<1>, second) {}
};
/// Of one type: the second stream's has to say so.
template <class T>
struct either_of<T, T> : stored_either<either_of<T, T>, T, T> {
  std::variant<T, T> record;
  explicit either_of(const T& first) : record(std::in_place_index<0>, first) {}
  either_of(std::in_place_index_t<1> which, const T& second) : record(which, second) {}
};

template <class ExtractA, class ExtractB, class A, class B>
struct key_of_either {
  ExtractA first;
  ExtractB second;
  using key = std::common_reference_t<std::invoke_result_t<const ExtractA&, const A&>,
                                      std::invoke_result_t<const ExtractB&, const B&>>;
  key operator()(const either_of<A, B>& one) const {
    if (const A* record = std::get_if<0>(&one.record)) return std::invoke(first, *record);
    return std::invoke(second, std::get<1>(one.record));
  }
};

/// Parts the records of a window by the stream from which they came.
template <class A, class B>
void part(std::vector<either_of<A, B>>& all, std::vector<A>& firsts, std::vector<B>& seconds) {
  firsts.clear();
  seconds.clear();
  for (either_of<A, B>& one : all) {
    if (A* record = std::get_if<0>(&one.record)) {
      firsts.push_back(std::move(*record));
    } else {
      seconds.push_back(std::get<1>(std::move(one.record)));
    }
  }
}

/// `f(const A&, const B&)` for each pair of a window.
template <class K, class A, class B, class U, class F>
struct pairs_of_window {
  F function;
  std::vector<A> firsts{};
  std::vector<B> seconds{};

  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  void operator()(const K& key, const window& when, std::vector<either_of<A, B>>& all, collector<U>& out) {
    static_cast<void>(key);
    static_cast<void>(when);
    part(all, firsts, seconds);
    for (const A& first : firsts) {
      for (const B& second : seconds) {
        if constexpr (std::is_invocable_v<F&, const A&, const B&, collector<U>&>) {
          function(first, second, out);
        } else {
          out.push(function(first, second));
        }
      }
    }
  }
};

/// `f(const K&, const window&, std::vector<A>&, std::vector<B>&, collector<U>&)` for each window.
template <class K, class A, class B, class U, class F>
struct group_of_window {
  F function;
  std::vector<A> firsts{};
  std::vector<B> seconds{};

  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  void operator()(const K& key, const window& when, std::vector<either_of<A, B>>& all, collector<U>& out) {
    part(all, firsts, seconds);
    function(key, when, firsts, seconds, out);
  }
};

}  // namespace sage::operators
