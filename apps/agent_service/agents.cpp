#include "agent_service/agents.hpp"

#include <utility>

#include "sage/llm/history_trim.hpp"

namespace agent_service {

using sage::agent;
using sage::answer_part;
using sage::chat_history;
using sage::chat_message;
using sage::chat_role;
using sage::emitter;
using sage::task;

namespace {

// What a client may put into a conversation: words of both sides. System messages are ours; results of tools that
// were never called would be believed.
void take_in(agent<desk>& self, const request& in) {
  chat_history& history = self.state().history;
  if (!in.call.remembers) history.messages.clear();
  for (const chat_message& message : in.call.messages) {
    const bool is_talk = message.role == chat_role::user || message.role == chat_role::assistant;
    if (is_talk && !(message.text.empty() && message.images.empty())) {
      history.add(chat_message{message.role, message.text, message.images, {}, {}, message.name});
    }
  }
}

// What the desk keeps is bounded; a conversation that isn't remembered leaves nothing behind.
void keep(agent<desk>& self, const request& in) {
  chat_history& history = self.state().history;
  if (!in.call.remembers) {
    history.messages.clear();
    return;
  }
  auto fitting = sage::llm::trim_history(history, desk::history_tokens_max, self.resources().tokens());
  // A last answer that is longer than all that may be kept: the desk begins anew.
  history = fitting ? std::move(fitting->history) : chat_history();
}

sage::chat_call ask(agent<desk>& self, const request& in, const std::string& prompt) {
  sage::chat_call call = self.chat(model_name);
  call.prompt(prompt).with("before", in.before.empty() ? "- nothing" : in.before);
  call.with("order", in.order.empty() ? "none" : in.order);
  call.messages(self.state().history);
  if (in.call.chat.temperature) call.temperature(*in.call.chat.temperature);
  if (in.call.chat.seed) call.seed(*in.call.chat.seed);
  if (in.call.chat.output_tokens_max) call.output_tokens_max(*in.call.chat.output_tokens_max);
  return call;
}

sage::chat_usage sum(sage::chat_usage a, const sage::chat_usage& b) {
  a.input_tokens += b.input_tokens;
  a.output_tokens += b.output_tokens;
  a.cached_input_tokens += b.cached_input_tokens;
  a.estimated = a.estimated || b.estimated;
  return a;
}

std::string model_of(agent<desk>& self) {
  return std::string(self.resources().find_model(model_name).name());
}

}  // namespace

task<> order_desk(agent<desk>& self, request in, emitter<answer_part>& out) {
  take_in(self, in);
  sage::answer_stream answer(out, model_of(self));
  sage::chat_call call = ask(self, in, "order");
  call.tools("find_order", "orders_of_customer", "product_stock", "cancel_order").hand_offs({"refund"});
  call.observe(answer);
  sage::chat_answer reply = co_await call;
  if (reply.handoff) {
    in.spent = reply.usage;
    co_await self.hand_off(*reply.handoff, in, out);
    co_return;
  }
  answer.end(reply.reply, reply.usage);
  keep(self, in);
}

task<> take_refund(agent<desk>& self, request in, emitter<answer_part>& out) {
  sage::answer_stream answer(out, model_of(self));
  sage::chat_call call = ask(self, in, "refund");
  call.tools("find_order", "orders_of_customer", "cancel_order", "request_refund");
  call.observe(answer);
  sage::chat_answer reply = co_await call;
  answer.end(reply.reply, sum(reply.usage, in.spent));
  keep(self, in);
}

task<> refund_desk(agent<desk>& self, request in, emitter<answer_part>& out) {
  take_in(self, in);
  task<> taken = take_refund(self, std::move(in), out);
  co_await taken;
}

task<> front_desk(agent<desk>& self, request in, emitter<answer_part>& out) {
  take_in(self, in);
  sage::answer_stream answer(out, model_of(self));
  sage::chat_call call = ask(self, in, "talk");
  call.observe(answer);
  sage::chat_answer reply = co_await call;
  answer.end(reply.reply, reply.usage);
  keep(self, in);
}

}  // namespace agent_service
