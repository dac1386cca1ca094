/// The language of a provider: how a request is written and what its answers mean. Pure: nothing is sent here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "sage/base/result.hpp"
#include "sage/llm/chat.hpp"
#include "sage/llm/embedding.hpp"
#include "sage/llm/endpoint.hpp"
#include "sage/llm/http/http_message.hpp"
#include "sage/llm/http/sse_parser.hpp"
#include "sage/llm/provider_error.hpp"
#include "sage/model/dynamic_value.hpp"

namespace sage::llm {

/// How an answer is asked for.
enum class answer_form : std::uint8_t { whole, streamed };

/// A reply whose provider didn't say what it cost has `usage.estimated` set and no tokens: whoever has a tokenizer
/// fills them in.
using reply_or_error = std::variant<chat_reply, provider_error>;
using vectors_or_error = std::variant<embedding_reply, provider_error>;

/// Puts one streamed reply together.
class reply_stream {
 public:
  static constexpr std::size_t tool_calls_max = 128;  ///< of one reply; beyond it the answer is malformed

  virtual ~reply_stream() = default;
  /// Takes one event; `delta` (cleared) gets what it adds. An error ends the stream.
  [[nodiscard]] virtual std::optional<provider_error> on_event(const sse_event& event, chat_delta& delta) = 0;
  /// Whether the provider said that nothing more comes.
  [[nodiscard]] virtual bool is_complete() const noexcept = 0;
  /// The end of the stream: the whole reply, `rest` (cleared) gets what was kept back; or what is missing.
  [[nodiscard]] virtual reply_or_error finish(chat_delta& rest) = 0;
};

/// A dialect. Stateless, lives for ever.
class dialect {
 public:
  virtual ~dialect() = default;
  /// The request over HTTP, key included. Errors: errc::invalid_argument, errc::parse (a schema that is no JSON),
  /// errc::unsupported (what the provider can't do; the advice says what to leave out).
  [[nodiscard]] virtual result<http_request> write_request(const model_endpoint& endpoint,
                                                           const chat_request& request, answer_form form) const = 0;
  /// The body of a whole answer to `request`.
  [[nodiscard]] virtual reply_or_error read_reply(std::string_view body, const chat_request& request) const = 0;
  [[nodiscard]] virtual std::unique_ptr<reply_stream> start_reply(const chat_request& request) const = 0;

  [[nodiscard]] virtual result<http_request> write_request(const model_endpoint& endpoint,
                                                           const embedding_request& request) const = 0;
  [[nodiscard]] virtual vectors_or_error read_vectors(std::string_view body,
                                                      const embedding_request& request) const = 0;
};

[[nodiscard]] const dialect& dialect_of(model_dialect name) noexcept;

/// A request to `path` of the endpoint with its timeouts, limits and headers; the dialect adds the key and the body.
[[nodiscard]] http_request start_request(const model_endpoint& endpoint, std::string_view path);

/// The name under which the answer to `request` is asked for when it has a schema.
[[nodiscard]] std::string answer_name(const chat_request& request);

/// `text` as the JSON value it has to be; `what` names it in the error. Errors: errc::parse, errc::limit.
[[nodiscard]] result<dynamic_value> read_schema(const std::string& text, std::string_view what);

/// `text` with what isn't UTF-8 repaired: providers refuse anything else.
[[nodiscard]] std::string sendable(std::string_view text);

}  // namespace sage::llm
