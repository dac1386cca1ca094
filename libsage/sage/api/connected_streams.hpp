/// Two streams that one operator reads: `a.connect(b)`.
#pragma once

#include <concepts>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "sage/api/data_stream.hpp"
#include "sage/api/keyed_stream.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/signature.hpp"
#include "sage/operators/broadcast_process.hpp"
#include "sage/operators/connected.hpp"

namespace sage {

/// `f.on_first(const A&, collector<U>&)` and `f.on_second(const B&, collector<U>&)`, both with the context if wanted.
template <class F, class A, class B, class U>
concept co_process_function = function_per_instance<F> && record<U> &&
                              std::is_invocable_v < operators::first_call<functions::instantiated_t<F>>,
        A, collector<U>
&, context& > &&std::is_invocable_v<operators::second_call<functions::instantiated_t<F>>, B, collector<U>&, context&>;

/// A class with a type `broadcast_state` of its choice, `on_broadcast(const B&, broadcast_state&)` and
/// `on_record(const A&, const broadcast_state&, collector<U>&)`, both with the context behind if wanted.
template <class F, class A, class B, class U>
concept broadcast_process_function =
    function_per_instance<F> && record<U> &&
    std::default_initializable<typename functions::instantiated_t<F>::broadcast_state> &&
    std::copyable<typename functions::instantiated_t<F>::broadcast_state> &&
    std::is_invocable_v < operators::record_call < functions::instantiated_t<F>,
typename functions::instantiated_t<F>::broadcast_state >, A, collector<U>&,
    context& > &&std::is_invocable_v<operators::rule_call<functions::instantiated_t<F>,
                                                          typename functions::instantiated_t<F>::broadcast_state>,
                                     B, collector<U>&, context&>;

/// A function of a key's state for each input may push what it makes.
template <class F, class T, class U>
concept co_flat_map_function = collecting_function<F, T, U> || range_function<F, T>;

namespace api {

/// Adds an operator with two inputs behind two streams.
template <class A, class B, class Out>
graph::node& append_second(const stream_origin& first, const stream_origin& second, std::string_view kind) {
  if (first.builder != second.builder) {
    throw error(errc::invalid_argument, "the streams belong to different environments", first.at().name,
                "declare both from sources of one environment");
  }
  static_cast<void>(second.at());
  graph::node& n = first.append(kind, record_type_of<A>());
  n.more_ins = {&record_type_of<B>()};
  n.outs = {&record_type_of<Out>()};
  n.unsupported_retry = !std::copy_constructible<A> || !std::copy_constructible<B>;
  second.join(first, n.id, record_type_of<B>(), 1);
  return n;
}

/// The `U` of `collector<U>&` in `on_first`, `on_record`, or void where it can't be read off.
template <class F>
struct co_collected {
  using type = void;
};
template <class F>
requires requires {
  &F::on_first;
}
struct co_collected<F> : functions::collected_by<decltype(&F::on_first)> {};
template <class F>
requires requires {
  &F::on_record;
}
struct co_collected<F> : functions::collected_by<decltype(&F::on_record)> {};
template <class U, class F>
using co_collected_or =
    std::conditional_t<std::is_void_v<U>, typename co_collected<functions::instantiated_t<F>>::type, U>;

}  // namespace api

/// Two connected streams; records of either input keep their order, between the inputs there is none. `Keys` makes
/// the keys that the two share, or none.
template <class A, class B, class Keys>
class connected_streams {
 public:
  connected_streams(api::stream_origin first, api::stream_origin second, Keys keys)
      : first_(std::move(first)), second_(std::move(second)), keys_(std::move(keys)) {}

  /// Turns each record into what `on_first(record)` or `on_second(record)` returns, which are of one type.
  template <map_function<A> F, map_function<B> G>
  requires std::same_as<functions::call_result_t<functions::instantiated_t<F>, A>,
                        functions::call_result_t<functions::instantiated_t<G>, B>>
  auto co_map(F&& on_first, G&& on_second) const {
    using out = functions::call_result_t<functions::instantiated_t<F>, A>;
    return add_two<operators::mapping_call, out>("co_map", std::forward<F>(on_first), std::forward<G>(on_second),
                                                 true);
  }

  /// Turns each record into what `on_first(record, collector<U>&)` or `on_second(...)` pushes, or the range that they
  /// return. `U` is read off the first one's signature; a generic function needs `co_flat_map<U>`.
  template <class U = void, class F, class G>
  requires co_flat_map_function<F, A, collected_or<U, F>> && co_flat_map_function<G, B, collected_or<U, F>>
  auto co_flat_map(F&& on_first, G&& on_second) const {
    return add_two<operators::collecting_call, collected_or<U, F>>("co_flat_map", std::forward<F>(on_first),
                                                                   std::forward<G>(on_second), false);
  }

