/// Intents by the nearest examples: an embedding model says how near.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sage/agents/intents/intent.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/llm/chat_model.hpp"

namespace sage {

/// Texts that stand for a label.
struct intent_examples {
  std::string label;
  std::vector<std::string> texts;
};

struct example_options {
  double confidence_min = 0.5;  ///< below, the text is none of them
  std::size_t neighbours = 3;   ///< examples that vote, by their nearness
};

/// Gives the label that the nearest examples vote for. A copyable coroutine function for `async_map`; copies share
/// the vectors of the examples, which are asked for once, with the first text.
///
/// Fails   with what the model fails with; errc::invalid_argument for vectors of different sizes
/// Cost    one call of the model per text, then O(examples x size)
class by_examples {
 public:
  by_examples(std::shared_ptr<embedding_model> model, std::vector<intent_examples> examples,
              example_options options = {});
  /// Confidence is the cosine similarity of the nearest example of the label, 0 to 1. `text` lives until the task has
  /// ended.
  [[nodiscard]] task<intent> operator()(const std::string& text) const;

 private:
  class known;
  std::shared_ptr<known> known_;
};

}  // namespace sage
