/// Intents by a language model, with structured output.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sage/agents/intents/intent.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/llm/chat_model.hpp"

namespace sage {

/// A label and what it means, in the model's words.
struct intent_description {
  std::string label;
  std::string description;
};

struct model_intent_options {
  double confidence_min = 0.5;    ///< below, the text is none of them
  std::uint32_t repairs_max = 1;  ///< answers that may be no JSON of the wanted shape
};

/// Asks a model for the label. A copyable coroutine function for `async_map`. Labels that were not offered don't
/// count.
///
/// Fails  with what the model fails with; errc::parse when its answers stay unusable
class by_model {
 public:
  by_model(std::shared_ptr<chat_model> model, std::vector<intent_description> labels,
           model_intent_options options = {});
  /// `text` lives until the task has ended.
  [[nodiscard]] task<intent> operator()(const std::string& text) const;

 private:
  std::shared_ptr<chat_model> model_;
  std::vector<intent_description> labels_;
  model_intent_options options_;
};

}  // namespace sage
