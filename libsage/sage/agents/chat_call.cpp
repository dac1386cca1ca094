#include "sage/agents/chat_call.hpp"

#include <optional>

#include "sage/agents/agent.hpp"
#include "sage/agents/tools/run_tool.hpp"
#include "sage/base/error.hpp"
#include "sage/base/hash.hpp"
#include "sage/functions/span_scope.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/llm/history_trim.hpp"

namespace sage::agents {

namespace {

// A key tells one request from another; it is needed only where results are kept.
std::string fingerprint(const turn& its, const chat_request& request) {
  if (!its.keeps_results()) return {};
  return std::to_string(stable_hash(to_json(request)));
}

task<chat_reply> ask(agent_base& self, const chat_plan& plan, const chat_request& request) {
  chat_model& model = self.resources().find_model(plan.model);
  const auto make = [&] { return model.chat(request, plan.observer); };
  effect_awaiter<chat_reply, decltype(make)> asked(self.its_turn(), effect_kind::chat, plan.model,
                                                   fingerprint(self.its_turn(), request), make);
  chat_reply reply = co_await asked;
  co_return reply;
}

// With a key, the tool finds it in its context: so that what is behind it recognises a repetition.
task<tool_result> invoke(tool_ref called, const std::string& arguments, context& surroundings, std::string key) {
  std::optional<context> own;
  if (!key.empty()) {
    own.emplace(surroundings).set_idempotency_key(std::move(key));
    static_cast<void>(surroundings.random());  // the next tool's copy draws other numbers
  }
  const functions::task_scope& scope = co_await functions::here();
  functions::span_scope span(scope.self(), "execute_tool " + called->name(), span_kind::internal);
  span.add("gen_ai.operation.name", "execute_tool");
  span.add("gen_ai.tool.name", called->name());
  tool_result outcome = co_await run_tool(called, arguments, own ? *own : surroundings);
  span.end(outcome.outcome == tool_outcome::done ? std::string() : std::string(enum_name(outcome.outcome)));
  co_return outcome;
}

task<tool_observation> act(agent_base& self, const tool_set& allowed, const chat_tool_call& call) {
  result<tool_ref> found = allowed.resolve(call.name);
  if (!found) co_return tool_observation{found.error().message(), true};
  tool_ref called = *found;
  const auto make = [&](std::string key) {
    return invoke(called, call.arguments, self.surroundings(), std::move(key));
  };
  effect_awaiter<tool_result, decltype(make)> acted(self.its_turn(), effect_kind::tool, call.name,
                                                    self.its_turn().keeps_results() ? call.arguments : std::string(),
                                                    make);
  tool_result outcome = co_await acted;
  co_return tool_observation{std::move(outcome.text), outcome.outcome == tool_outcome::refused};
}

task<std::vector<tool_observation>> act_on_all(agent_base& self, const tool_set& allowed,
                                               const std::vector<chat_tool_call>& calls) {
  std::vector<tool_observation> seen;
  if (calls.size() == 1) {
    tool_observation only = co_await act(self, allowed, calls.front());
    seen.push_back(std::move(only));
    co_return seen;
  }
  std::vector<task<tool_observation>> acts;
  acts.reserve(calls.size());
  for (const chat_tool_call& call : calls) acts.push_back(act(self, allowed, call));
  seen = co_await all(std::move(acts));
  co_return seen;
}

void put_prompt_first(const agent_base& self, chat_plan& plan) {
  if (plan.prompt.empty()) return;
  dynamic_map values;
  for (auto& [name, value] : plan.variables) values.emplace_back(name, std::move(value));
  result<std::string> text = self.resources().find_prompt(plan.prompt).render(dynamic_value(std::move(values)));
  if (!text) throw text.error();
  plan.request.messages.insert(plan.request.messages.begin(),
                               chat_message{chat_role::system, std::move(*text), {}, {}, {}, {}});
}

void fit(const agent_base& self, chat_plan& plan) {
  if (plan.window_tokens == 0) return;
  chat_history all;
  all.messages = std::move(plan.request.messages);
  result<llm::trimmed_history> fitting = llm::trim_history(all, plan.window_tokens, self.resources().tokens());
  if (!fitting) throw fitting.error();
  plan.request.messages = std::move(fitting->history.messages);
}

tool_set allowed_tools(const agent_base& self, const chat_plan& plan) {
  tool_set allowed;
  if (!plan.tool_names.empty()) {
    result<tool_set> named = self.resources().tools().only(plan.tool_names);
    if (!named) throw named.error();
    allowed = std::move(*named);
  }
  for (const tool_ref& one : plan.tools) {
    if (const result<void> added = allowed.add(one); !added) throw added.error();
  }
  return allowed;
}

void keep_history(chat_plan& plan, chat_loop& loop) {
  if (!plan.history) return;
  for (chat_message& added : loop.take_added()) plan.history->add(std::move(added));
  if (loop.next() == chat_loop::need::nothing) plan.history->add(loop.reply().message());
}

}  // namespace

task<chat_answer> run_chat(agent_base& self, chat_plan plan) {
  put_prompt_first(self, plan);
  fit(self, plan);
  const tool_set allowed = allowed_tools(self, plan);
  plan.request.tools = allowed.describe();
  chat_loop loop(std::move(plan.request), plan.limits);
  loop.offer_hand_off(plan.hand_offs);
  chat_answer answer;
  for (bool is_done = false; !is_done;) {
    switch (loop.next()) {
      case chat_loop::need::model: {
        chat_reply reply = co_await ask(self, plan, loop.request());
        loop.on_reply(std::move(reply));
        break;
      }
      case chat_loop::need::tools: {
        std::vector<tool_observation> seen = co_await act_on_all(self, allowed, loop.calls());
        loop.on_observations(std::move(seen));
        break;
      }
      case chat_loop::need::nothing: {
        std::string why;
        is_done = !plan.check || plan.check(loop.reply().text, why);
        if (!is_done) loop.on_unusable_answer(why);
        break;
      }
      case chat_loop::need::hand_off:
        answer.handoff = loop.handed_to();
        is_done = true;
        break;
    }
  }
  answer.usage = loop.usage();
  answer.steps = loop.steps();
  answer.tool_calls = loop.tool_calls();
  keep_history(plan, loop);
  answer.reply = loop.take_reply();
  answer.text = answer.reply.text;
  co_return answer;
}

std::string_view json_of_answer(std::string_view text) noexcept {
  const std::string_view blank = " \t\r\n";
  const auto strip = [&](std::string_view s) {
    const std::size_t first = s.find_first_not_of(blank);
    if (first == std::string_view::npos) return std::string_view();
    return s.substr(first, s.find_last_not_of(blank) - first + 1);
  };
  text = strip(text);
  if (!text.starts_with("```") || !text.ends_with("```") || text.size() < 6) return text;
  const std::size_t line = text.find('\n');
  if (line == std::string_view::npos) return text;
  return strip(text.substr(line + 1, text.size() - line - 4));
}

}  // namespace sage::agents
