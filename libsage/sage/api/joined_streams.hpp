/// Joins of two keyed streams: `a.key_by(...).join(b.key_by(...)).within(-5s, 5s).apply(f)`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sage/api/connected_streams.hpp"
#include "sage/functions/joins.hpp"
#include "sage/operators/joins/interval_join.hpp"
#include "sage/operators/joins/temporal_join.hpp"
#include "sage/operators/joins/window_join.hpp"

namespace sage {

namespace functions {

/// What `f` makes of a pair: what it returns for two references, or pointers where a partner may be missing, or what
/// it collects.
template <class F, class A, class B>
struct join_result {
  using type = collected_t<F>;
};
template <class F, class A, class B>
requires(!std::is_void_v<collected_t<F>>) struct join_result<F, A, B> {
  using type = collected_t<F>;
};
template <class F, class A, class B>
requires std::is_void_v<collected_t<F>> && callable < instantiated_t<F>,
const A&, const B& > struct join_result<F, A, B> {
  using type = call_result_t<instantiated_t<F>, const A&, const B&>;
};
template <class F, class A, class B>
requires std::is_void_v<collected_t<F>> && callable < instantiated_t<F>,
const A&, const B* > struct join_result<F, A, B> {
  using type = call_result_t<instantiated_t<F>, const A&, const B*>;
};
template <class F, class A, class B>
requires std::is_void_v<collected_t<F>> && callable < instantiated_t<F>,
const A*, const B& > struct join_result<F, A, B> {
  using type = call_result_t<instantiated_t<F>, const A*, const B&>;
};
template <class F, class A, class B>
requires std::is_void_v<collected_t<F>> && callable < instantiated_t<F>,
const A*, const B* > struct join_result<F, A, B> {
  using type = call_result_t<instantiated_t<F>, const A*, const B*>;
};

template <class F, class First, class Second, class U>
concept joins = callable<F, First, Second> || callable < F,
        First, Second, collector<U>
& > ;

/// Refuses an outer join whose function can't be told that nobody came.
template <class F, class A, class B, class U>
void check_outer(join_kind kind) {
  constexpr bool second_may_miss = joins<F, const A&, const B*, U> || joins<F, const A*, const B*, U>;
  constexpr bool first_may_miss = joins<F, const A*, const B&, U> || joins<F, const A*, const B*, U>;
  const bool wants_second = kind == join_kind::left_outer || kind == join_kind::full_outer;
  const bool wants_first = kind == join_kind::right_outer || kind == join_kind::full_outer;
  if ((second_may_miss || !wants_second) && (first_may_miss || !wants_first)) return;
  throw error(errc::invalid_argument, "an outer join whose function can't be told that nobody came", "apply",
              std::string("let it take a ") + (wants_second && !second_may_miss ? "const B*" : "const A*") +
                  ", which is null then");
}

}  // namespace functions

/// `f(const A&, const B&)` of an inner join. Where a stream's records may leave alone, the other's is a pointer that
/// may be null: `f(const A&, const B*)` of a left outer one, `f(const A*, const B&)`, `f(const A*, const B*)`. A
/// function may also push any number of results: `f(..., collector<U>&)`.
template <class F, class A, class B>
concept join_function = function_per_instance<F> && record<typename functions::join_result<F, A, B>::type>;

/// A join whose interval is known.
template <class K, class A, class B, class ExtractA, class ExtractB>
class interval_joined_streams {
 public:
  interval_joined_streams(api::stream_origin first, api::stream_origin second, ExtractA a, ExtractB b,
                          event_time lower, event_time upper)
      : first_(std::move(first)),
        second_(std::move(second)),
        extract_a_(std::move(a)),
        extract_b_(std::move(b)),
        lower_(lower),
        upper_(upper) {}

  /// Records of the first stream without partner leave too, and so on.
  [[nodiscard]] interval_joined_streams left_outer() const { return with(join_kind::left_outer); }
  [[nodiscard]] interval_joined_streams right_outer() const { return with(join_kind::right_outer); }
  [[nodiscard]] interval_joined_streams full_outer() const { return with(join_kind::full_outer); }
  /// What one instance may keep; a record beyond that follows the error policy.
  [[nodiscard]] interval_joined_streams limits(const join_limits& limits) const {
    interval_joined_streams next = *this;
    next.limits_ = limits;
    return next;
  }

