/// What a chat model is asked.
#pragma once

#include <cstddef>

#include "ask/answer.hpp"
#include "sage/llm/chat.hpp"

namespace ask {

/// The question with its passages, numbered from 1.
struct prompt {
  sage::chat_request request;
  std::size_t passages = 0;  ///< that the model is shown: the best ones, as many as limits::shown_bytes_max allows
};

/// At temperature 0, at most limits::written_tokens_max tokens of answer.
[[nodiscard]] prompt make_prompt(const answer& found);

}  // namespace ask
