// How embeddings are read in OpenAI's dialect: lists of numbers, or base64 of little-endian floats.
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "sage/base/base64.hpp"
#include "sage/llm/dialects/openai.hpp"

namespace sage::llm {

namespace {

static_assert(std::endian::native == std::endian::little, "floats are taken as they are");

/// A batch of 2,048 texts in 3,072 dimensions, and then some.
constexpr decode_limits vectors_limits{16, 256 << 20, 10'000'000};

bool read_vector(const dynamic_value& from, std::vector<float>& into) {
  if (from.kind() == value_kind::string) {
    std::string bytes;
    if (!append_from_base64(bytes, from.text()) || bytes.size() % sizeof(float) != 0) return false;
    into.resize(bytes.size() / sizeof(float));
    std::memcpy(into.data(), bytes.data(), bytes.size());
  } else if (const auto* list = from.get_if<dynamic_list>()) {
    into.reserve(list->size());
    for (const dynamic_value& each : *list) {
      const auto number = each.number();
      if (!number) return false;
      into.push_back(static_cast<float>(*number));
    }
  }
  for (const float each : into) {
    if (!std::isfinite(each)) return false;
  }
  return !into.empty();
}

}  // namespace

vectors_or_error openai_dialect::read_vectors(std::string_view body, const embedding_request& request) const {
  auto read = read_provider_json(body, vectors_limits);
  if (!read) return malformed_answer("the answer is not JSON (" + read.error().message() + ")", body);
  if (find_value(&*read, "error")) return error_inside_answer(body);
  const dynamic_list& vectors = list_at(*read, "data");
  const std::size_t count = request.inputs.size();
  if (vectors.size() != count) {
    return malformed_answer("the answer has " + std::to_string(vectors.size()) + " vectors for " +
                            std::to_string(count) + " texts");
  }
  embedding_reply reply;
  reply.model = text_at(*read, "model");
  reply.vectors.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    // In any order, when they are numbered.
    const std::size_t index = find_value(&vectors[i], "index") ? count_at(vectors[i], "index") : i;
    const dynamic_value* vector = find_value(&vectors[i], "embedding");
    if (index >= count || !reply.vectors[index].empty() || !vector || !read_vector(*vector, reply.vectors[index])) {
      return malformed_answer("vector " + std::to_string(i) + " of the answer makes no sense");
    }
    if (reply.vectors[index].size() != reply.vectors[count_at(vectors[0], "index")].size()) {
      return malformed_answer("the answer's vectors differ in their length");
    }
  }
  const dynamic_value* usage = find_value(&*read, "usage");
  if (usage) reply.usage = openai_usage(*usage);
  reply.usage.estimated = !usage;
  return reply;
}

}  // namespace sage::llm
