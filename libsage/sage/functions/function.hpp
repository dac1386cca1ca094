/// What a function of the user may be: any callable, or a class with `open(context&)` and `close()`.
#pragma once

#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include "sage/functions/context.hpp"

namespace sage {

/// Makes one function object per instance: the way to hand in a function that can't be copied.
/// `stream.map(sage::make_each([] { return move_only_function{}; }))`
template <class Make>
struct function_factory {
  Make make;
};
template <class Make>
[[nodiscard]] function_factory<std::decay_t<Make>> make_each(Make&& make) {
  return {std::forward<Make>(make)};
}

namespace functions {

/// The function type that runs in an instance when the user handed in an `F`.
template <class F>
struct instantiated {
  using type = F;
  static F make(const F& prototype) { return prototype; }
};
template <class Make>
struct instantiated<function_factory<Make>> {
  using type = std::invoke_result_t<const Make&>;
  static type make(const function_factory<Make>& prototype) { return prototype.make(); }
};
template <class F>
inline constexpr bool is_factory = false;
template <class Make>
inline constexpr bool is_factory<function_factory<Make>> = true;
template <class F>
using instantiated_t = typename instantiated<std::decay_t<F>>::type;

/// Calls `f(arguments...)`, with the context behind them when `f` takes one. Inlined into the loop over a batch.
template <class F, class... Args>
decltype(auto) call(F& f, context& self, Args&&... args) {
  if constexpr (std::is_invocable_v<F&, Args&&...>) {
    return std::invoke(f, std::forward<Args>(args)...);
  } else {
    return std::invoke(f, std::forward<Args>(args)..., self);
  }
}

template <class F, class... Args>
concept callable = std::is_invocable_v<F&, Args...> || std::is_invocable_v<F&, Args..., context&>;

/// Whether `call` hands `f` the context too.
template <class F, class... Args>
concept takes_context = !std::is_invocable_v<F&, Args...> && std::is_invocable_v<F&, Args..., context&>;

template <class F, class... Args>
struct call_result {
  using type = decltype(call(std::declval<F&>(), std::declval<context&>(), std::declval<Args>()...));
};
template <class F, class... Args>
using call_result_t = std::remove_cvref_t<typename call_result<F, Args...>::type>;

/// Runs the user's `open`, where there is one.
template <class F>
void open(F& f, context& self) {
  if constexpr (requires { f.open(self); }) {
    f.open(self);
  } else if constexpr (requires { f.open(); }) {
    f.open();
  }
}

/// Runs the user's `close`, where there is one.
template <class F>
void close(F& f) {
  if constexpr (requires { f.close(); }) f.close();
}

}  // namespace functions

// ---- the concepts that API calls are constrained with: their names are what a compile error shows first

/// What can travel: a plain value type that moves without throwing.
template <class T>
concept record = std::is_object_v<T> && std::same_as<T, std::decay_t<T>> && std::is_nothrow_move_constructible_v<T>;

/// How a record is handed to a function that only looks at it.
template <class T>
using view_of = const T&;
/// What such a function returns.
template <class F, class T>
using result_of_view_t = functions::call_result_t<functions::instantiated_t<F>, view_of<T>>;

/// Every instance gets a function of its own: a copy, or what `make_each` makes for it.
template <class F>
concept function_per_instance = functions::is_factory<std::decay_t<F>> || std::copy_constructible<std::decay_t<F>>;

/// `f(record)` or `f(record, context&)` returns a record.
template <class F, class T>
concept map_function = function_per_instance<F> && functions::callable<functions::instantiated_t<F>, T> &&
    record<functions::call_result_t<functions::instantiated_t<F>, T>>;

/// `f(record)` returns bool; the record is only looked at.
template <class F, class T>
concept filter_function = function_per_instance<F> && functions::callable<functions::instantiated_t<F>, view_of<T>> &&
                          std::is_convertible_v < result_of_view_t<F, T>,
bool > ;

/// `f(const record&)`, called for its side effect.
template <class F, class T>
concept inspect_function = function_per_instance<F> && functions::callable<functions::instantiated_t<F>, view_of<T>>;

/// `f(record)`, which swallows it.
template <class F, class T>
concept sink_function = function_per_instance<F> && functions::callable<functions::instantiated_t<F>, T>;

}  // namespace sage
