/// Makes a conversation fit into a model's context.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sage/base/result.hpp"
#include "sage/llm/chat.hpp"
#include "sage/llm/tokenizer.hpp"

namespace sage::llm {

struct trimmed_history {
  chat_history history;
  std::uint64_t tokens = 0;  ///< of what is left
  std::size_t left_out = 0;  ///< messages
  bool is_estimate = false;  ///< the tokenizer isn't exact
};

/// The newest part of `history` that fits into `tokens_max`, behind all its system messages, in order. An assistant
/// message with tool calls and the results of the calls stay or go together. The rest begins with a message of the
/// user where one is left. The newest group (a message, or calls with their results) always stays: when it and the
/// system messages don't fit, the answer is errc::limit.
///
/// Cost  O(bytes of the history)
[[nodiscard]] result<trimmed_history> trim_history(const chat_history& history, std::uint64_t tokens_max,
                                                   const tokenizer& by);

}  // namespace sage::llm