  /// The same with one object, a class with `on_first` and `on_second`. On keyed streams the state that it declares
  /// in `open` is that of the record's key, whichever input the record came from, and with
  /// `on_timer(const K&, const timer&, collector<U>&)` keys have timers, as in process.
  template <class U = void, class F>
  requires co_process_function<F, A, B, api::co_collected_or<U, F>>
  auto co_process(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    using out = api::co_collected_or<U, F>;
    using both = operators::two_methods<typename prototype::type>;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    return add<out, both>(
        "co_process", [shared] { return both{prototype::make(*shared)}; }, false);
  }
  /// The same with two functions. States that both declare under one name are one.
  template <class U = void, class F, class G>
  requires co_flat_map_function<F, A, collected_or<U, F>> && co_flat_map_function<G, B, collected_or<U, F>>
  auto co_process(F&& on_first, G&& on_second) const {
    return add_two<operators::collecting_call, collected_or<U, F>>("co_process", std::forward<F>(on_first),
                                                                   std::forward<G>(on_second), false);
  }

 private:
  static constexpr bool is_keyed = !std::same_as<Keys, operators::no_keys>;

  template <template <class> class Call, class Out, class F, class G>
  data_stream<Out> add_two(std::string_view kind, F&& first, G&& second, bool one_to_one) const {
    using first_prototype = functions::instantiated<std::decay_t<F>>;
    using second_prototype = functions::instantiated<std::decay_t<G>>;
    using both = operators::two_functions<Call, typename first_prototype::type, typename second_prototype::type>;
    auto f = std::make_shared<const std::decay_t<F>>(std::forward<F>(first));
    auto g = std::make_shared<const std::decay_t<G>>(std::forward<G>(second));
    const auto make = [f, g] { return both{first_prototype::make(*f), second_prototype::make(*g)}; };
    return add<Out, both>(kind, make, one_to_one);
  }
  template <class Out, class Functions, class Make>
  data_stream<Out> add(std::string_view kind, Make make, bool one_to_one) const {
    graph::node& n = api::append_second<A, B, Out>(first_, second_, kind);
    n.keyed = is_keyed;
    n.has_side_outputs = true;
    n.emits_at_end = operators::connected_operator<A, B, Out, typename Keys::made, Functions>::is_timed;
    n.one_to_one = one_to_one;
    n.make = [make, keys = keys_](const graph::operator_options& options) -> operators::operator_ptr {
      using op = operators::connected_operator<A, B, Out, typename Keys::made, Functions>;
      const error_policy policy = options.on_error.value_or(error_policy{});
      if constexpr (is_keyed) {
        return std::make_unique<op>(make(), policy, options.side_ports, keys.first, keys.second,
                                    options.state_limits);
      } else {
        return std::make_unique<op>(make(), policy, options.side_ports);
      }
    };
    return data_stream<Out>(first_.output_of(n));
  }

  api::stream_origin first_;
  api::stream_origin second_;
  Keys keys_;
};

/// A keyed stream connected to a broadcast one.
template <class A, class Extract, class B>
class broadcast_connected_stream {
 public:
  broadcast_connected_stream(api::stream_origin records, Extract extract, api::stream_origin rules)
      : records_(std::move(records)), extract_(std::move(extract)), rules_(std::move(rules)) {}

  /// Calls `function.on_broadcast(rule, state)` for each rule in every instance, and
  /// `function.on_record(record, const state&, collector)` for each record in that of its key.
  template <class U = void, class F>
  requires broadcast_process_function<F, A, B, api::co_collected_or<U, F>>
  auto process(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    using out = api::co_collected_or<U, F>;
    graph::node& n = api::append_second<A, B, out>(records_, rules_, "process");
    n.keyed = true;
    n.has_side_outputs = true;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    n.make = [shared, extract = extract_](const graph::operator_options& options) -> operators::operator_ptr {
      using op = operators::broadcast_process_operator<A, Extract, B, out, typename prototype::type>;
      return std::make_unique<op>(extract, prototype::make(*shared), options.on_error.value_or(error_policy{}),
                                  options.state_limits, options.side_ports);
    };
    return data_stream<out>(records_.output_of(n));
  }

 private:
  api::stream_origin records_;
  Extract extract_;
  api::stream_origin rules_;
};

template <class T>
template <class B>
connected_streams<T, B, operators::no_keys> data_stream<T>::connect(const data_stream<B>& other) const {
  return connected_streams<T, B, operators::no_keys>(origin_, other.origin(), operators::no_keys{});
}

template <class K, class T, class Extract>
template <class K2, class B, class Extract2>
requires std::same_as<state::owned_key_t<K>, state::owned_key_t<K2>>
auto keyed_stream<K, T, Extract>::connect(const keyed_stream<K2, B, Extract2>& other) const {
  using keys = operators::two_extractors<K, Extract, Extract2>;
  return connected_streams<T, B, keys>(before_, other.before_, keys{extract_, other.extract_});
}

template <class K, class T, class Extract>
template <class B>
broadcast_connected_stream<T, Extract, B> keyed_stream<K, T, Extract>::connect(const data_stream<B>& rules) const {
  if (rules.origin().partitioning.kind != routing::partitioning::broadcast) {
    throw error(errc::invalid_argument, "a keyed stream is connected to one that is neither keyed nor broadcast",
                rules.origin().at().name, "call .key_by(...) or .broadcast() on it");
  }
  return broadcast_connected_stream<T, Extract, B>(before_, extract_, rules.origin());
}

}  // namespace sage
