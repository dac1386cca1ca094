/// A tool: a C++ function that a model may have called, with arguments that are checked before.
///
///     struct weather_query { std::string city; std::optional<int> days; };
///     SAGE_DESCRIBE(weather_query, city, days)
///     SAGE_EXPLAIN(weather_query, {"city", "name of a city, in English"})
///
///     auto get_weather = sage::make_tool("get_weather", "the weather of a city",
///                                        [](const weather_query& q) { return forecast(q.city, q.days.value_or(1));
///                                        });
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/agents/tools/tool_schema.hpp"
#include "sage/base/result.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/llm/chat.hpp"
#include "sage/model/json.hpp"
#include "sage/model/json_schema.hpp"

namespace sage {

/// How a call of a tool ended.
enum class tool_outcome : std::uint8_t {
  done,
  refused,  ///< never called: the arguments or the name can't be taken
  failed,   ///< called, and it threw or returned an error
};
SAGE_DESCRIBE_ENUM(tool_outcome, done, refused, failed)

/// What a model is told of a call. Refusals and failures are texts too: it may do better next time.
struct tool_result {
  tool_outcome outcome = tool_outcome::done;
  std::string text;
  friend bool operator==(const tool_result&, const tool_result&) = default;
};
SAGE_DESCRIBE(tool_result, outcome, text)

/// How a tool wants to be run.
enum class tool_execution : std::uint8_t {
  immediate,  ///< computes, and is done in microseconds
  blocking,   ///< waits for files, networks, databases: not on a scheduler thread
  coroutine,  ///< waits without a thread: see coroutine_tool.hpp
};

/// One tool. Thread-safe: calls run in parallel.
///
/// Law  nothing that a model writes reaches the function but arguments that fit its schema
/// Law  a result is valid UTF-8 of at most result_bytes_max bytes and a note that it was cut
class tool {
 public:
  virtual ~tool() = default;
  tool(const tool&) = delete;
  tool& operator=(const tool&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return description_.name; }
  /// As models are told.
  [[nodiscard]] const chat_tool& describe() const noexcept { return description_; }
  [[nodiscard]] const tool_limits& limits() const noexcept { return limits_; }
  [[nodiscard]] tool_execution execution() const noexcept { return execution_; }
  /// Whether the arguments could be taken; the error's message is for the model.
  [[nodiscard]] result<void> check(std::string_view arguments) const;
  /// Checks, calls, and makes a text of what came of it. Never throws what the function throws. Blocks while the
  /// function does; it may look at `stop`. A tool that is a coroutine has failed, and says what to call instead.
  [[nodiscard]] tool_result invoke(std::string_view arguments, std::stop_token stop = {}) const;
  /// The same as a task, for tools of any kind, on the thread of the task. Tool, arguments and surroundings live
  /// until it has ended: `run_tool` sees to that, and to what blocks.
  [[nodiscard]] task<tool_result> start(std::string_view arguments, context& self, std::stop_token stop = {}) const;

 protected:
  /// `decoder_is_strict`: what `call` decodes fits the schema, so that it need not be checked before.
  tool(std::string name, std::string description, const std::string& schema, std::span<const field_text> texts,
       bool decoder_is_strict, tool_execution execution, const tool_limits& limits);

  /// Decodes the arguments, and acts. Ends with `refuse` or `finish`, or throws.
  [[nodiscard]] virtual tool_result call(std::string_view arguments, std::stop_token stop) const = 0;
  /// The same for coroutines; others are called.
  [[nodiscard]] virtual task<tool_result> call_task(std::string_view arguments, context& self,
                                                    std::stop_token stop) const;
  /// The arguments can't be decoded; the schema knows better than the decoder how to say it to a model.
  [[nodiscard]] tool_result refuse(std::string_view arguments, const error& problem) const;
  /// As a model gets it: repaired, cut.
  [[nodiscard]] tool_result finish(result<std::string> returned) const;

 private:
  /// Puts {} for no arguments. Returns why they can't be taken, where the decoder wouldn't see it.
  [[nodiscard]] std::string refusal_before(std::string_view& arguments) const;
  [[nodiscard]] tool_result finish_problem(const std::exception_ptr& problem) const;

