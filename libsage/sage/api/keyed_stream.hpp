/// A stream grouped by key.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "sage/api/data_stream.hpp"
#include "sage/api/windowed_stream.hpp"
#include "sage/operators/aggregate.hpp"
#include "sage/operators/distinct.hpp"
#include "sage/operators/partial_aggregate.hpp"
#include "sage/operators/process.hpp"
#include "sage/operators/spilled_aggregate.hpp"

namespace sage {

template <class A, class Extract, class B>
class broadcast_connected_stream;
template <class K, class T, class Extract>
class matched_stream;
template <class T>
class pattern;

/// What `aggregate` and `reduce` return: the stream of results, with `emit` on top.
template <class R>
class aggregated_stream : public data_stream<R>, public api::operator_settings<aggregated_stream<R>> {
  using settings = api::operator_settings<aggregated_stream<R>>;

 public:
  using settings::name, settings::uid, settings::parallelism, settings::batch_size, settings::start_chain,
      settings::on_error, settings::state_bytes_max, settings::blocking;
  using data_stream<R>::data_stream;

  /// Says when results leave: `sage::finals` (once per key at the end of bounded input, the default) or
  /// `sage::every_update` (the running value after each record).
  aggregated_stream& emit(emit_mode mode) {
    this->origin().at().options.every_update = mode == emit_mode::every_update;
    return *this;
  }
};

/// `f(const T&, collector<U>&)` or a class with such an operator, with state of the record's key.
template <class F, class T>
concept process_function =
    !std::is_void_v<functions::collected_t<F>> && collecting_function<F, T, functions::collected_t<F>>;

/// An operator that works by key, as a value: names its `input_type` and `output_type` and makes the operator for an
/// extractor of the key.
template <class D, class T>
concept keyed_operator_definition = std::same_as<typename D::input_type, T> && requires {
  typename D::output_type;
  { D::waits } -> std::convertible_to<bool>;
  { D::one_to_one } -> std::convertible_to<bool>;
};

/// Records of type `T`, each with a key of type `K`. Operators here see all records of one key in one instance, in
/// order. Carries the extractor's type, so that no virtual call is made per record.
template <class K, class T, class Extract>
class keyed_stream {
 public:
  using key_type = K;
  using record_type = T;

  keyed_stream(api::stream_origin before, Extract extract)
      : before_(std::move(before)), extract_(std::move(extract)) {
    before_.partitioning = {};
    before_.partitioning.kind = routing::partitioning::hash;
    before_.partitioning.hasher = hasher(extract_);
    before_.partitioning_by_user = false;
  }

  /// Folds each key's records with `function(T, const T&)`.
  template <reduce_function<T> F>
  aggregated_stream<T> reduce(F&& function) const {
    using adapter = operators::reducing<T, std::decay_t<F>>;
    auto stream = add_aggregate<T>("reduce", adapter{std::forward<F>(function)});
    return stream;
  }

  /// Folds each key's records into an accumulator; emits `result(key, accumulator)`.
  template <aggregate_function<T, state::owned_key_t<K>> A>
  auto aggregate(A&& function) const {
    using user = std::decay_t<A>;
    using result = operators::aggregate_result_t<user, K>;
    auto stream = add_aggregate<result>("aggregate", user(function));
    if constexpr (mergeable_aggregate<user>)
      stream.origin().at().partial = take_apart(user(std::forward<A>(function)));
    return stream;
  }

  /// Cuts each key's records into windows of event time: `sage::tumbling(60s)`, `sage::sliding(60s, 1s)`,
  /// `sage::session(30s)`.
  template <window_kind Windows>
  auto window(const Windows& windows) const {
    return windowed_stream<K, T, Extract, true, Windows>(before_, extract_, windows);
  }

  /// Passes the first record of each key on.
  data_stream<T> distinct() const {
    graph::node& n = append("distinct");
    n.limits_state = true;
    n.outs = {&sage::record_type_of<T>()};
    n.one_to_one = true;
    n.make = [extract = extract_](const graph::operator_options& options) -> operators::operator_ptr {
      return std::make_unique<operators::distinct_operator<T, Extract>>(extract, policy_of(options),
                                                                        options.state_limits);
    };
    return data_stream<T>(before_.output_of(n));
  }

