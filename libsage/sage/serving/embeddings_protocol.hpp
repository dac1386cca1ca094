/// OpenAI's embeddings as values: what a request says, and the text of its answer. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "sage/serving/http_problem.hpp"
#include "sage/serving/server_request.hpp"

namespace sage::serving {

/// A request for embeddings: POST /v1/embeddings. A value.
struct embeddings_request {
  static constexpr std::size_t inputs_max = 2048;

  std::string model;
  std::vector<std::string> inputs;
  bool as_base64 = false;                   ///< the numbers as base64 of little-endian floats
  std::optional<std::uint32_t> dimensions;  ///< that are wanted
  friend bool operator==(const embeddings_request&, const embeddings_request&) = default;
};

[[nodiscard]] std::variant<embeddings_request, http_problem> parse_embeddings(const server_request& request);

/// The answer: one vector per input, in their order.
[[nodiscard]] std::string render_embeddings(const embeddings_request& request, const std::string& model,
                                            std::span<const std::vector<float>> vectors, std::uint64_t input_tokens);

}  // namespace sage::serving
