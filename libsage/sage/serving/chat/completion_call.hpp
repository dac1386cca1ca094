/// A request for a completion, as pipelines see it.
#pragma once

#include <string>
#include <vector>

#include "sage/llm/chat.hpp"

namespace sage {

/// One request of a chat server. Its item (tenant, deadline, who waits for the answer) travels beside it.
struct completion_call {
  std::string id;            ///< of the request
  std::string conversation;  ///< "TENANT/ID", by what the client calls it; of one that is complete in itself, its id
  std::string tenant;
  bool remembers = false;              ///< whether the client named the conversation: then the server's memory counts
  std::string text;                    ///< of the last message of the user
  std::vector<chat_message> messages;  ///< that the conversation hasn't seen; all of one that isn't remembered
  chat_request chat;                   ///< as the client sent it: model, temperature, tools of its own
  bool stream = false;                 ///< the client wants pieces
};
SAGE_DESCRIBE(completion_call, id, conversation, tenant, remembers, text, messages, chat, stream)

}  // namespace sage
