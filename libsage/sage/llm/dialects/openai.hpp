/// OpenAI's chat completions and embeddings, as OpenAI and the many servers that copy it speak them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sage/llm/dialects/dialect.hpp"
#include "sage/llm/dialects/provider_json.hpp"

namespace sage::llm {

/// The dialect.
///
/// Accepts  beyond the specification: content as a list of parts, arguments as an object, calls without ids or index,
///          a missing finish_reason, usage or [DONE], NaN, half characters
/// Source   platform.openai.com/docs/api-reference/chat, .../embeddings
class openai_dialect final : public dialect {
 public:
  result<http_request> write_request(const model_endpoint& endpoint, const chat_request& request,
                                     answer_form form) const override;
  reply_or_error read_reply(std::string_view body, const chat_request& request) const override;
  std::unique_ptr<reply_stream> start_reply(const chat_request& request) const override;
  result<http_request> write_request(const model_endpoint& endpoint, const embedding_request& request) const override;
  vectors_or_error read_vectors(std::string_view body, const embedding_request& request) const override;
};

/// The body of a chat completions request.
[[nodiscard]] result<std::string> write_openai_chat(const model_endpoint& endpoint, const chat_request& request,
                                                    answer_form form);

/// One streamed reply.
class openai_reply_stream final : public reply_stream {
 public:
  std::optional<provider_error> on_event(const sse_event& event, chat_delta& delta) override;
  bool is_complete() const noexcept override { return done_; }
  reply_or_error finish(chat_delta& rest) override;

 private:
  struct call {
    std::uint64_t index = 0;  // the provider's
    text_joiner arguments;
  };

  void on_choice(const dynamic_value& choice, chat_delta& delta);
  bool on_tool_call(const dynamic_value& fragment, std::size_t position, chat_delta& delta);
  std::size_t find_call(const dynamic_value& fragment, const std::string& id, std::size_t position);

  chat_reply reply_;
  text_joiner text_;
  std::vector<call> calls_;  // beside reply_.tool_calls
  std::string last_id_;      // of the event, to leave out one that is sent twice
  bool has_usage_ = false;
  bool has_choice_ = false;
  bool has_finish_ = false;
  bool done_ = false;
  bool refused_ = false;
  bool too_many_calls_ = false;
};

// Parts that both forms of an answer have.
[[nodiscard]] finish_reason openai_finish(std::string_view reason) noexcept;
[[nodiscard]] chat_usage openai_usage(const dynamic_value& usage);
/// The text of `content`: a text or a list of parts.
[[nodiscard]] std::string openai_content(const dynamic_value* content);
void append_openai_logprobs(std::vector<token_logprob>& out, const dynamic_value& choice);
/// Arguments are a text of JSON; some servers send the object itself.
[[nodiscard]] std::string openai_arguments(const dynamic_value* arguments);
/// Gives calls without an id one, and makes the reason for the end fit what is there.
void complete_openai_reply(chat_reply& reply, bool has_finish);

}  // namespace sage::llm
