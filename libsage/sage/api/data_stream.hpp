/// A typed stream: what a user calls operators on.
#pragma once

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/api/async_operators.hpp"
#include "sage/api/operator_settings.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/signature.hpp"
#include "sage/functions/windows.hpp"
#include "sage/operators/collect.hpp"
#include "sage/operators/filter.hpp"
#include "sage/operators/flat_map.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/map.hpp"
#include "sage/operators/memoize.hpp"
#include "sage/operators/sink.hpp"
#include "sage/operators/split.hpp"
#include "sage/operators/timestamps.hpp"

namespace sage {

template <class K, class T, class Extract>
class keyed_stream;
template <class T>
class routed_stream;
template <class T>
class split_streams;
template <class T>
class feedback_stream;
template <class In, class Out, class F>
class mapped_stream;
template <class F>
struct instance_partitioner;

/// Extracts the key of a record: a callable or a member pointer whose result can be hashed and compared.
template <class F, class T>
concept key_extractor =
    std::copy_constructible<std::decay_t<F>> && std::is_invocable_v<view_of<std::decay_t<F>>, view_of<T>> &&
    hashable<operators::key_type_t<std::decay_t<F>, T>> &&
    std::equality_comparable<operators::key_type_t<std::decay_t<F>, T>>;

/// `f(record)`, a callable or a member pointer, whose result can be compared with a label.
template <class F, class T>
concept label_function = function_per_instance<F> && std::is_invocable_v < functions::instantiated_t<F>
&, const T& > ;

/// Extracts the event time of a record: milliseconds since the Unix epoch, or a point of a std::chrono clock.
template <class F, class T>
concept timestamp_extractor =
    std::copy_constructible<std::decay_t<F>> && std::is_invocable_v<view_of<std::decay_t<F>>, view_of<T>> &&
    event_time_value<std::remove_cvref_t<std::invoke_result_t<view_of<std::decay_t<F>>, view_of<T>>>>;

/// Picks the instance of a record: `f(record, instances)` returns a number below `instances`.
template <class F, class T>
concept partition_function = std::is_invocable_r_v<std::size_t, view_of<F>, view_of<T>, std::size_t>;

/// An operator of the user, made anew for each instance: a callable that returns `std::unique_ptr<O>`, where `O`
/// derives from `sage::operators::operator_base` and names its `input_type` and `output_type`.
template <class Make, class T>
concept operator_maker = std::is_invocable_v<const Make&> && requires(const Make& make) {
  { *make() } -> std::convertible_to<operators::operator_base&>;
  requires std::same_as<typename std::remove_cvref_t<decltype(*make())>::input_type, T>;
  typename std::remove_cvref_t<decltype(*make())>::output_type;
};

/// What a stream may end in: a sink descriptor, or a callable that gets every record.
template <class S, class T>
concept stream_end = sink_descriptor<std::decay_t<S>, T> || operator_sink<std::decay_t<S>, T> || sink_function<S, T>;

/// A stream of records of type `T`. A light handle: copy it to give one output several consumers, each of which
/// gets every record.
template <class T>
class data_stream : public api::operator_settings<data_stream<T>> {
 public:
  using record_type = T;

  explicit data_stream(api::stream_origin origin) : origin_(std::move(origin)) {}
  [[nodiscard]] const api::stream_origin& origin() const noexcept { return origin_; }

  /// Turns each record into what `function(record)` returns.
  template <map_function<T> F>
  auto map(F&& function) const {
    using function_type = functions::instantiated_t<F>;
    using out = functions::call_result_t<function_type, T>;
    return mapped_stream<T, out, std::decay_t<F>>(origin_, std::forward<F>(function));
  }

  /// Keeps the records for which `predicate(const record&)` holds.
  template <filter_function<T> F>
  data_stream<T> filter(F&& predicate) const {
    graph::node& n = origin_.append("filter", record_type_of<T>());
    n.outs = {&record_type_of<T>()};
    n.one_to_one = n.stateless = true;
    n.make = per_record<operators::filter_operator>(std::forward<F>(predicate));
    return data_stream<T>(origin_.output_of(n));
  }

  /// Turns each record into the elements of the range that `function(record)` returns, or into what
  /// `function(record, collector<U>&)` pushes. `U` is read off the signature; a generic function needs `flat_map<U>`.
  template <class U = void, flat_map_function<T, U> F>
  auto flat_map(F&& function) const {
    using wanted = collected_or<U, F>;
    if constexpr (std::is_void_v<wanted>) {
      using range = functions::call_result_t<functions::instantiated_t<F>, T>;
      return add_flat_map<std::remove_cvref_t<decltype(*std::declval<range&>().begin())>>(std::forward<F>(function));
    } else {
      return add_flat_map<wanted>(std::forward<F>(function));
    }
  }

