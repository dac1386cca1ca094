/// Where a model is reached and how: everything that a configuration says about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/result.hpp"
#include "sage/llm/http/http_message.hpp"
#include "sage/model/secret.hpp"

namespace sage {

/// The language that a provider speaks.
enum class model_dialect : std::uint8_t {
  openai,     ///< chat completions: OpenAI, vLLM, llama.cpp, Ollama, TGI and most others
  anthropic,  ///< messages
};

/// A model of a provider.
struct model_endpoint {
  std::string base_url;  ///< "https://api.openai.com/v1", "http://127.0.0.1:11434/v1"
  model_dialect dialect = model_dialect::openai;
  std::string model;                      ///< used when a request names none
  secret<std::string> key;                ///< empty for servers that want none
  std::vector<llm::http_header> headers;  ///< sent along, e.g. of an organisation; nothing secret

  std::int64_t connect_timeout_ms = 10'000;
  std::int64_t first_byte_timeout_ms = 120'000;  ///< models that think before they speak take long
  std::int64_t idle_timeout_ms = 60'000;         ///< between two bytes of an answer
  std::int64_t total_timeout_ms = 600'000;
  std::uint64_t response_bytes_max = 64 << 20;
  std::uint32_t event_bytes_max = 4 << 20;  ///< one piece of a streamed answer

  /// Ask for at most so many tokens of output as "max_tokens": OpenAI's own newer models want
  /// "max_completion_tokens" (false), most local servers know only this one (true).
  bool old_output_limit = false;
  bool strict_output_schema = false;       ///< OpenAI then guarantees the schema, and takes only some schemas
  std::uint32_t output_tokens_max = 4096;  ///< where a dialect demands a limit (Anthropic) and a request has none
};

/// Whether the endpoint can be meant: errc::configuration that says what is wrong and what to write instead. Nothing
/// is contacted.
[[nodiscard]] result<void> check_endpoint(const model_endpoint& endpoint);

/// `base_url` and `path` ("/chat/completions") with exactly one slash between them.
[[nodiscard]] std::string url_of(const model_endpoint& endpoint, std::string_view path);

}  // namespace sage
