/// Everything that questions are answered from.
#pragma once

#include <memory>
#include <string>

#include "ask/index/passage_index.hpp"
#include "ask/index/vector_search.hpp"

namespace ask {

/// Passages with their terms and, when an embedding model has read them, their vectors. Movable.
struct document_index {
  passage_index texts;
  std::unique_ptr<vector_search> vectors;  ///< of all passages, by the same numbers; null without
  std::string embedding_model;             ///< that made them
};

/// Builds the search over the vectors that the pipeline left in `texts`, if there are any.
[[nodiscard]] inline document_index finish_index(passage_index texts, std::string embedding_model) {
  document_index made;
  const vector_table vectors = texts.take_vectors();
  made.texts = std::move(texts);
  if (vectors.empty()) return made;
  made.vectors = std::make_unique<vector_search>(vectors);
  made.embedding_model = std::move(embedding_model);
  return made;
}

}  // namespace ask
