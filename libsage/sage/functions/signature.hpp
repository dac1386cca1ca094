/// Reads the record type of a `collector<U>&` parameter off a function's signature.
#pragma once

#include <type_traits>

#include "sage/functions/collector.hpp"
#include "sage/functions/function.hpp"

namespace sage::functions {

template <class... Args>
struct collected {
  using type = void;
};
template <class First, class... Rest>
struct collected<First, Rest...> {
  using type = typename collected<Rest...>::type;
};
template <class U, class... Rest>
struct collected<collector<U>&, Rest...> {
  using type = U;
};

template <class Signature>
struct collected_by {
  using type = void;
};
template <class R, class... Args>
struct collected_by<R (*)(Args...)> : collected<Args...> {};
template <class R, class C, class... Args>
struct collected_by<R (C::*)(Args...)> : collected<Args...> {};
template <class R, class C, class... Args>
struct collected_by<R (C::*)(Args...) const> : collected<Args...> {};
template <class R, class C, class... Args>
struct collected_by<R (C::*)(Args...) noexcept> : collected<Args...> {};
template <class R, class C, class... Args>
struct collected_by<R (C::*)(Args...) const noexcept> : collected<Args...> {};

template <class F>
consteval auto signature_of() {
  if constexpr (std::is_pointer_v<F>) {
    return std::type_identity<F>{};
  } else if constexpr (requires { &F::operator(); }) {
    return std::type_identity<decltype(&F::operator())>{};
  } else {
    return std::type_identity<void>{};  // overloaded or generic: nothing to read off
  }
}

/// The `U` of a `collector<U>&` among the parameters of `F`, or void when there is none to be seen.
template <class F>
using collected_t = typename collected_by<typename decltype(signature_of<instantiated_t<F>>())::type>::type;

}  // namespace sage::functions
