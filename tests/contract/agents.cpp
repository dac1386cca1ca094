// Agents behind a chat server: the programs of the design with their agents.
#include <sage/agents.hpp>
#include <sage/sage.hpp>
#include <sage/serving.hpp>

namespace {

using namespace std::chrono_literals;

struct request {
  std::string id;
  std::string conversation;
  std::string user;
  std::string intent;
  std::string text;
};
struct answer {
  std::string text;
  std::string receipt;
};
using order_id = std::string;

struct shop_state {
  sage::chat_history history;
  std::optional<order_id> open_order;
};
SAGE_DESCRIBE(shop_state, history, open_order)

std::string send_mail(const std::string& user, const std::string& text) {
  return user + ": " + text;
}

struct order_query {
  std::string number;
};
SAGE_DESCRIBE(order_query, number)
const sage::tool_ref find_order =
    sage::make_tool("find_order", "finds an order", [](const order_query& q) { return "order " + q.number; });
const sage::tool_ref cancel_order =
    sage::make_tool("cancel_order", "cancels an order", [](const order_query& q) { return "cancelled " + q.number; });

sage::task<request> classify(sage::completion_call call) {
  co_return request{call.id, call.conversation, call.tenant, "order", call.text};
}
sage::task<answer> quick_order(const request& r) {
  co_return answer{"ordered: " + r.text, {}};
}
sage::task<answer> quick_refund(const request& r) {
  co_return answer{"refunded: " + r.text, {}};
}
answer small_talk(const request& r) {
  return {"you said: " + r.text, {}};
}

sage::task<answer> order_agent(sage::agent<shop_state>& self, request in) {
  self.state().history.add_user(in.text);
  auto reply = co_await self.chat("main")
                   .prompt("order")
                   .messages(self.state().history)
                   .tools(find_order, cancel_order);
  if (reply.handoff) co_return co_await self.hand_off(*reply.handoff, in);
  auto send = [&] { return send_mail(in.user, reply.text); };
  auto receipt = co_await self.effect("mail", in.id, send);
  co_return answer{reply.text, receipt};
}

}  // namespace

void service(sage::environment& env) {
  auto requests = env.from_source(sage::serving::chat_server({.listen = "127.0.0.1:8080"}));
  auto routed = requests.async_map(classify).route(&request::intent, {"order", "refund"});
  auto orders = routed["order"].async_map(quick_order, {.capacity = 256});
  auto refunds = routed["refund"].async_map(quick_refund, {.capacity = 256});
  orders.union_with(refunds, routed.otherwise().map(small_talk)).sink(sage::serving::reply());
}

void agents(sage::data_stream<request> requests) {
  requests.key_by(&request::conversation)
      .transform("orders", sage::agent_operator(order_agent, {.capacity = 256, .steps_max = 8, .deadline = 60s}))
      .sink(sage::serving::reply());
}
