#include "sage/llm/dialects/dialect.hpp"

#include <utility>

#include "sage/base/utf8.hpp"
#include "sage/llm/dialects/anthropic.hpp"
#include "sage/llm/dialects/openai.hpp"
#include "sage/model/json.hpp"

namespace sage::llm {

const dialect& dialect_of(model_dialect name) noexcept {
  static const openai_dialect openai;
  static const anthropic_dialect anthropic;
  if (name == model_dialect::anthropic) return anthropic;
  return openai;
}

http_request start_request(const model_endpoint& endpoint, std::string_view path) {
  http_request request;
  request.url = url_of(endpoint, path);
  request.headers = endpoint.headers;
  request.headers.push_back({"Content-Type", "application/json"});
  request.connect_timeout_ms = endpoint.connect_timeout_ms;
  request.first_byte_timeout_ms = endpoint.first_byte_timeout_ms;
  request.idle_timeout_ms = endpoint.idle_timeout_ms;
  request.total_timeout_ms = endpoint.total_timeout_ms;
  request.response_bytes_max = endpoint.response_bytes_max;
  return request;
}

std::string answer_name(const chat_request& request) {
  return request.output_schema_name.empty() ? "answer" : request.output_schema_name;
}

result<dynamic_value> read_schema(const std::string& text, std::string_view what) {
  auto read = from_json<dynamic_value>(text);
  if (!read) return error(read.error().code(), "no JSON: " + std::string(read.error().what()), std::string(what));
  if (read->kind() != value_kind::map) {
    return error(errc::parse, "a JSON Schema is an object", std::string(what), R"(write {"type": "object", ...})");
  }
  return read;
}

std::string sendable(std::string_view text) {
  std::string repaired;
  append_repaired_utf8(repaired, text);
  return repaired;
}

}  // namespace sage::llm
