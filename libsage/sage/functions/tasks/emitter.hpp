/// Where a coroutine puts records before it has ended: the pieces of a streamed answer.
#pragma once

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/functions/function.hpp"
#include "sage/functions/signature.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage {

namespace functions {

/// Told when an emitter that was empty has something.
class emission_listener {
 public:
  virtual void on_emission() noexcept = 0;

 protected:
  ~emission_listener() = default;
};

/// Suspends while the emitter is full.
class room_awaiter final : public task_wait {
 public:
  room_awaiter(bool has_room, room_awaiter*& place) noexcept : has_room_(has_room), place_(place) {}
  ~room_awaiter() {
    if (place_ == this) place_ = nullptr;
  }
  [[nodiscard]] bool await_ready() const noexcept { return has_room_; }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) noexcept {
    suspend(waiter.promise());
    place_ = this;
  }
  void await_resume() const noexcept {}

 private:
  bool has_room_;
  room_awaiter*& place_;
};

}  // namespace functions

/// The output of one call of an async function that streams: `task<> f(const T& record, sage::emitter<U>& out)`.
///
/// What is pushed leaves as soon as the operator's turn is over, in order, with the item of the call's record. It has
/// left for good: when the call fails afterwards, only what is still here is discarded.
///
/// Holds back  nobody by itself: `co_await out.room()` after a push waits until there is room for more
template <class U>
class emitter {
 public:
  explicit emitter(functions::emission_listener& listener) noexcept : listener_(&listener) {}
  emitter(const emitter&) = delete;
  emitter& operator=(const emitter&) = delete;

  void push(U record) {
    if constexpr (std::copy_constructible<U>) {
      if (said_) said_->push_back(record);
    }
    parts_.push_back(std::move(record));
    if (parts_.size() == 1) listener_->on_emission();
  }
  [[nodiscard]] bool is_full() const noexcept { return parts_.size() >= parts_max; }
  [[nodiscard]] functions::room_awaiter room() noexcept { return functions::room_awaiter(!is_full(), waiting_); }

  /// Records that one call may have here before `room` waits.
  static constexpr std::size_t parts_max = 64;

  // ---- for operators

  /// Keeps a copy of what is pushed from now on in `said`; null keeps none.
  void copy_to(std::vector<U>* said) noexcept { said_ = said; }
  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }
  [[nodiscard]] std::vector<U> take() {
    if (waiting_) std::exchange(waiting_, nullptr)->on_event();
    return std::exchange(parts_, {});
  }
  void clear() noexcept {
    parts_.clear();
    said_ = nullptr;
    waiting_ = nullptr;
  }

 private:
  functions::emission_listener* listener_;
  std::vector<U> parts_;
  std::vector<U>* said_ = nullptr;
  functions::room_awaiter* waiting_ = nullptr;
};

namespace functions {

template <class... Args>
struct emitted {
  using type = void;
};
template <class First, class... Rest>
struct emitted<First, Rest...> {
  using type = typename emitted<Rest...>::type;
};
template <class U, class... Rest>
struct emitted<emitter<U>&, Rest...> {
  using type = U;
};
template <class Signature>
struct emitted_by {
  using type = void;
};
template <class R, class... Args>
struct emitted_by<R (*)(Args...)> : emitted<Args...> {};
template <class R, class C, class... Args>
struct emitted_by<R (C::*)(Args...)> : emitted<Args...> {};
template <class R, class C, class... Args>
struct emitted_by<R (C::*)(Args...) const> : emitted<Args...> {};

/// The `U` of an `emitter<U>&` among the parameters of `F`, or void.
template <class F>
using emitted_t = typename emitted_by<typename decltype(signature_of<instantiated_t<F>>())::type>::type;

}  // namespace functions

/// A coroutine `task<> f(record, emitter<U>&)`; may take a `context&` last.
template <class F, class T>
concept emitting_function = function_per_instance<F> && !std::is_void_v<functions::emitted_t<F>>;

}  // namespace sage
