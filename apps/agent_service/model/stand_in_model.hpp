/// What answers when no language model is configured: rules, behind the port of chat models.
#pragma once

#include <string_view>

#include "sage/llm/chat_model.hpp"
#include "sage/llm/tokenizer.hpp"

namespace agent_service {

/// Plays the three desks for plain requests in English: finds order numbers, addresses and products, calls the tools
/// it is offered, and puts their results into sentences, word by word. It says in every reply's `model` what it is.
/// Knows nothing but the request: a reply depends on it alone. Thread-safe.
class stand_in_model final : public sage::chat_model {
 public:
  static constexpr std::string_view its_name = "stand-in (rules, no language model)";

  sage::task<sage::chat_reply> chat(const sage::chat_request& request, sage::chat_observer* observer) override;
  [[nodiscard]] std::string_view name() const noexcept override { return its_name; }

 private:
  sage::llm::estimating_tokenizer tokens_;
};

}  // namespace agent_service
