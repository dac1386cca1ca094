/// The rules of the stand-in: a request's reply. Pure.
#pragma once

#include "sage/llm/chat.hpp"

namespace agent_service {

/// The next step of whoever has these tools and this conversation: calls of tools, or a text. Never fails.
[[nodiscard]] sage::chat_reply stand_in_reply(const sage::chat_request& request);

}  // namespace agent_service
