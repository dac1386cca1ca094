/// What an asynchronous function of the user may be: a coroutine, or a function that takes a completion.
#pragma once

#include <type_traits>
#include <utility>

#include "sage/functions/function.hpp"
#include "sage/functions/signature.hpp"
#include "sage/functions/tasks/completion.hpp"
#include "sage/functions/tasks/task.hpp"

namespace sage {

namespace functions {

template <class... Args>
struct completed {
  using type = void;
};
template <class First, class... Rest>
struct completed<First, Rest...> {
  using type = typename completed<Rest...>::type;
};
template <class U, class... Rest>
struct completed<completion<U>, Rest...> {
  using type = U;
};
template <class Signature>
struct completed_by {
  using type = void;
};
template <class R, class... Args>
struct completed_by<R (*)(Args...)> : completed<std::remove_cvref_t<Args>...> {};
template <class R, class C, class... Args>
struct completed_by<R (C::*)(Args...)> : completed<std::remove_cvref_t<Args>...> {};
template <class R, class C, class... Args>
struct completed_by<R (C::*)(Args...) const> : completed<std::remove_cvref_t<Args>...> {};

/// The `U` of a `completion<U>` among the parameters of `F`, or void.
template <class F>
using completed_t = typename completed_by<typename decltype(signature_of<instantiated_t<F>>())::type>::type;

/// What a call with an lvalue or rvalue record returns.
template <class F, class T>
struct async_call_result {
  using type = void;
};
template <class F, class T>
requires callable<F, T>
struct async_call_result<F, T> {
  using type = call_result_t<F, T>;
};
template <class F, class T>
requires(!callable<F, T> && callable<F, T&>) struct async_call_result<F, T> {
  using type = call_result_t<F, T&>;
};

/// The `R` of the `task<R>` that `F` returns for a `T`.
template <class F, class T>
using async_result_t = typename async_call_result<F, T>::type::value_type;

template <class F, class T>
concept returns_task = is_task<typename async_call_result<F, T>::type>;

/// Turns a function that takes a completion into one that returns a task.
template <class F, class In, class Out>
class completing {
 public:
  explicit completing(F function) : function_(std::move(function)) {}
  void open(context& self) { functions::open(function_, self); }
  void close() { functions::close(function_); }
  task<Out> operator()(const In& record, context& self) {
    pending<Out> outcome;
    call(function_, self, record, outcome.make_completion());
    Out value = co_await outcome;
    co_return value;
  }

 private:
  F function_;
};

}  // namespace functions

/// A coroutine `task<U> f(record)`, or `void f(const record&, completion<U>)`; both may take a `context&` last.
template <class F, class T>
concept async_function = function_per_instance<F> &&
    (functions::returns_task<functions::instantiated_t<F>, T> || !std::is_void_v<functions::completed_t<F>>);

}  // namespace sage
