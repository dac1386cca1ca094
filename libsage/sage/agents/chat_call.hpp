/// How an agent talks to a model: a bounded loop of thinking, acting and observing, written as one call.
#pragma once

#include <concepts>
#include <coroutine>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/agents/loop/chat_loop.hpp"
#include "sage/agents/tools/tool.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/model/json.hpp"
#include "sage/model/json_schema.hpp"

namespace sage {

class agent_base;

/// What came of a chat.
struct chat_answer {
  std::string text;
  chat_reply reply;                    ///< the last one, whole
  std::optional<std::string> handoff;  ///< the agent that the model wants to take over
  chat_usage usage;                    ///< of all steps
  std::uint32_t steps = 0;
  std::uint32_t tool_calls = 0;
};
SAGE_DESCRIBE(chat_answer, text, reply, handoff, usage, steps, tool_calls)

namespace agents {

/// Tells whether a text is the wanted answer, else why not.
using answer_check = bool (*)(const std::string& text, std::string& why);

/// All that was said of a chat before it was begun.
struct chat_plan {
  std::string model;
  std::string prompt;
  std::map<std::string, std::string> variables;
  chat_request request;
  chat_history* history = nullptr;  // what the chat adds goes here
  std::vector<tool_ref> tools;
  std::vector<std::string> tool_names;
  std::vector<std::string> hand_offs;
  std::uint64_t window_tokens = 0;
  loop_limits limits;
  chat_observer* observer = nullptr;
  answer_check check = nullptr;
};

[[nodiscard]] task<chat_answer> run_chat(agent_base& self, chat_plan plan);

/// The JSON in a model's answer: many wrap it in a fence.
[[nodiscard]] std::string_view json_of_answer(std::string_view text) noexcept;

template <class T>
bool check_answer(const std::string& text, std::string& why) {
  const result<T> value = from_json<T>(json_of_answer(text));
  if (!value) why = value.error().message();
  return static_cast<bool>(value);
}

/// Awaits a task that it owns.
template <class T, class Finish>
class chat_awaiter {
 public:
  chat_awaiter(task<chat_answer> work, Finish finish) noexcept
      : work_(std::move(work)), inner_(work_.operator co_await()), finish_(finish) {}
  chat_awaiter(const chat_awaiter&) = delete;
  chat_awaiter& operator=(const chat_awaiter&) = delete;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <functions::sage_promise Promise>
  std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiter) noexcept {
    return inner_.await_suspend(waiter);
  }
  T await_resume() { return finish_(inner_.await_resume()); }

 private:
  task<chat_answer> work_;
  task<chat_answer>::awaiter inner_;
  Finish finish_;
};

template <class T>
T parse_answer(chat_answer answer) {
  return std::move(*from_json<T>(json_of_answer(answer.text)));  // was checked by the loop
}
inline chat_answer whole_answer(chat_answer answer) {
  return answer;
}

}  // namespace agents

/// A chat whose answer is a `T`: `order_request wanted = co_await self.chat("main").user(text).as<order_request>();`
template <class T>
class typed_chat_call {
 public:
  typed_chat_call(agent_base& self, agents::chat_plan plan) : self_(&self), plan_(std::move(plan)) {}
  auto operator co_await() {
    return agents::chat_awaiter<T, T (*)(chat_answer)>(agents::run_chat(*self_, std::move(plan_)),
                                                       &agents::parse_answer<T>);
  }

 private:
  agent_base* self_;
  agents::chat_plan plan_;
};

/// What `self.chat(...)` returns: say what is to be asked, then `co_await` it. Yields a chat_answer.
///
/// Fails  errc::limit when a bound is reached, llm errors of the model, errc::not_found for unknown names; what tools
///        fail with is told to the model
class chat_call {
 public:
  chat_call(agent_base& self, std::string model, agents::loop_limits limits) : self_(&self) {
    plan_.model = std::move(model);
    plan_.limits = limits;
  }