  tool_schema schema_;
  chat_tool description_;
  bool decoder_is_strict_;
  tool_execution execution_;
  tool_limits limits_;
};

using tool_ref = std::shared_ptr<const tool>;

/// The parameters of a tool that takes none.
struct no_parameters {};
SAGE_DESCRIBE(no_parameters)

namespace tool_functions {

template <class T>
struct is_result : std::false_type {};
template <class T>
struct is_result<result<T>> : std::true_type {
  using value_type = T;
};

/// Reads the parameter struct off the signature.
template <class Signature>
struct parameter_of {};
template <class R>
struct parameter_of<R()> {
  using type = no_parameters;
};
template <class R>
struct parameter_of<R(std::stop_token)> {
  using type = no_parameters;
};
template <class R, class P>
struct parameter_of<R(P)> {
  using type = std::remove_cvref_t<P>;
};
template <class R, class P>
struct parameter_of<R(P, std::stop_token)> {
  using type = std::remove_cvref_t<P>;
};

template <class Member>
struct signature_of_member {};
template <class R, class C, class... Args>
struct signature_of_member<R (C::*)(Args...) const> {
  using type = R(Args...);
};
template <class R, class C, class... Args>
struct signature_of_member<R (C::*)(Args...) const noexcept> {
  using type = R(Args...);
};

template <class F>
struct signature_of {};
template <class F>
requires requires {
  &F::operator();
}
struct signature_of<F> : signature_of_member<decltype(&F::operator())> {};
template <class R, class... Args>
struct signature_of<R (*)(Args...)> {
  using type = R(Args...);
};
template <class R, class... Args>
struct signature_of<R (*)(Args...) noexcept> {
  using type = R(Args...);
};

template <class F>
using parameter_t = typename parameter_of<typename signature_of<std::decay_t<F>>::type>::type;

template <class F, class P>
decltype(auto) call(const F& f, const P& parameters, const std::stop_token& stop) {
  if constexpr (std::is_invocable_v<const F&, const P&, std::stop_token>) {
    return std::invoke(f, parameters, stop);
  } else if constexpr (std::is_invocable_v<const F&, const P&>) {
    return std::invoke(f, parameters);
  } else if constexpr (std::is_invocable_v<const F&, std::stop_token>) {
    return std::invoke(f, stop);
  } else {
    return std::invoke(f);
  }
}

/// Text stays text, nothing is "done", all else is JSON.
template <class T>
std::string text_of(const T& value) {
  if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string(std::string_view(value));
  } else {
    return to_json(value);
  }
}

/// What a model is told of what a function has returned.
template <class T>
result<std::string> text_of_returned(const T& value) {
  if constexpr (is_result<T>::value) {
    if (!value) return value.error();
    if constexpr (std::is_void_v<typename is_result<T>::value_type>) {
      return std::string("done");
    } else {
      return text_of(*value);
    }
  } else {
    return text_of(value);
  }
}

template <class T>
concept returnable = std::is_void_v<T> || std::is_convertible_v<const T&, std::string_view> || encodable<T>;

template <class T>
struct returned {
  using type = T;
};
template <class T>
struct returned<result<T>> {
  using type = T;
};

template <class F>
using returned_t = typename returned<std::remove_cvref_t<decltype(tool_functions::call(
    std::declval<const F&>(), std::declval<const parameter_t<F>&>(), std::stop_token()))>>::type;

/// Whether the decoder takes exactly what the schema of `T` allows. Doubles may be "NaN", enums numbers, maps and
/// dynamic values anything: these are checked against the schema first.
template <class T>
consteval bool reads_as_its_schema();

struct all_read_as_their_schema {
  template <class... Field>
  constexpr bool operator()(const Field&...) const {
    return (reads_as_its_schema<typename Field::value_type>() && ...);
  }
};

template <class T>
consteval bool reads_as_its_schema() {
  constexpr value_shape shape = shape_of<T>;
  if constexpr (shape == value_shape::optional || shape == value_shape::list) {
    return reads_as_its_schema<typename T::value_type>();
  } else {
    return shape == value_shape::text || shape == value_shape::boolean || shape == value_shape::integer ||
           shape == value_shape::whole;
  }
}

template <class F, class P>
class function_tool final : public tool {
 public:
  function_tool(std::string name, std::string description, F f, std::span<const field_text> texts,
                tool_execution execution, const tool_limits& limits)
      : tool(std::move(name), std::move(description), json_schema<P>(), texts,
             with_fields<P>(all_read_as_their_schema{}), execution, limits),
        function_(std::move(f)) {}

 protected:
  tool_result call(std::string_view arguments, std::stop_token stop) const override {
    const result<P> parameters = from_json<P>(arguments, {}, decode_mode::strict);
    if (!parameters) return refuse(arguments, parameters.error());
    return finish(act(*parameters, stop));
  }

 private:
  result<std::string> act(const P& parameters, const std::stop_token& stop) const {
    using returns = std::remove_cvref_t<decltype(tool_functions::call(function_, parameters, stop))>;
    if constexpr (std::is_void_v<returns>) {
      tool_functions::call(function_, parameters, stop);
      return std::string("done");
    } else {
      return text_of_returned<returns>(tool_functions::call(function_, parameters, stop));
    }
  }

  F function_;
};

template <class P>
std::span<const field_text> texts_of() {
  if constexpr (requires(const P* type) { sage_explain(type); }) {
    return sage_explain(static_cast<const P*>(nullptr));
  } else {
    return {};
  }
}

}  // namespace tool_functions

/// What can be a tool: a copyable `R f(const Parameters&)`, also with a `std::stop_token` behind, whose parameters
/// are a struct with SAGE_DESCRIBE (or none) and whose result is text, encodable, `sage::result` of these, or void.
/// It is called from several threads at once: a lambda must not be `mutable`.
template <class F>
concept tool_function = encodable_record<tool_functions::parameter_t<F>> &&
    tool_functions::returnable<tool_functions::returned_t<std::decay_t<F>>>;

/// Makes a tool of a function. Throws errc::invalid_argument for a name that no provider takes (letters, digits, `_`
/// and `-`, at most 64), errc::unsupported in a build without valijson.
template <tool_function F>
[[nodiscard]] tool_ref make_tool(std::string name, std::string description, F&& f,
                                 tool_execution execution = tool_execution::immediate,
                                 const tool_limits& limits = {}) {
  using parameters = tool_functions::parameter_t<F>;
  return std::make_shared<tool_functions::function_tool<std::decay_t<F>, parameters>>(
      std::move(name), std::move(description), std::forward<F>(f), tool_functions::texts_of<parameters>(), execution,
      limits);
}

}  // namespace sage

/// Says what fields of a parameter struct mean, for models: `SAGE_EXPLAIN(type, {"field", "text"}, ...)`, beside
/// SAGE_DESCRIBE and in the same namespace.
#define SAGE_EXPLAIN(type, ...)                                                        \
  [[nodiscard]] inline std::span<const ::sage::field_text> sage_explain(const type*) { \
    static constexpr ::sage::field_text texts[] = {__VA_ARGS__};                       \
    return texts;                                                                      \
  }
