/// Intents by words: quick, certain, and blind to everything it wasn't told.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sage/agents/intents/intent.hpp"

namespace sage {

/// A label and the words that speak for it.
struct intent_rule {
  std::string label;
  std::vector<std::string> words;  ///< whole words or phrases, compared without case (ASCII)
};

/// Gives the label with the most words in a text; of several the first. A copyable function for `map`.
///
/// Cost  O(text x words)
class by_rules {
 public:
  explicit by_rules(std::vector<intent_rule> rules);
  /// Confidence 1 for the only label that has a word, its share of the words found otherwise.
  [[nodiscard]] intent operator()(std::string_view text) const;

 private:
  std::vector<intent_rule> rules_;
};

}  // namespace sage