  /// Puts the named prompt, filled in, in front of the messages as the system's.
  chat_call& prompt(std::string name) {
    plan_.prompt = std::move(name);
    return *this;
  }
  /// Fills in `{{variable}}` of the prompt.
  chat_call& with(std::string variable, std::string value) {
    plan_.variables.insert_or_assign(std::move(variable), std::move(value));
    return *this;
  }
  chat_call& system(std::string text) { return add(chat_role::system, std::move(text)); }
  chat_call& user(std::string text) { return add(chat_role::user, std::move(text)); }
  /// The conversation so far; what this chat adds to it (answer, tool calls and results) is appended when it has
  /// ended.
  chat_call& messages(chat_history& history) {
    plan_.history = &history;
    return messages(std::as_const(history));
  }
  chat_call& messages(const chat_history& history) {
    plan_.request.messages.insert(plan_.request.messages.end(), history.messages.begin(), history.messages.end());
    return *this;
  }
  /// The tools that the model may call here, and no others: tools, or names of tools among the resources.
  template <class... Tools>
  chat_call& tools(const Tools&... tools) {
    (add_tool(tools), ...);
    return *this;
  }
  /// Agents that the model may hand the conversation over to; the answer's `handoff` then names one.
  template <std::convertible_to<std::string>... Names>
  chat_call& hand_offs(const Names&... agents) {
    plan_.hand_offs = {std::string(agents)...};
    return *this;
  }
  /// The same; not within a `co_await`, where g++ 12 takes no braces.
  chat_call& hand_offs(std::initializer_list<std::string> agents) {
    plan_.hand_offs.assign(agents);
    return *this;
  }
  chat_call& temperature(double value) {
    plan_.request.temperature = value;
    return *this;
  }
  chat_call& seed(std::uint64_t value) {
    plan_.request.seed = value;
    return *this;
  }
  chat_call& output_tokens_max(std::uint32_t tokens) {
    plan_.request.output_tokens_max = tokens;
    return *this;
  }
  chat_call& steps_max(std::uint32_t steps) {
    plan_.limits.steps_max = steps;
    return *this;
  }
  chat_call& tool_calls_max(std::uint32_t calls) {
    plan_.limits.tool_calls_max = calls;
    return *this;
  }
  chat_call& tokens_max(std::uint64_t tokens) {
    plan_.limits.tokens_max = tokens;
    return *this;
  }
  /// Leaves the oldest messages out when all of them are more than so many tokens.
  chat_call& window_tokens(std::uint64_t tokens) {
    plan_.window_tokens = tokens;
    return *this;
  }
  /// Shows the pieces of every reply while it is written. The observer outlives the call.
  chat_call& observe(chat_observer& observer) {
    plan_.observer = &observer;
    return *this;
  }

  /// Wants the answer as a described type; the model is told its JSON Schema, and its mistakes, `repairs_max` times.
  template <encodable_record T>
  [[nodiscard]] typed_chat_call<T> as(std::uint32_t repairs_max = 2) {
    plan_.request.output_schema = json_schema<T>();
    plan_.limits.repairs_max = repairs_max;
    plan_.check = &agents::check_answer<T>;
    return typed_chat_call<T>(*self_, std::move(plan_));
  }

  auto operator co_await() {
    return agents::chat_awaiter<chat_answer, chat_answer (*)(chat_answer)>(agents::run_chat(*self_, std::move(plan_)),
                                                                           &agents::whole_answer);
  }

 private:
  chat_call& add(chat_role role, std::string text) {
    plan_.request.messages.push_back({role, std::move(text), {}, {}, {}, {}});
    return *this;
  }
  void add_tool(const tool_ref& tool) { plan_.tools.push_back(tool); }
  void add_tool(const std::string& name) { plan_.tool_names.push_back(name); }

  agent_base* self_;
  agents::chat_plan plan_;
};

}  // namespace sage
