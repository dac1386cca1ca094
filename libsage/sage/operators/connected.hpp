/// co_map, co_flat_map, co_process: streams of different types in one operator.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "sage/operators/input_half.hpp"
#include "sage/operators/several_inputs.hpp"
#include "sage/operators/timer_calls.hpp"

namespace sage::operators {

// What a half calls. Each is a light handle on a function that the operator owns.

/// `f(record)` makes one record.
template <class F>
struct mapping_call {
  F* f;
  template <class R, class Out>
  requires functions::callable<F, R>
  void operator()(R&& record, collector<Out>& out, context& self) const {
    out.push(functions::call(*f, self, std::forward<R>(record)));
  }
};

/// `f(record, collector)` pushes records, or `f(record)` returns a range of them.
template <class F>
struct collecting_call {
  F* f;
  template <class R, class Out>
  requires functions::callable < F, R, collector<Out>
  & > || functions::callable<F, R> void operator()(R&& record, collector<Out>& out, context& self) const {
    if constexpr (functions::callable<F, R, collector<Out>&>) {
      functions::call(*f, self, std::forward<R>(record), out);
    } else {
      for (auto&& each : functions::call(*f, self, std::forward<R>(record))) out.push(std::move(each));
    }
  }
};

/// Which input of an operator a method is for.
template <std::size_t I>
using input_index = std::integral_constant<std::size_t, I>;
template <class F, class... Args>
auto call_method(input_index<0>, F& f, Args&&... args) -> decltype(f.on_first(std::forward<Args>(args)...)) {
  return f.on_first(std::forward<Args>(args)...);
}
template <class F, class... Args>
auto call_method(input_index<1>, F& f, Args&&... args) -> decltype(f.on_second(std::forward<Args>(args)...)) {
  return f.on_second(std::forward<Args>(args)...);
}
template <class F, class... Args>
auto call_method(input_index<2>, F& f, Args&&... args) -> decltype(f.on_third(std::forward<Args>(args)...)) {
  return f.on_third(std::forward<Args>(args)...);
}
template <class F, class... Args>
auto call_method(input_index<3>, F& f, Args&&... args) -> decltype(f.on_fourth(std::forward<Args>(args)...)) {
  return f.on_fourth(std::forward<Args>(args)...);
}

/// The method for input `I`, from `f.on_first(record, collector)` on, with the context behind where it takes one.
template <std::size_t I, class F>
struct method_call {
  F* f;
  template <class R, class Out>
  requires requires(F& g, R&& r, collector<Out>& o) {
    call_method(input_index<I>{}, g, std::forward<R>(r), o);
  } || requires(F& g, R&& r, collector<Out>& o, context& c) {
    call_method(input_index<I>{}, g, std::forward<R>(r), o, c);
  }
  void operator()(R&& record, collector<Out>& out, context& self) const {
    if constexpr (requires { call_method(input_index<I>{}, *f, std::forward<R>(record), out); }) {
      call_method(input_index<I>{}, *f, std::forward<R>(record), out);
    } else {
      call_method(input_index<I>{}, *f, std::forward<R>(record), out, self);
    }
  }
};

/// A function per input.
template <template <class> class Call, class... F>
struct function_per_input {
  std::tuple<F...> each;
  template <std::size_t I>
  auto on_input() {
    return Call<std::tuple_element_t<I, std::tuple<F...>>>{&std::get<I>(each)};
  }
  void open(context& self) {
    std::apply([&self](F&... f) { (functions::open(f, self), ...); }, each);
  }
  void close() {
    std::apply([](F&... f) { (functions::close(f), ...); }, each);
  }
};

/// One object with a method per input.
template <class F>
struct method_per_input {
  F function;
  template <std::size_t I>
  auto on_input() {
    return method_call<I, F>{&function};
  }
  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  F& with_timers() { return function; }
};

/// The keys of all inputs, or none. `made` is what an operator keeps of them.
struct no_keys {
  using made = no_keys;
  using key = void;
  template <std::size_t I, class T>
  no_scope<T> scope() {
    return {};
  }
  void open(context&, bool) noexcept {}
  [[nodiscard]] state_size size_now() const noexcept { return {}; }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const { return std::nullopt; }
  void snapshot(state::snapshot_writer&) noexcept {}
  void restore(const state::snapshot_reader&) noexcept {}
};
template <class K, class... Extract>
class shared_keys {
 public:
  using key = K;
  shared_keys(std::tuple<Extract...> extracts, const state::state_limits& limits)
      : extracts_(std::move(extracts)), rows_(limits) {}
  template <std::size_t I, class T>
  auto scope() {
    using extract = std::tuple_element_t<I, std::tuple<Extract...>>;
    return key_scope<T, extract, state_rows<K>>(std::get<I>(extracts_), rows_);
  }
  void open(context& self, bool with_timers) { rows_.open(self, with_timers); }
  [[nodiscard]] state_rows<K>& rows() noexcept { return rows_; }
  [[nodiscard]] const state_rows<K>& rows() const noexcept { return rows_; }
  [[nodiscard]] state_size size_now() const noexcept { return rows_.size_now(); }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const { return rows_.snapshot_problem(); }
  void snapshot(state::snapshot_writer& to) { rows_.snapshot(to); }
  void restore(const state::snapshot_reader& from) { rows_.restore(from); }

