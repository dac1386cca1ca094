/// A customer's message on its way from the server to an agent.
#pragma once

#include <string>

#include <sage/serving.hpp>

#include "sage/llm/chat.hpp"

namespace agent_service {

/// What the classifier makes of a completion_call.
struct request {
  sage::completion_call call;
  std::string conversation;  ///< unique among all tenants
  std::string intent;        ///< "order", "refund", "talk"
  std::string order;         ///< the number spoken of last; may be empty
  std::string before;        ///< what the customer has said before, line by line; other agents may have heard it
  sage::chat_usage spent;    ///< by agents that handed over
};
SAGE_DESCRIBE(request, call, conversation, intent, order, before, spent)

}  // namespace agent_service