  /// As data_stream::collect, by key.
  auto collect(std::uint32_t count, std::chrono::milliseconds duration) const;
  /// Passes the first record of each key on, and one again when it is `ttl` of event time (wall clock for records
  /// without) away from that. Keys are forgotten when event time has passed them by.
  auto dedup(std::chrono::milliseconds ttl) const;
  /// Passes the latest record of a key on when none has followed for `quiet` of event time.
  auto debounce(std::chrono::milliseconds quiet) const;
  /// Passes the latest record of a key in each `period` of event time on.
  auto sample(std::chrono::milliseconds period) const;
  /// Records per second of each key in each `period` of event time: window_result<K, double>.
  auto rate(std::chrono::milliseconds period) const;
  /// Gathers the records of a key that are at most `gap` of event time apart: session_records<K, T>.
  auto sessionize(std::chrono::milliseconds gap) const;

  /// Finds a pattern in the records of each key, in order of their event times: `.match(pattern).select(f)`.
  matched_stream<K, T, Extract> match(pattern<T> wanted) const;

  /// Keeps the records for which the predicate holds; the stream stays keyed.
  template <filter_function<T> F>
  keyed_stream filter(F&& predicate) const {
    return keyed_stream(data_stream<T>(before_).filter(std::forward<F>(predicate)).origin(), extract_);
  }

  /// As `data_stream::async_map`; with `sage::ordered_by_key` the calls of one key run one after another.
  template <async_function<T> F>
  auto async_map(F&& function, async_options bounds = {.order = result_order::ordered_by_key}) const {
    using out = typename api::async_traits<F, T>::result;
    graph::node& n = api::append_async<T, out, operators::async_shape::one>(before_, extract_,
                                                                            std::forward<F>(function), bounds, true);
    return data_stream<out>(before_.output_of(n));
  }
  template <async_function<T> F>
  auto async_flat_map(F&& function, async_options bounds = {.order = result_order::ordered_by_key}) const {
    using range = typename api::async_traits<F, T>::result;
    using out = std::remove_cvref_t<decltype(*std::declval<range&>().begin())>;
    graph::node& n = api::append_async<T, out, operators::async_shape::range>(
        before_, extract_, std::forward<F>(function), bounds, true);
    return data_stream<out>(before_.output_of(n));
  }

  /// The same for a coroutine that streams: `task<> f(const T&, emitter<U>& out)`.
  template <emitting_function<T> F>
  auto async_flat_map(F&& function, async_options bounds = {.order = result_order::ordered_by_key}) const {
    using out = functions::emitted_t<F>;
    graph::node& n = api::append_async<T, out, operators::async_shape::emitted>(
        before_, extract_, std::forward<F>(function), bounds, true);
    return data_stream<out>(before_.output_of(n));
  }

  /// Puts an operator that works by key into the stream: an agent (`sage::agent_operator`).
  template <keyed_operator_definition<T> D>
  auto transform(std::string name, D definition) const {
    using out = typename D::output_type;
    graph::node& n = append("transform");
    n.name = n.uid = std::move(name);
    n.outs = {&sage::record_type_of<out>()};
    n.waits = D::waits;
    n.one_to_one = D::one_to_one;
    n.unsupported_retry = !std::copy_constructible<T>;
    n.make = [definition = std::move(definition),
              extract = extract_](const graph::operator_options& options) -> operators::operator_ptr {
      return definition.make_operator(extract, policy_of(options));
    };
    return data_stream<out>(before_.output_of(n));
  }

  /// Reads this stream and others with the same type of key in one operator, whose state is by key:
  /// `a.connect(b).co_process(f)`, `a.connect(b, c).co_process(f)`.
  template <class... K2, class... B, class... Extract2>
  requires(sizeof...(B) > 0 && (std::same_as<state::owned_key_t<K>, state::owned_key_t<K2>> &&
                                ...)) auto connect(const keyed_stream<K2, B, Extract2>&... others) const;
  /// Joins this stream with another one by key: `a.join(b).within(-5s, 5s).apply(f)`.
  template <class K2, class B, class Extract2>
  requires std::same_as<state::owned_key_t<K>, state::owned_key_t<K2>>
  auto join(const keyed_stream<K2, B, Extract2>& other) const;
  /// Gives all instances every record of a broadcast stream: `events.connect(rules.broadcast()).process(f)`. Throws
  /// errc::invalid_argument for a stream that isn't broadcast.
  template <class B>
  broadcast_connected_stream<T, Extract, B> connect(const data_stream<B>& rules) const;