  /// Calls `function` for each pair, and for each record that leaves alone.
  template <join_function<A, B> F>
  auto apply(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    using function_type = typename prototype::type;
    using out = typename functions::join_result<F, A, B>::type;
    functions::check_outer<function_type, A, B, out>(kind_);
    graph::node& n = api::append_with_inputs<out, A, B>({first_, second_}, "interval_join");
    n.keyed = true;
    n.limits_state = true;
    n.emits_at_end = true;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    n.make = [shared, a = extract_a_, b = extract_b_, lower = lower_, upper = upper_, kind = kind_,
              limits = limits_](const graph::operator_options& options) -> operators::operator_ptr {
      using op = operators::interval_join<A, B, ExtractA, ExtractB, out, function_type>;
      return std::make_unique<op>(a, b, prototype::make(*shared), lower, upper, kind, limits,
                                  options.on_error.value_or(error_policy{}), options.state_limits);
    };
    return data_stream<out>(first_.output_of(n));
  }

 private:
  interval_joined_streams with(join_kind kind) const {
    interval_joined_streams next = *this;
    next.kind_ = kind;
    return next;
  }
  api::stream_origin first_;
  api::stream_origin second_;
  ExtractA extract_a_;
  ExtractB extract_b_;
  event_time lower_;
  event_time upper_;
  join_kind kind_ = join_kind::inner;
  join_limits limits_;
};

/// A join of a stream with a table that changes.
template <class K, class A, class B, class ExtractA, class ExtractB>
class temporal_joined_streams {
 public:
  temporal_joined_streams(api::stream_origin first, api::stream_origin second, ExtractA a, ExtractB b)
      : first_(std::move(first)), second_(std::move(second)), extract_a_(std::move(a)), extract_b_(std::move(b)) {}

  /// Records for whose key nothing was valid at their time leave too: the function takes a `const B*`.
  [[nodiscard]] temporal_joined_streams left_outer() const {
    temporal_joined_streams next = *this;
    next.left_outer_ = true;
    return next;
  }
  /// What one instance may keep; a record beyond that follows the error policy.
  [[nodiscard]] temporal_joined_streams limits(const join_limits& limits) const {
    temporal_joined_streams next = *this;
    next.limits_ = limits;
    return next;
  }
  /// Calls `function` for each record of the first stream with what was valid at its time.
  template <join_function<A, B> F>
  auto apply(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    using function_type = typename prototype::type;
    using out = typename functions::join_result<F, A, B>::type;
    functions::check_outer<function_type, A, B, out>(left_outer_ ? join_kind::left_outer : join_kind::inner);
    graph::node& n = api::append_with_inputs<out, A, B>({first_, second_}, "temporal_join");
    n.keyed = true;
    n.limits_state = true;
    n.emits_at_end = true;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    n.make = [shared, a = extract_a_, b = extract_b_, left_outer = left_outer_,
              limits = limits_](const graph::operator_options& options) -> operators::operator_ptr {
      using op = operators::temporal_join<A, B, ExtractA, ExtractB, out, function_type>;
      return std::make_unique<op>(a, b, prototype::make(*shared), left_outer, limits,
                                  options.on_error.value_or(error_policy{}), options.state_limits);
    };
    return data_stream<out>(first_.output_of(n));
  }

 private:
  api::stream_origin first_;
  api::stream_origin second_;
  ExtractA extract_a_;
  ExtractB extract_b_;
  bool left_outer_ = false;
  join_limits limits_;
};

/// A join of what falls into the same window.
template <class K, class A, class B, class ExtractA, class ExtractB>
class window_joined_streams {
  using key = state::owned_key_t<K>;
  using either = operators::either_of<A, B>;

 public:
  window_joined_streams(api::stream_origin first, api::stream_origin second, ExtractA a, ExtractB b,
                        const aligned_windows& windows)
      : first_(std::move(first)),
        second_(std::move(second)),
        extract_{std::move(a), std::move(b)},
        windows_(windows) {}

