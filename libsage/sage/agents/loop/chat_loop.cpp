#include "sage/agents/loop/chat_loop.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/model/json.hpp"

namespace sage::agents {

namespace {

struct hand_off_arguments {
  std::string agent;
};
SAGE_DESCRIBE(hand_off_arguments, agent)

std::string quoted_list(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ",") + to_json(name);
  return all;
}

}  // namespace

chat_loop::chat_loop(chat_request request, loop_limits limits)
    : request_(std::move(request)), limits_(limits), choice_(request_.choice) {
  if (limits_.steps_max == 0)
    throw error(errc::invalid_argument, "an agent of no steps", "steps_max", "use 1 or more");
  ask_again();
}

void chat_loop::offer_hand_off(std::vector<std::string> agents) {
  if (agents.empty()) return;
  agents_ = std::move(agents);
  request_.tools.push_back({std::string(hand_off_tool),
                            "Hands the conversation over to another agent that is better suited.",
                            R"({"type":"object","properties":{"agent":{"type":"string","enum":[)" +
                                quoted_list(agents_) + R"(]}},"required":["agent"],"additionalProperties":false})"});
  ask_again();
}

void chat_loop::add(chat_message message) {
  request_.messages.push_back(message);
  added_.push_back(std::move(message));
}

void chat_loop::ask_again() {
  need_ = need::model;
  const bool last = steps_ + 1 >= limits_.steps_max;
  // A model that is told so answers with what it knows; the only step of a loop of one is as the user wants it.
  request_.choice = last && limits_.steps_max > 1 && !request_.tools.empty() ? tool_choice::none : choice_;
}

void chat_loop::on_reply(chat_reply reply) {
  ++steps_;
  usage_.input_tokens += reply.usage.input_tokens;
  usage_.output_tokens += reply.usage.output_tokens;
  usage_.cached_input_tokens += reply.usage.cached_input_tokens;
  usage_.estimated = usage_.estimated || reply.usage.estimated;
  reply_ = std::move(reply);
  if (reply_.tool_calls.empty()) {
    need_ = need::nothing;
    return;
  }
  if (take_hand_off()) return;
  if (steps_ >= limits_.steps_max) {
    throw error(errc::limit, "the model still calls tools after " + std::to_string(steps_) + " steps", "steps_max",
                "allow more steps, or give it fewer tools");
  }
  if (usage_.tokens() > limits_.tokens_max) {
    throw error(errc::limit, "the agent has used " + std::to_string(usage_.tokens()) + " tokens and is not done",
                "tokens_max", "allow more tokens, or keep the conversation shorter");
  }
  tool_calls_ +=
      static_cast<std::uint32_t>(std::min<std::size_t>(reply_.tool_calls.size(), limits_.tool_calls_max + 1));
  if (tool_calls_ > limits_.tool_calls_max) {
    throw error(errc::limit, "the model wants more than " + std::to_string(limits_.tool_calls_max) + " tool calls",
                "tool_calls_max", "allow more tool calls, or give it fewer tools");
  }
  add(reply_.message());
  need_ = need::tools;
}

bool chat_loop::take_hand_off() {
  if (agents_.empty()) return false;
  for (const chat_tool_call& call : reply_.tool_calls) {
    if (call.name != hand_off_tool) continue;
    const result<hand_off_arguments> arguments = from_json<hand_off_arguments>(call.arguments);
    if (!arguments || std::find(agents_.begin(), agents_.end(), arguments->agent) == agents_.end()) continue;
    handed_to_ = arguments->agent;
    need_ = need::hand_off;
    return true;
  }
  return false;
}

void chat_loop::on_observations(std::vector<tool_observation> observations) {
  for (std::size_t i = 0; i < reply_.tool_calls.size(); ++i) {
    const chat_tool_call& call = reply_.tool_calls[i];
    std::string text = i < observations.size() ? std::move(observations[i].text) : std::string("no result");
    add({chat_role::tool, std::move(text), {}, {}, call.id, call.name});
  }
  ask_again();
}

void chat_loop::on_unusable_answer(const std::string& why) {
  if (++repairs_ > limits_.repairs_max || steps_ >= limits_.steps_max) {
    throw error(errc::parse, "the model's answer is not what was asked for: " + why, "typed answer",
                "give it more tries, or a simpler type");
  }
  add(reply_.message());
  add({chat_role::user,
       "That is not usable: " + why + ". Answer again with nothing but JSON that follows the schema.",
       {},
       {},
       {},
       {}});
  ask_again();
}

}  // namespace sage::agents
