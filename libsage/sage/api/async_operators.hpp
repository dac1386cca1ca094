/// How async operators become nodes of the graph.
#pragma once

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "sage/api/graph_builder.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/tasks/async_function.hpp"
#include "sage/operators/async_map.hpp"

namespace sage::api {

/// The function type that runs in an instance, and what its tasks return.
template <class F, class T>
struct async_traits {
  using given = functions::instantiated_t<F>;
  using type = given;
  using result = functions::async_result_t<given, T>;
  static type adapt(given function) { return function; }
};
template <class F, class T>
requires emitting_function<F, T>
struct async_traits<F, T> {
  using given = functions::instantiated_t<F>;
  using type = given;
  static type adapt(given function) { return function; }
};
template <class F, class T>
requires(!functions::returns_task<functions::instantiated_t<F>, T> &&
         !emitting_function<F, T>) struct async_traits<F, T> {
  using given = functions::instantiated_t<F>;
  using result = functions::completed_t<F>;
  using type = functions::completing<given, T, result>;
  static type adapt(given function) { return type(std::move(function)); }
};

/// Refuses bounds that can't be meant.
void check_async_options(const async_options& options, bool is_keyed, const std::string& where);

/// Appends an async operator behind `before`.
template <class T, class Out, operators::async_shape Shape, class Extract, class F>
graph::node& append_async(const stream_origin& before, Extract extract, F&& function, async_options bounds,
                          bool is_keyed) {
  using prototype = functions::instantiated<std::decay_t<F>>;
  using traits = async_traits<F, T>;
  graph::node& n =
      before.append(Shape == operators::async_shape::one ? "async_map" : "async_flat_map", record_type_of<T>());
  check_async_options(bounds, is_keyed, n.name);
  n.outs = {&record_type_of<Out>()};
  n.one_to_one = Shape == operators::async_shape::one;
  n.waits = true;
  n.keyed = is_keyed;
  n.unsupported_retry = !std::copy_constructible<T>;
  n.retries_by_itself = bounds.retry.retries_max > 0;
  auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
  n.make = [shared, extract, bounds](const graph::operator_options& options) -> operators::operator_ptr {
    using op = operators::async_function_operator<T, Out, Extract, typename traits::type, Shape>;
    return std::make_unique<op>(extract, traits::adapt(prototype::make(*shared)), bounds,
                                options.on_error.value_or(error_policy{}));
  };
  return n;
}

}  // namespace sage::api
