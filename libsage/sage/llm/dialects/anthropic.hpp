/// Anthropic's messages API.
#pragma once

#include <string>
#include <vector>

#include "sage/llm/dialects/dialect.hpp"
#include "sage/llm/dialects/provider_json.hpp"

namespace sage::llm {

/// The dialect. An output schema becomes a tool that the model has to call, whose arguments are the answer's text.
/// There are no embeddings, seeds and logprobs: they are refused with errc::unsupported. What the model thinks is
/// left out.
///
/// Source  docs.anthropic.com/en/api/messages, .../messages-streaming
class anthropic_dialect final : public dialect {
 public:
  result<http_request> write_request(const model_endpoint& endpoint, const chat_request& request,
                                     answer_form form) const override;
  reply_or_error read_reply(std::string_view body, const chat_request& request) const override;
  std::unique_ptr<reply_stream> start_reply(const chat_request& request) const override;
  result<http_request> write_request(const model_endpoint& endpoint, const embedding_request& request) const override;
  vectors_or_error read_vectors(std::string_view body, const embedding_request& request) const override;
};

/// The body of a messages request.
[[nodiscard]] result<std::string> write_anthropic_chat(const model_endpoint& endpoint, const chat_request& request,
                                                       answer_form form);

/// One streamed reply. `answer_tool` is the name of the tool that stands for the output schema, or empty.
class anthropic_reply_stream final : public reply_stream {
 public:
  explicit anthropic_reply_stream(std::string answer_tool) : answer_tool_(std::move(answer_tool)) {}

  std::optional<provider_error> on_event(const sse_event& event, chat_delta& delta) override;
  bool is_complete() const noexcept override { return done_; }
  reply_or_error finish(chat_delta& rest) override;

 private:
  struct block {
    enum class kind : std::uint8_t { text, call, answer, other };
    kind what = kind::other;
    std::size_t call = 0;  // in reply_.tool_calls
    text_joiner joiner;
  };

  std::optional<provider_error> on_block_start(const dynamic_value& event, chat_delta& delta);
  void on_block_delta(const dynamic_value& event, chat_delta& delta);
  void append(block& to, std::string_view piece, chat_delta& delta);
  /// Puts what the block's joiner gave where it belongs.
  void take(const block& from, std::string text, chat_delta& delta);

  std::string answer_tool_;
  std::string aside_;  // text around a call of the answer tool: counts only when there is none
  chat_reply reply_;
  std::vector<block> blocks_;  // by their index
  bool answered_ = false;      // by the answer tool
  bool has_usage_ = false;
  bool has_finish_ = false;
  bool done_ = false;
};

// Parts that both forms of an answer have.
[[nodiscard]] finish_reason anthropic_finish(std::string_view reason) noexcept;
/// Takes what `usage` says into `into`: later events say less.
void merge_anthropic_usage(chat_usage& into, const dynamic_value& usage);
/// The name of the tool that stands for the request's output schema, or empty.
[[nodiscard]] std::string answer_tool_of(const chat_request& request);

}  // namespace sage::llm
