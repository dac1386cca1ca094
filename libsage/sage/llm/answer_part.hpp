/// A piece of an answer on its way to whoever asked: a record like any other.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/llm/chat.hpp"

namespace sage {

/// Pieces are numbered from 0 within an answer; the last one is `done` and says how it ended. A whole reply is a
/// stream of one piece.
struct answer_part {
  std::uint32_t number = 0;
  std::string text;  ///< to be appended
  std::vector<chat_tool_call_delta> tool_calls;
  bool done = false;
  std::string model;  ///< that answers; with `done`, and before if it is known
  finish_reason finish = finish_reason::stop;
  chat_usage usage;                     ///< of the whole answer; with `done`
  std::vector<token_logprob> logprobs;  ///< of the tokens of this piece, when they were asked for
  friend bool operator==(const answer_part&, const answer_part&) = default;
};
SAGE_DESCRIBE(answer_part, number, text, tool_calls, done, model, finish, usage, logprobs)

/// The reply as an answer of one piece.
[[nodiscard]] inline answer_part to_answer(const chat_reply& reply) {
  answer_part whole;
  whole.text = reply.text;
  for (std::size_t i = 0; i < reply.tool_calls.size(); ++i) {
    const chat_tool_call& call = reply.tool_calls[i];
    whole.tool_calls.push_back({static_cast<std::uint32_t>(i), call.id, call.name, call.arguments});
  }
  whole.done = true;
  whole.model = reply.model;
  whole.finish = reply.finish;
  whole.usage = reply.usage;
  whole.logprobs = reply.logprobs;
  return whole;
}

}  // namespace sage