  /// Turns each record into what the task returns that `function(record)` makes: `task<U> f(const T&)`, or
  /// `void f(const T&, completion<U>)`. Many calls run at once on few threads; see async_options.
  template <async_function<T> F>
  auto async_map(F&& function, async_options bounds = {}) const {
    using out = typename api::async_traits<F, T>::result;
    graph::node& n = api::append_async<T, out, operators::async_shape::one>(origin_, operators::no_key{},
                                                                            std::forward<F>(function), bounds, false);
    return data_stream<out>(origin_.output_of(n));
  }
  /// The same for a task that returns a range: its elements leave together, in their order.
  template <async_function<T> F>
  auto async_flat_map(F&& function, async_options bounds = {}) const {
    using range = typename api::async_traits<F, T>::result;
    using out = std::remove_cvref_t<decltype(*std::declval<range&>().begin())>;
    graph::node& n = api::append_async<T, out, operators::async_shape::range>(
        origin_, operators::no_key{}, std::forward<F>(function), bounds, false);
    return data_stream<out>(origin_.output_of(n));
  }

  /// The same for a coroutine that streams: `task<> f(const T&, emitter<U>& out)`.
  template <emitting_function<T> F>
  auto async_flat_map(F&& function, async_options bounds = {}) const {
    using out = functions::emitted_t<F>;
    graph::node& n = api::append_async<T, out, operators::async_shape::emitted>(
        origin_, operators::no_key{}, std::forward<F>(function), bounds, false);
    return data_stream<out>(origin_.output_of(n));
  }

  /// Calls `function(const record&)` and passes the record on.
  template <inspect_function<T> F>
  data_stream<T> inspect(F&& function) const {
    graph::node& n = origin_.append("inspect", record_type_of<T>());
    n.outs = {&record_type_of<T>()};
    n.one_to_one = n.stateless = true;
    n.make = per_record<operators::inspect_operator>(std::forward<F>(function));
    return data_stream<T>(origin_.output_of(n));
  }

  /// Gives records event time: `extract(record)` is when it happened, `strategy` says how far time has come
  /// (`sage::bounded_out_of_orderness(2s)`, `sage::monotonic()`). Best right behind the source, where the splits that
  /// are being read are kept apart.
  template <timestamp_extractor<T> F>
  data_stream<T> assign_timestamps(F&& extract, watermark_strategy strategy) const {
    return add_timestamps(std::forward<F>(extract), operators::tracked_watermarks{}, operators::rules_of(strategy),
                          strategy.group());
  }
  /// The same with a generator of the user: told of each record, asked for the watermark behind each batch.
  template <timestamp_extractor<T> F, watermark_generator<T> G>
  data_stream<T> assign_timestamps(F&& extract, G generator) const {
    return add_timestamps(std::forward<F>(extract), std::move(generator), {});
  }

  /// The records that the function of this process, co_process or broadcast process pushes to a side output: see
  /// sage::side_output. Throws errc::invalid_argument behind any other operator.
  template <class V>
  data_stream<V> side_output(const output_tag<V>& tag) const {
    return data_stream<V>(origin_.side_output(tag.name, record_type_of<V>()));
  }

  /// Groups records by `extract(record)`: a callable or a member pointer, and a pure function: its result is hashed
  /// once and the hash carried along.
  template <key_extractor<T> F>
  auto key_by(F&& extract) const {
    using extract_type = std::decay_t<F>;
    return keyed_stream<operators::key_type_t<extract_type, T>, T, extract_type>(origin_, std::forward<F>(extract));
  }

  /// Cuts the whole stream into windows of event time, in one instance; with `key_by` before, each key's in parallel.
  template <window_kind Windows>
  auto window(const Windows& windows) const;

  /// Lets at most `per_second` records pass each second, `burst` at once after a silence; the others wait and hold
  /// back what is before them. Runs in one instance. Throws errc::invalid_argument for a rate of nothing.
  data_stream<T> throttle(double per_second, std::uint64_t burst = 1) const;
  /// Lets records go `by` later by the wall clock; up to `records_max` wait here, beyond that those before.
  data_stream<T> delay(std::chrono::nanoseconds by, std::uint64_t records_max = 1'000'000) const;
  /// Gathers records into vectors of `count`, or of what has come `duration` (wall clock) after the first of them.
  auto collect(std::uint32_t count, std::chrono::milliseconds duration) const;

