/// Tools that are coroutines: they wait for models, sleeps, other services without holding a thread.
///
///     auto look_up = sage::make_tool("look_up", "what a page says", [client](const page_query& q) ->
///     sage::task<std::string> {
///       std::string text = co_await client->get(q.url);
///       co_return text;
///     });
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "sage/agents/tools/tool.hpp"
#include "sage/functions/context.hpp"
#include "sage/functions/tasks/task.hpp"

namespace sage {

namespace tool_functions {

/// Reads the parameter struct off the signature, beside whatever a coroutine may ask for.
template <class Signature>
struct awaited_parameter_of : parameter_of<Signature> {};
template <class R>
struct awaited_parameter_of<R(context&)> {
  using type = no_parameters;
};
template <class R, class P>
struct awaited_parameter_of<R(P, context&)> {
  using type = std::remove_cvref_t<P>;
};
template <class F>
using awaited_parameter_t = typename awaited_parameter_of<typename signature_of<std::decay_t<F>>::type>::type;

template <class F, class P>
decltype(auto) call_with_surroundings(const F& f, const P& parameters, context& self, const std::stop_token& stop) {
  if constexpr (std::is_invocable_v<const F&, const P&, context&>) {
    return std::invoke(f, parameters, self);
  } else if constexpr (std::is_invocable_v<const F&, context&>) {
    return std::invoke(f, self);
  } else {
    return tool_functions::call(f, parameters, stop);
  }
}

template <class F>
using started_t = std::remove_cvref_t<decltype(tool_functions::call_with_surroundings(
    std::declval<const F&>(), std::declval<const awaited_parameter_t<F>&>(), std::declval<context&>(),
    std::stop_token()))>;

/// What becomes of a call is in the frame of `call_task`: the parameters, which the coroutine may refer to, and the
/// coroutine itself, which goes when that frame does.
template <class F, class P>
class coroutine_tool final : public tool {
 public:
  coroutine_tool(std::string name, std::string description, F f, std::span<const field_text> texts,
                 const tool_limits& limits)
      : tool(std::move(name), std::move(description), json_schema<P>(), texts,
             with_fields<P>(all_read_as_their_schema{}), tool_execution::coroutine, limits),
        function_(std::move(f)) {}

 protected:
  tool_result call(std::string_view arguments, std::stop_token) const override {
    const result<P> parameters = from_json<P>(arguments, {}, decode_mode::strict);
    if (!parameters) return refuse(arguments, parameters.error());
    return finish(error(errc::unsupported, "the tool is a coroutine", name(), "co_await sage::run_tool(...)"));
  }
  task<tool_result> call_task(std::string_view arguments, context& self, std::stop_token stop) const override {
    const result<P> parameters = from_json<P>(arguments, {}, decode_mode::strict);
    if (!parameters) co_return refuse(arguments, parameters.error());
    started_t<F> work = tool_functions::call_with_surroundings(function_, *parameters, self, stop);
    if constexpr (std::is_void_v<typename started_t<F>::value_type>) {
      co_await work;
      co_return finish(std::string("done"));
    } else {
      const typename started_t<F>::value_type value = co_await work;
      co_return finish(text_of_returned(value));
    }
  }

 private:
  F function_;
};

}  // namespace tool_functions

/// What can be a tool that is a coroutine: a copyable `task<R> f(const Parameters&)`, also with a `context&` or a
/// `std::stop_token` behind; `R` as what other tools return. Parameters and captures live until the task has ended.
/// The stop token is for what the coroutine gives to `run_blocking`; the coroutine itself is destroyed by a stop.
template <class F>
concept coroutine_tool_function = encodable_record<tool_functions::awaited_parameter_t<F>> &&
    is_task<tool_functions::started_t<std::decay_t<F>>> && tool_functions::returnable<
        typename tool_functions::returned<typename tool_functions::started_t<std::decay_t<F>>::value_type>::type>;

/// Makes a tool of a coroutine. It runs beside the other tools of its step, on the thread of its agent.
template <coroutine_tool_function F>
[[nodiscard]] tool_ref make_tool(std::string name, std::string description, F&& f, const tool_limits& limits = {}) {
  using parameters = tool_functions::awaited_parameter_t<F>;
  return std::make_shared<tool_functions::coroutine_tool<std::decay_t<F>, parameters>>(
      std::move(name), std::move(description), std::forward<F>(f), tool_functions::texts_of<parameters>(), limits);
}

}  // namespace sage
