/// The agents behind the service: order desk, refund desk, front desk.
#pragma once

#include <string>

#include <sage/agents.hpp>
#include <sage/serving.hpp>

#include "agent_service/request.hpp"

namespace agent_service {

/// What a desk remembers of a conversation: its own turns, newest last.
struct desk {
  static constexpr std::uint64_t history_tokens_max = 4000;  ///< what is older is forgotten
  sage::chat_history history;
};
SAGE_DESCRIBE(desk, history)

/// Looks up, lists and cancels orders, tells stock and prices. Hands over to "refund".
sage::task<> order_desk(sage::agent<desk>& self, request in, sage::emitter<sage::answer_part>& out);

/// Takes refund requests.
sage::task<> refund_desk(sage::agent<desk>& self, request in, sage::emitter<sage::answer_part>& out);

/// Takes over a turn that another desk has begun: the message is in the history already.
sage::task<> take_refund(sage::agent<desk>& self, request in, sage::emitter<sage::answer_part>& out);

/// Small talk, without tools.
sage::task<> front_desk(sage::agent<desk>& self, request in, sage::emitter<sage::answer_part>& out);

/// The model and the prompts that agents look for among their resources.
inline constexpr const char* model_name = "main";
inline constexpr const char* prompt_names[] = {"order", "refund", "talk"};

}  // namespace agent_service