 private:
  std::tuple<Extract...> extracts_;
  state_rows<K> rows_;
};

/// The key that timers are told of, and its name in rows. Without keys there are no timers.
template <class Keys>
struct key_of_rows {
  using name = typename Keys::key;
  using type = state::owned_key_t<name>;
};
template <>
struct key_of_rows<no_keys> {
  using name = int;
  using type = int;
};

/// How the keys of all inputs are extracted.
template <class K, class... Extract>
struct extractor_per_input {
  using made = shared_keys<K, Extract...>;
  std::tuple<Extract...> each;
};

/// Calls a function of its own for the records of each input.
///
/// Shape       A, B, ... -> U; 1 -> 1 (co_map), 1 -> 0..n (co_flat_map, co_process)
/// Emits       full batches as they fill, the rest at the end of the input batch; in order within an input
/// Holds back  while its output has no credit
/// Fails       by error policy; outputs and state changes of a call that threw are undone
/// Items       each result inherits that of the record at hand; a record without results ends its item
/// Timers      of co_process with one class: `on_timer(const K&, const timer&, collector<U>&)`, as in process
/// Snapshot    the states declared in `open`, the timers
/// Cost        as map, flat_map and process
template <class Out, class Keys, class Functions, class... In>
class connected_operator final : public several_inputs {
  template <std::size_t I, class T>
  using half = input_half<T, Out, decltype(std::declval<Keys&>().template scope<I, T>()),
                          decltype(std::declval<Functions&>().template on_input<I>())>;
  template <std::size_t... I>
  static auto halves_of(std::index_sequence<I...>) -> std::tuple<std::optional<half<I, In>>...>;
  static constexpr std::index_sequence_for<In...> inputs{};

 public:
  /// Whether its keys have timers.
  static constexpr bool is_timed = !std::is_same_v<Keys, no_keys> && requires(Functions & f) {
    requires has_on_timer < std::remove_reference_t<decltype(f.with_timers())>,
    typename key_of_rows<Keys>::type, Out > ;
  };

  /// `keys` are those that the operator makes its own of.
  template <class... Prototype>
  connected_operator(Functions functions, error_policy policy, std::vector<functions::side_port> sides,
                     const Prototype&... keys)
      : sides_(std::move(sides)), keys_(keys...), functions_(std::move(functions)) {
    make_halves(policy, inputs);
  }

  void open(context& self) override {
    self_ = &self;
    keys_.open(self, is_timed);
    several_inputs::open(self);
    self.set_side_outputs(&sides_);
    functions_.open(self);
    if (sides_.slots().empty()) return;
    std::apply([this](auto&... each) { (each->share_side_outputs(sides_), ...); }, halves_);
  }
  void close() override { functions_.close(); }
  [[nodiscard]] state_size state_size_now() const noexcept override { return keys_.size_now(); }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return keys_.snapshot_problem(); }
  void snapshot(state::snapshot_writer& to) override { keys_.snapshot(to); }
  void restore(const state::snapshot_reader& from) override { keys_.restore(from); }

  [[nodiscard]] bool is_async() const noexcept override { return is_timed; }
  [[nodiscard]] bool has_news() const noexcept override {
    const auto at = wake_at();
    return at && self_->time().now() >= *at;
  }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override {
    if constexpr (is_timed) {
      return keys_.rows().timers()->wake_at();
    } else {
      return std::nullopt;
    }
  }

 private:
  struct no_calls {};
  template <std::size_t... I>
  void make_halves(error_policy policy, std::index_sequence<I...>) {
    (add_half(std::get<I>(halves_).emplace(keys_.template scope<I, In>(), functions_.template on_input<I>(), policy)),
     ...);
  }
  flow on_time(output& out) override {
    if constexpr (is_timed) {
      return calls_.fire_due(keys_.rows(), sides_, functions_.with_timers(), *self_, this->input_watermark(), out);
    } else {
      static_cast<void>(out);
      return flow::done;
    }
  }

  context* self_ = nullptr;
  functions::side_outputs sides_;
  Keys keys_;
  std::conditional_t<is_timed, timer_calls<typename key_of_rows<Keys>::name, Out>, no_calls> calls_;
  Functions functions_;
  decltype(halves_of(inputs)) halves_;  // always there; they can't move
};

}  // namespace sage::operators
