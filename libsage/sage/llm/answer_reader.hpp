/// Reads one answer of a provider as it comes off the wire.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/clock.hpp"
#include "sage/llm/dialects/dialect.hpp"
#include "sage/llm/http/sse_parser.hpp"
#include "sage/llm/model_call.hpp"

namespace sage::llm {

/// The body of an answer that is read as a whole, and what all answers have in common: errors by status, redaction.
class answer_reader : public http_listener {
 public:
  void on_head(std::uint32_t status, const http_headers& headers) final;
  body_verdict on_body(std::string_view bytes) final;
  void on_done(const http_outcome& outcome) final;

 protected:
  answer_reader(const model_endpoint& endpoint, const clock& time);

  /// Whether the body is to be read piece by piece, by `on_piece`.
  [[nodiscard]] virtual bool is_stream(const http_headers& headers) = 0;
  virtual body_verdict on_piece(std::string_view bytes) = 0;
  /// The end of a stream that broke no rule of HTTP.
  virtual void on_stream_end() = 0;
  virtual void on_whole(std::string_view body) = 0;
  virtual void on_failure(const provider_error& problem) = 0;

  /// Tells the listener, once, without the key.
  void fail(provider_error problem);
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  void set_over() noexcept { over_ = true; }

 private:
  static constexpr std::size_t error_bytes_max = 64 << 10;  // of the body of an answer without success

  secret<std::string> key_;
  const clock& time_;
  std::uint32_t status_ = 0;
  http_headers headers_;  // of an answer without success
  bool streamed_ = false;
  bool over_ = false;  // the listener has heard the end
  std::string body_;
};

/// The answer to a chat request.
class chat_answer_reader final : public answer_reader {
 public:
  chat_answer_reader(const model_endpoint& endpoint, const clock& time, const chat_request& request, answer_form form,
                     std::shared_ptr<model_call_listener> listener);

  body_verdict on_resume() override;

 private:
  bool is_stream(const http_headers& headers) override;
  body_verdict on_piece(std::string_view bytes) override;
  void on_stream_end() override;
  void on_whole(std::string_view body) override;
  void on_failure(const provider_error& problem) override { listener_->on_failure(problem); }

  body_verdict take_events();
  void end_stream();
  void tell(reply_or_error outcome);
  flow tell(chat_delta delta);

  const dialect& dialect_;
  chat_request context_;  // what of the request is needed to read the answer: not the messages
  answer_form form_;
  std::shared_ptr<model_call_listener> listener_;
  sse_parser events_;
  std::unique_ptr<reply_stream> reply_;
};

/// The answer to an embedding request.
class embedding_answer_reader final : public answer_reader {
 public:
  embedding_answer_reader(const model_endpoint& endpoint, const clock& time, embedding_request request,
                          std::shared_ptr<embedding_call_listener> listener);

 private:
  bool is_stream(const http_headers&) override { return false; }
  body_verdict on_piece(std::string_view) override { return body_verdict::stop; }
  void on_stream_end() override {}
  void on_whole(std::string_view body) override;
  void on_failure(const provider_error& problem) override { listener_->on_failure(problem); }

  const dialect& dialect_;
  embedding_request request_;
  std::shared_ptr<embedding_call_listener> listener_;
};

}  // namespace sage::llm
