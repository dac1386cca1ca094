/// Texts as vectors, as values: what an embedding model is asked for and gives.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/llm/chat.hpp"
#include "sage/model/describe.hpp"

namespace sage {

/// One call of an embedding model.
struct embedding_request {
  std::string model;
  std::vector<std::string> inputs;
  std::uint32_t dimensions = 0;  ///< of each vector, for models that let one choose; 0 is the model's own
  friend bool operator==(const embedding_request&, const embedding_request&) = default;
};
SAGE_DESCRIBE(embedding_request, model, inputs, dimensions)

struct embedding_reply {
  std::string model;                        ///< that answered, by the provider's name
  std::vector<std::vector<float>> vectors;  ///< one per input, in their order, all of one length
  chat_usage usage;
  friend bool operator==(const embedding_reply&, const embedding_reply&) = default;
};
SAGE_DESCRIBE(embedding_reply, model, vectors, usage)

}  // namespace sage