  /// Calls a function with keyed state for each record, and for each of its timers when it has
  /// `on_timer(const K&, const timer&, collector<U>&)`: see timer_service.
  template <process_function<T> F>
  auto process(F&& function) const {
    using prototype = functions::instantiated<std::decay_t<F>>;
    using out = functions::collected_t<F>;
    graph::node& n = append("process");
    n.limits_state = true;
    n.outs = {&sage::record_type_of<out>()};
    n.has_side_outputs = true;
    n.emits_at_end = operators::has_on_timer<typename prototype::type, state::owned_key_t<K>, out>;
    auto shared = std::make_shared<const std::decay_t<F>>(std::forward<F>(function));
    n.make = [shared, extract = extract_](const graph::operator_options& options) -> operators::operator_ptr {
      using op = operators::process_operator<T, Extract, out, typename prototype::type>;
      return std::make_unique<op>(extract, prototype::make(*shared), policy_of(options), options.state_limits,
                                  options.side_ports);
    };
    return data_stream<out>(before_.output_of(n));
  }

 private:
  template <class K2, class T2, class Extract2>
  friend class keyed_stream;

  static error_policy policy_of(const graph::operator_options& options) {
    return options.on_error.value_or(error_policy{});
  }
  static routing::key_hasher hasher(const Extract& extract) {
    return [extract](batch_base& records, std::vector<std::uint64_t>& room) {
      return operators::key_hashes(static_cast<batch<T>&>(records), extract, room);
    };
  }

  graph::node& append(std::string_view kind) const {
    graph::node& n = before_.append(kind, sage::record_type_of<T>());
    n.keyed = true;
    return n;
  }

  template <class R, class A>
  aggregated_stream<R> add_aggregate(std::string_view kind, A function) const {
    graph::node& n = append(kind);
    n.limits_state = true;
    n.emits_at_end = true;
    n.outs = {&sage::record_type_of<R>()};
    n.make = [function, extract = extract_](const graph::operator_options& options) -> operators::operator_ptr {
      const emit_mode mode = options.every_update ? emit_mode::every_update : emit_mode::finals;
      if (options.spills) {
        return std::make_unique<operators::spilled_aggregate<T, Extract, A>>(extract, function, policy_of(options),
                                                                             mode, options.state_limits);
      }
      return std::make_unique<operators::aggregate_operator<T, Extract, A>>(extract, function, policy_of(options),
                                                                            mode, options.state_limits);
    };
    return aggregated_stream<R>(before_.output_of(n));
  }

  // The two halves of a mergeable aggregate, for the optimizer to put around the shuffle.
  template <class A>
  std::shared_ptr<const graph::partial_aggregation> take_apart(A function) const {
    using owned = state::owned_key_t<K>;
    using partial = operators::partial<owned, typename A::accumulator>;
    auto halves = std::make_shared<graph::partial_aggregation>();
    halves->partial = &sage::record_type_of<partial>();
    halves->combine = [function,
                       extract = extract_](const graph::operator_options& options) -> operators::operator_ptr {
      using half = operators::combining<A, owned>;
      return std::make_unique<operators::aggregate_operator<T, Extract, half>>(
          extract, half{function}, policy_of(options), emit_mode::finals, state::state_limits{},
          operators::combined_entries_max);
    };
    halves->merge = [function](const graph::operator_options& options) -> operators::operator_ptr {
      using half = operators::merging<A, owned>;
      if (options.spills) {
        return std::make_unique<operators::spilled_aggregate<partial, operators::partial_key, half>>(
            operators::partial_key{}, half{function}, error_policy{}, emit_mode::finals);
      }
      return std::make_unique<operators::aggregate_operator<partial, operators::partial_key, half>>(
          operators::partial_key{}, half{function}, error_policy{}, emit_mode::finals);
    };
    halves->hasher = [](batch_base& records, std::vector<std::uint64_t>& room) {
      return operators::key_hashes(static_cast<batch<partial>&>(records), operators::partial_key{}, room);
    };
    return halves;
  }

  api::stream_origin before_;
  Extract extract_;
};

}  // namespace sage