  /// Calls `function(const A&, const B&)` for each pair in each window when that is over.
  template <class F>
  requires join_function<F, A, B> && functions::joins < functions::instantiated_t<F>,
  const A&, const B&, typename functions::join_result<F, A, B>::type > auto apply(F&& function) const {
    using out = typename functions::join_result<F, A, B>::type;
    using pairs = operators::pairs_of_window<key, A, B, out, std::decay_t<F>>;
    return windowed().process(pairs{std::forward<F>(function)});
  }
  /// Calls `function(const K&, const window&, std::vector<A>&, std::vector<B>&, collector<U>&)` once per key and
  /// window, with what came from either stream; one of them may be empty.
  template <class F>
  requires(!std::is_void_v<functions::collected_t<F>>) auto co_group(F&& function) const {
    using group = operators::group_of_window<key, A, B, functions::collected_t<F>, std::decay_t<F>>;
    return windowed().process(group{std::forward<F>(function)});
  }

 private:
  auto windowed() const {
    const auto firsts = data_stream<A>(first_).map([](const A& record) { return either(record); });
    const auto seconds = data_stream<B>(second_).map([](const B& record) {
      if constexpr (std::same_as<A, B>) {
        return either(std::in_place_index<1>, record);
      } else {
        return either(record);
      }
    });
    return firsts.union_with(seconds).key_by(extract_).window(windows_);
  }

  api::stream_origin first_;
  api::stream_origin second_;
  operators::key_of_either<ExtractA, ExtractB, A, B> extract_;
  aligned_windows windows_;
};

/// Two keyed streams about to be joined. It can't be applied as it is: without a bound on time, a join of streams
/// that don't end would keep everything.
template <class K, class A, class B, class ExtractA, class ExtractB>
class joined_streams {
 public:
  joined_streams(api::stream_origin first, api::stream_origin second, ExtractA a, ExtractB b)
      : first_(std::move(first)), second_(std::move(second)), extract_a_(std::move(a)), extract_b_(std::move(b)) {}

  /// Each record of this stream with the newest of the other one at or before its time: the other stream is a table
  /// that changes.
  [[nodiscard]] auto as_of() const {
    return temporal_joined_streams<K, A, B, ExtractA, ExtractB>(first_, second_, extract_a_, extract_b_);
  }
  /// What falls into the same tumbling or sliding window.
  [[nodiscard]] auto window(const aligned_windows& windows) const {
    return window_joined_streams<K, A, B, ExtractA, ExtractB>(unkeyed(first_), unkeyed(second_), extract_a_,
                                                              extract_b_, windows);
  }
  /// Pairs whose times are near: `first + lower <= second <= first + upper`, in event time.
  [[nodiscard]] auto within(std::chrono::milliseconds lower, std::chrono::milliseconds upper) const {
    constexpr std::int64_t reach_max = 1'000'000'000'000'000;
    if (lower > upper || lower.count() < -reach_max || upper.count() > reach_max) {
      throw error(
          errc::invalid_argument,
          "a join within " + std::to_string(lower.count()) + " ms to " + std::to_string(upper.count()) + " ms",
          "within", "the first bound must not be above the second, as in within(-5s, 5s)");
    }
    return interval_joined_streams<K, A, B, ExtractA, ExtractB>(first_, second_, extract_a_, extract_b_,
                                                                lower.count(), upper.count());
  }

 private:
  // Before the shuffle by key, which comes behind both are one.
  static api::stream_origin unkeyed(api::stream_origin of) {
    of.partitioning = {};
    of.partitioning_by_user = false;
    return of;
  }

  api::stream_origin first_;
  api::stream_origin second_;
  ExtractA extract_a_;
  ExtractB extract_b_;
};

template <class K, class T, class Extract>
template <class K2, class B, class Extract2>
requires std::same_as<state::owned_key_t<K>, state::owned_key_t<K2>>
auto keyed_stream<K, T, Extract>::join(const keyed_stream<K2, B, Extract2>& other) const {
  return joined_streams<K, T, B, Extract, Extract2>(before_, other.before_, extract_, other.extract_);
}

}  // namespace sage