  /// Passes the first of equal records on.
  auto distinct() const requires hashable<T> && std::equality_comparable<T> {
    return key_by([](const T& record) -> const T& { return record; }).distinct();
  }

  /// Merges streams of one type; records of one input keep their order.
  template <std::convertible_to<data_stream<T>>... Others>
  data_stream<T> union_with(const Others&... others) const {
    graph::node& n = origin_.append("union", record_type_of<T>());
    n.outs = {&record_type_of<T>()};
    n.one_to_one = n.stateless = true;
    n.make = [](const graph::operator_options&) { return std::make_unique<operators::pass_operator>(); };
    (others.origin().join(origin_, n.id, record_type_of<T>()), ...);
    return data_stream<T>(origin_.output_of(n));
  }

  /// Lets this stream into a loop: what comes out of its head, new records and those that come back. Called once per
  /// loop; unite several streams first.
  data_stream<T> union_with(const feedback_stream<T>& again) const {
    origin_.join(again.origin(), again.origin().node, record_type_of<T>());
    return data_stream<T>(again.origin());
  }
  /// Closes a loop: these records come back to its head.
  void feed(const feedback_stream<T>& again) const { origin_.feed(again.origin(), record_type_of<T>()); }
  /// Reads streams of different types in one operator: `a.connect(b, c).co_map(on_a, on_b, on_c)`.
  template <class... B>
  requires(sizeof...(B) > 0) auto connect(const data_stream<B>&... others) const;

  /// Two streams: where the predicate holds, and where it doesn't. `auto [yes, no] = stream.split(predicate);`
  template <filter_function<T> F>
  split_streams<T> split(F&& predicate) const;

  /// One stream per label, by what `label_of(record)` (callable or member pointer) returns; others on `otherwise()`.
  template <label_function<T> F, class Label = std::string>
  routed_stream<T> route(F&& label_of, std::initializer_list<Label> labels) const;

  /// Sends each record to the instance of the next operator that the user's function picks.
  template <partition_function<T> F>
  data_stream<T> route(instance_partitioner<F> chooser) const;

  /// Sends every record to every instance of the next operator; one shared buffer.
  data_stream<T> broadcast() const { return exchanged(routing::partitioning::broadcast); }
  /// Spreads batches over the instances of the next operator, whoever has room.
  data_stream<T> rebalance() const { return exchanged(routing::partitioning::rebalance); }

  /// Gathers every `count` consecutive records into a vector; the last one may be shorter.
  data_stream<std::vector<T>> collect(std::size_t count) const {
    if (count == 0) throw error(errc::invalid_argument, "collect(0) would never emit", "collect", "use 1 or more");
    graph::node& n = origin_.append("collect", record_type_of<T>());
    n.outs = {&record_type_of<std::vector<T>>()};
    n.order_needed = n.emits_at_end = true;
    n.make = [count](const graph::operator_options&) {
      return std::make_unique<operators::collect_operator<T>>(count);
    };
    return data_stream<std::vector<T>>(origin_.output_of(n));
  }

  /// Puts an operator of the user into the stream.
  template <operator_maker<T> Make>
  auto transform(std::string name, Make make) const {
    using user_operator = std::remove_cvref_t<decltype(*make())>;
    using out = typename user_operator::output_type;
    graph::node& n = origin_.append("transform", record_type_of<T>());
    n.name = n.uid = std::move(name);
    n.outs = {&record_type_of<out>()};
    n.make = [make](const graph::operator_options&) -> operators::operator_ptr { return make(); };
    return data_stream<out>(origin_.output_of(n));
  }

  /// Ends the stream in a sink descriptor, or in a callable that gets every record. A callable runs in one instance
  /// unless told otherwise.
  template <stream_end<T> S>
  api::sink_handle sink(S&& sink) const {
    if constexpr (sink_descriptor<std::decay_t<S>, T> || operator_sink<std::decay_t<S>, T>) {
      return add_sink(std::forward<S>(sink));
    } else {
      graph::node& n = origin_.append("sink", record_type_of<T>());
      n.order_needed = true;
      n.unsupported_retry = !preservable<functions::instantiated_t<S>>();
      n.make = per_record<operators::function_sink_operator>(std::forward<S>(sink));
      return api::sink_handle(origin_.output_of(n));
    }
  }

 protected:
  template <class F>
  static constexpr bool preservable() {
    return functions::callable<F, const T&> || std::copy_constructible<T>;
  }
  static error_policy policy_of(const graph::operator_options& options) {
    return options.on_error.value_or(error_policy{});
  }

