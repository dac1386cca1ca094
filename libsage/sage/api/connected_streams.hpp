/// Streams that one operator reads: `a.connect(b)`, `a.connect(b, c)`.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sage/api/data_stream.hpp"
#include "sage/api/keyed_stream.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/signature.hpp"
#include "sage/operators/broadcast_process.hpp"
#include "sage/operators/connected.hpp"

namespace sage {

namespace api {
template <class F, class U, class... In, std::size_t... I>
consteval bool has_method_per_input(std::index_sequence<I...>) {
  return (std::is_invocable_v<operators::method_call<I, F>, In, collector<U>&, context&> && ...);
}
}  // namespace api

/// `f.on_first(const A&, collector<U>&)`, `f.on_second(const B&, collector<U>&)`, and on_third and on_fourth where
/// there are so many inputs; each with the context behind if wanted.
template <class F, class U, class... In>
concept co_process_function =
    function_per_instance<F> && record<U> && sizeof...(In) <= 4 &&
    api::has_method_per_input<functions::instantiated_t<F>, U, In...>(std::index_sequence_for<In...>{});

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

/// Adds an operator that reads several streams.
template <class Out, class First, class... More>
graph::node& append_with_inputs(const std::array<stream_origin, 1 + sizeof...(More)>& streams,
                                std::string_view kind) {
  const stream_origin& first = streams.front();
  for (const stream_origin& each : streams) {
    if (each.builder != first.builder) {
      throw error(errc::invalid_argument, "the streams belong to different environments", first.at().name,
                  "declare all from sources of one environment");
    }
    static_cast<void>(each.at());
  }
  graph::node& n = first.append(kind, record_type_of<First>());
  n.more_ins = {&record_type_of<More>()...};
  n.outs = {&record_type_of<Out>()};
  n.unsupported_retry = !(std::copy_constructible<First> && ... && std::copy_constructible<More>);
  for (std::uint32_t input = 1; input < streams.size(); ++input) {
    streams[input].join(first, n.id, *n.more_ins[input - 1], input);
  }
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

/// Two and more connected streams; records of one input keep their order, between the inputs there is none. `Keys`
/// makes the keys that all share, or none.
template <class Keys, class... In>
class connected_streams {
  static constexpr bool is_keyed = !std::same_as<Keys, operators::no_keys>;
  template <class F, class... More>
  struct first_of {
    using type = F;
  };
  template <class U, class... F>
  using collected_by_first = collected_or<U, typename first_of<F...>::type>;
  template <class... F>
  using mapped_by_first = typename first_of<functions::call_result_t<functions::instantiated_t<F>, In>...>::type;

 public:
  connected_streams(Keys keys, std::array<api::stream_origin, sizeof...(In)> streams)
      : keys_(std::move(keys)), streams_(std::move(streams)) {}

  /// Turns each record into what the function for its stream returns: `co_map(on_a, on_b)`, in the order of connect.
  /// All return one type.
  template <class... F>
  requires(sizeof...(F) == sizeof...(In)) && (map_function<F, In> && ...) &&
      (std::same_as<functions::call_result_t<functions::instantiated_t<F>, In>, mapped_by_first<F...>> &&
       ...) auto co_map(F&&... functions) const {
    return add_functions<operators::mapping_call, mapped_by_first<F...>>("co_map", true,
                                                                         std::forward<F>(functions)...);
  }

  /// Turns each record into what the function for its stream pushes (`f(record, collector<U>&)`), or the range that
  /// it returns. `U` is read off the first one's signature; a generic function needs `co_flat_map<U>`.
  template <class U = void, class... F>
  requires(sizeof...(F) == sizeof...(In)) &&
      (co_flat_map_function<F, In, collected_by_first<U, F...>> && ...) auto co_flat_map(F&&... functions) const {
    return add_functions<operators::collecting_call, collected_by_first<U, F...>>("co_flat_map", false,
                                                                                  std::forward<F>(functions)...);
  }

  /// The same with one object, a class with `on_first`, `on_second` and, of three and four streams, `on_third` and
  /// `on_fourth`. On keyed streams the state that it declares in `open` is that of the record's key, whichever input
  /// the record came from, and with `on_timer(const K&, const timer&, collector<U>&)` keys have timers, as in
  /// process.
  template <class U = void, class F>
  requires co_process_function<F, api::co_collected_or<U, F>, In...>
  auto co_process(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    using out = api::co_collected_or<U, F>;
    using all = operators::method_per_input<typename prototype::type>;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    return add<out, all>(
        "co_process", [shared] { return all{prototype::make(*shared)}; }, false);
  }
  /// The same with a function per stream. States that several declare under one name are one.
  template <class U = void, class... F>
  requires(sizeof...(F) == sizeof...(In)) &&
      (co_flat_map_function<F, In, collected_by_first<U, F...>> && ...) auto co_process(F&&... functions) const {
    return add_functions<operators::collecting_call, collected_by_first<U, F...>>("co_process", false,
                                                                                  std::forward<F>(functions)...);
  }

 private:
  template <template <class> class Call, class Out, class... F>
  data_stream<Out> add_functions(std::string_view kind, bool one_to_one, F&&... given) const {
    using all = operators::function_per_input<Call, functions::instantiated_t<F>...>;
    auto shared = std::make_shared<const std::tuple<std::decay_t<F>...>>(std::forward<F>(given)...);
    const auto make = [shared] {
      return std::apply(
          [](const auto&... each) {
            return all{
                std::tuple<functions::instantiated_t<F>...>(functions::instantiated<std::decay_t<F>>::make(each)...)};
          },
          *shared);
    };
    return add<Out, all>(kind, make, one_to_one);
  }
  template <class Out, class Functions, class Make>
  data_stream<Out> add(std::string_view kind, Make make, bool one_to_one) const {
    using op = operators::connected_operator<Out, typename Keys::made, Functions, In...>;
    graph::node& n = api::append_with_inputs<Out, In...>(streams_, kind);
    n.keyed = n.limits_state = is_keyed;
    n.has_side_outputs = true;
    n.emits_at_end = op::is_timed;
    n.one_to_one = one_to_one;
    n.make = [make, keys = keys_](const graph::operator_options& options) -> operators::operator_ptr {
      const error_policy policy = options.on_error.value_or(error_policy{});
      if constexpr (is_keyed) {
        return std::make_unique<op>(make(), policy, options.side_ports, keys.each, options.state_limits);
      } else {
        return std::make_unique<op>(make(), policy, options.side_ports);
      }
    };
    return data_stream<Out>(streams_.front().output_of(n));
  }

  Keys keys_;
  std::array<api::stream_origin, sizeof...(In)> streams_;
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
    graph::node& n = api::append_with_inputs<out, A, B>({records_, rules_}, "process");
    n.keyed = n.limits_state = true;
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
template <class... B>
requires(sizeof...(B) > 0) auto data_stream<T>::connect(const data_stream<B>&... others) const {
  return connected_streams<operators::no_keys, T, B...>(operators::no_keys{}, {origin_, others.origin()...});
}

template <class K, class T, class Extract>
template <class... K2, class... B, class... Extract2>
requires(sizeof...(B) > 0 &&
         (std::same_as<state::owned_key_t<K>, state::owned_key_t<K2>> &&
          ...)) auto keyed_stream<K, T, Extract>::connect(const keyed_stream<K2, B, Extract2>&... others) const {
  using keys = operators::extractor_per_input<K, Extract, Extract2...>;
  return connected_streams<keys, T, B...>(keys{{extract_, others.extract_...}}, {before_, others.before_...});
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
