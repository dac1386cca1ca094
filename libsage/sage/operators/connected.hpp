/// co_map, co_flat_map, co_process: two streams of different types in one operator.
#pragma once

#include <functional>
#include <memory>
#include <optional>
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

/// `f.on_first(record, collector)`, with the context behind where it takes one.
template <class F>
struct first_call {
  F* f;
  template <class R, class Out>
  requires requires(F& g, R&& r, collector<Out>& o) {
    g.on_first(std::forward<R>(r), o);
  } || requires(F& g, R&& r, collector<Out>& o, context& c) {
    g.on_first(std::forward<R>(r), o, c);
  }
  void operator()(R&& record, collector<Out>& out, context& self) const {
    if constexpr (requires { f->on_first(std::forward<R>(record), out); }) {
      f->on_first(std::forward<R>(record), out);
    } else {
      f->on_first(std::forward<R>(record), out, self);
    }
  }
};
template <class F>
struct second_call {
  F* f;
  template <class R, class Out>
  requires requires(F& g, R&& r, collector<Out>& o) {
    g.on_second(std::forward<R>(r), o);
  } || requires(F& g, R&& r, collector<Out>& o, context& c) {
    g.on_second(std::forward<R>(r), o, c);
  }
  void operator()(R&& record, collector<Out>& out, context& self) const {
    if constexpr (requires { f->on_second(std::forward<R>(record), out); }) {
      f->on_second(std::forward<R>(record), out);
    } else {
      f->on_second(std::forward<R>(record), out, self);
    }
  }
};

/// Two functions, one per input.
template <template <class> class Call, class F, class G>
struct two_functions {
  F first;
  G second;
  auto on_first() { return Call<F>{&first}; }
  auto on_second() { return Call<G>{&second}; }
  void open(context& self) {
    functions::open(first, self);
    functions::open(second, self);
  }
  void close() {
    functions::close(first);
    functions::close(second);
  }
};

/// One object with a function per input.
template <class F>
struct two_methods {
  F function;
  auto on_first() { return first_call<F>{&function}; }
  auto on_second() { return second_call<F>{&function}; }
  void open(context& self) { functions::open(function, self); }
  void close() { functions::close(function); }
  F& with_timers() { return function; }
};

/// The keys of both inputs, or none. `made` is what an operator keeps of them.
struct no_keys {
  using made = no_keys;
  using key = void;
  template <class T>
  no_scope<T> first() {
    return {};
  }
  template <class T>
  no_scope<T> second() {
    return {};
  }
  void open(context&, bool) noexcept {}
  [[nodiscard]] state_size size_now() const noexcept { return {}; }
};
template <class K, class First, class Second>
class two_keys {
 public:
  using key = K;
  two_keys(First first, Second second, const state::state_limits& limits)
      : first_(std::move(first)), second_(std::move(second)), rows_(limits) {}
  template <class T>
  auto first() {
    return key_scope<T, First, state_rows<K>>(first_, rows_);
  }
  template <class T>
  auto second() {
    return key_scope<T, Second, state_rows<K>>(second_, rows_);
  }
  void open(context& self, bool with_timers) { rows_.open(self, with_timers); }
  [[nodiscard]] state_rows<K>& rows() noexcept { return rows_; }
  [[nodiscard]] const state_rows<K>& rows() const noexcept { return rows_; }
  [[nodiscard]] state_size size_now() const noexcept { return rows_.size_now(); }

 private:
  First first_;
  Second second_;
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

/// How the keys of both inputs are extracted.
template <class K, class First, class Second>
struct two_extractors {
  using made = two_keys<K, First, Second>;
  First first;
  Second second;
};

/// Calls one function for the records of the first input and one for those of the second.
///
/// Shape       A, B -> U; 1 -> 1 (co_map), 1 -> 0..n (co_flat_map, co_process)
/// Emits       full batches as they fill, the rest at the end of the input batch; in order within an input
/// Holds back  while its output has no credit
/// Fails       by error policy; outputs and state changes of a call that threw are undone
/// Items       each result inherits that of the record at hand; a record without results ends its item
/// Timers      of co_process with one class: `on_timer(const K&, const timer&, collector<U>&)`, as in process
/// Snapshot    the states declared in `open`, the timers
/// Cost        as map, flat_map and process
template <class A, class B, class Out, class Keys, class Functions>
class connected_operator final : public several_inputs {
  using first_scope = decltype(std::declval<Keys&>().template first<A>());
  using second_scope = decltype(std::declval<Keys&>().template second<B>());
  using first_caller = decltype(std::declval<Functions&>().on_first());
  using second_caller = decltype(std::declval<Functions&>().on_second());

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
      : sides_(std::move(sides)),
        keys_(keys...),
        functions_(std::move(functions)),
        first_(keys_.template first<A>(), functions_.on_first(), policy),
        second_(keys_.template second<B>(), functions_.on_second(), policy) {
    add_half(first_);
    add_half(second_);
  }

  void open(context& self) override {
    self_ = &self;
    keys_.open(self, is_timed);
    several_inputs::open(self);
    self.set_side_outputs(&sides_);
    functions_.open(self);
    if (sides_.slots().empty()) return;
    first_.share_side_outputs(sides_);
    second_.share_side_outputs(sides_);
  }
  void close() override { functions_.close(); }
  [[nodiscard]] state_size state_size_now() const noexcept override { return keys_.size_now(); }

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
  input_half<A, Out, first_scope, first_caller> first_;
  input_half<B, Out, second_scope, second_caller> second_;
};

}  // namespace sage::operators
