#include "agent_service/pipeline.hpp"

#include <utility>

#include "agent_service/agents.hpp"
#include "agent_service/intent.hpp"

namespace agent_service {

namespace {

// An agent without a model: it decides by rules, on what it knows of the conversation.
sage::task<request> classifier(sage::agent<thread>& self, sage::completion_call call) {
  request made = classify(self.state(), std::move(call));
  co_return made;
}

}  // namespace

void declare_service(sage::environment& env, sage::serving::chat_server_options server,
                     const std::shared_ptr<const sage::agent_resources>& resources,
                     const std::shared_ptr<sage::agents::effect_journal>& journal) {
  sage::agent_options desks;
  desks.capacity = 1024;             // conversations that wait for a model at once, per instance
  desks.conversations_max = 10'000;  // remembered per instance; the one idle longest is forgotten
  desks.resources = resources;
  desks.journal = journal;
  sage::agent_options hall;
  hall.conversations_max = desks.conversations_max;
  hall.journal = journal;
  // What fails fails for its own client, who is told so.
  auto by_intent = env.from_source(sage::serving::chat_server(std::move(server)))
                       .name("requests")
                       .key_by(conversation_of)
                       .transform("classify", sage::agent_operator(classifier, hall))
                       .on_error(sage::drop)
                       .route(&request::intent, {"order", "refund"})
                       .name("intent");
  auto orders = by_intent["order"]
                    .key_by(&request::conversation)
                    .transform("order_desk", sage::agent_operator(order_desk, desks).agent("refund", take_refund))
                    .on_error(sage::drop);
  auto refunds = by_intent["refund"]
                     .key_by(&request::conversation)
                     .transform("refund_desk", sage::agent_operator(refund_desk, desks))
                     .on_error(sage::drop);
  by_intent.otherwise()
      .key_by(&request::conversation)
      .transform("front_desk", sage::agent_operator(front_desk, desks))
      .on_error(sage::drop)
      .union_with(orders, refunds)
      .name("answers")
      .sink(sage::serving::reply())
      .name("reply");
}

}  // namespace agent_service