 private:
  // A factory of operators around one function, copied once per instance.
  template <template <class, class> class Operator, class F>
  static graph::operator_factory per_record(F&& function) {
    using prototype = functions::instantiated<std::decay_t<F>>;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    return [shared](const graph::operator_options& options) -> operators::operator_ptr {
      return std::make_unique<Operator<T, typename prototype::type>>(prototype::make(*shared), policy_of(options));
    };
  }

  template <class U, class F>
  data_stream<U> add_flat_map(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    graph::node& n = origin_.append("flat_map", record_type_of<T>());
    n.outs = {&record_type_of<U>()};
    n.stateless = true;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    n.make = [shared](const graph::operator_options& options) -> operators::operator_ptr {
      return std::make_unique<operators::flat_map_operator<T, U, typename prototype::type>>(prototype::make(*shared),
                                                                                            policy_of(options));
    };
    return data_stream<U>(origin_.output_of(n));
  }

  template <class F, class G>
  data_stream<T> add_timestamps(F&& extract, G generator, const operators::watermark_rules& rules,
                                std::shared_ptr<functions::alignment_group> group = nullptr) const;

  template <class S>
  api::sink_handle add_sink(S&& sink) const {
    graph::node& n = origin_.append("sink", record_type_of<T>());
    if constexpr (requires { sink.kind(); }) {
      n.kind = sink.kind();
      n.name = n.uid = n.kind + "_" + std::to_string(n.id + 1);
    }
    if constexpr (requires { sink.single_instance(); }) n.order_needed = sink.single_instance();
    if constexpr (requires { sink.blocking(); }) n.options.blocking = sink.blocking();
    auto shared = std::make_shared<const std::decay_t<S>>(std::forward<S>(sink));
    n.make = [shared](const graph::operator_options&) -> operators::operator_ptr {
      if constexpr (operator_sink<std::decay_t<S>, T>) {
        return shared->template make_operator<T>();
      } else {
        return std::make_unique<operators::sink_operator<T>>(shared->make_writer());
      }
    };
    return api::sink_handle(origin_.output_of(n));
  }

  data_stream<T> exchanged(routing::partitioning kind) const {
    api::stream_origin next = origin_;
    next.partitioning = {};
    next.partitioning.kind = kind;
    next.partitioning_by_user = true;
    return data_stream<T>(std::move(next));
  }

  api::stream_origin origin_;
};

/// What `map` returns: the stream, with `memoize` on top.
template <class In, class Out, class F>
class mapped_stream : public data_stream<Out>, public api::operator_settings<mapped_stream<In, Out, F>> {
  using prototype = functions::instantiated<F>;
  using function_type = typename prototype::type;
  using settings = api::operator_settings<mapped_stream<In, Out, F>>;

 public:
  using settings::name, settings::uid, settings::parallelism, settings::batch_size, settings::start_chain,
      settings::on_error, settings::state_bytes_max, settings::blocking;

  template <class G>
  mapped_stream(const api::stream_origin& before, G&& function)
      : data_stream<Out>(before.output_of(before.append("map", record_type_of<In>()))),
        function_(std::make_shared<const F>(std::forward<G>(function))) {
    graph::node& n = this->origin().at();
    n.outs = {&record_type_of<Out>()};
    n.one_to_one = n.stateless = true;
    n.unsupported_retry = !functions::callable<function_type, const In&> && !std::copy_constructible<In>;
    n.make = [shared = function_](const graph::operator_options& options) -> operators::operator_ptr {
      return std::make_unique<operators::map_operator<In, Out, function_type>>(
          prototype::make(*shared), options.on_error.value_or(error_policy{}));
    };
  }

  /// Remembers results: the function must be pure, so that it needn't be called again for an equal record.
  mapped_stream& memoize(
      memo_options bounds) requires hashable<In> && std::equality_comparable<In> && std::copy_constructible<Out> {
    graph::node& n = this->origin().at();
    n.options.memo_entries_max = bounds.entries_max;
    n.options.memo_ttl = bounds.ttl;
    n.make = [shared = function_, bounds](const graph::operator_options& options) -> operators::operator_ptr {
      using memo = operators::memo<In, Out, function_type>;
      return std::make_unique<operators::map_operator<In, Out, memo>>(memo(prototype::make(*shared), bounds),
                                                                      options.on_error.value_or(error_policy{}));
    };
    return *this;
  }

 private:
  std::shared_ptr<const F> function_;
};

}  // namespace sage
