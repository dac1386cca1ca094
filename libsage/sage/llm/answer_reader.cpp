#include "sage/llm/answer_reader.hpp"

#include <utility>

namespace sage::llm {

answer_reader::answer_reader(const model_endpoint& endpoint, const clock& time) : key_(endpoint.key), time_(time) {}

void answer_reader::on_head(std::uint32_t status, const http_headers& headers) {
  status_ = status;
  const bool success = status >= 200 && status < 300;
  if (success) {
    streamed_ = is_stream(headers);
  } else {
    headers_ = headers;
  }
}

body_verdict answer_reader::on_body(std::string_view bytes) {
  if (streamed_) return on_piece(bytes);
  const bool success = status_ >= 200 && status_ < 300;
  if (success || body_.size() < error_bytes_max) {
    body_.append(success ? bytes : bytes.substr(0, error_bytes_max - body_.size()));
    return body_verdict::more;
  }
  // An error that goes on and on: what there is says enough.
  fail(error_of_answer(status_, headers_, body_, time_.wall_ms()));
  return body_verdict::stop;
}

void answer_reader::on_done(const http_outcome& outcome) {
  if (over_) return;
  if (status_ >= 300 || (status_ != 0 && status_ < 200)) {
    // Also when the connection broke inside it: the status alone says more than that.
    if (outcome.failure != http_failure::cancelled) {
      fail(error_of_answer(status_, headers_, body_, time_.wall_ms()));
      return;
    }
  }
  if (outcome.failure != http_failure::none) {
    fail(error_of_outcome(outcome, status_ != 0));
  } else if (streamed_) {
    on_stream_end();
  } else {
    on_whole(body_);
  }
}

void answer_reader::fail(provider_error problem) {
  over_ = true;
  if (problem.status == 0) problem.status = status_;
  for (std::string* text : {&problem.message, &problem.type, &problem.code}) hide_secret(*text, key_);
  on_failure(problem);
}

namespace {

chat_request context_of(const chat_request& request) {
  chat_request context;
  context.output_schema = request.output_schema;
  context.output_schema_name = request.output_schema_name;
  return context;
}

}  // namespace

chat_answer_reader::chat_answer_reader(const model_endpoint& endpoint, const clock& time, const chat_request& request,
                                       answer_form form, std::shared_ptr<model_call_listener> listener)
    : answer_reader(endpoint, time),
      dialect_(dialect_of(endpoint.dialect)),
      context_(context_of(request)),
      form_(form),
      listener_(std::move(listener)),
      events_(endpoint.event_bytes_max) {}

bool chat_answer_reader::is_stream(const http_headers& headers) {
  if (form_ == answer_form::whole) return false;
  // Some servers answer whole although a stream was asked for, or send an error with status 200.
  const std::string_view type = find_header(headers, "content-type");
  if (type.find("application/json") != std::string_view::npos) return false;
  reply_ = dialect_.start_reply(context_);
  return true;
}

body_verdict chat_answer_reader::on_piece(std::string_view bytes) {
  // After the end nothing more is to come.
  if (is_over()) return body_verdict::stop;
  events_.push(bytes);
  return take_events();
}

body_verdict chat_answer_reader::on_resume() {
  return take_events();
}

body_verdict chat_answer_reader::take_events() {
  sse_event event;
  chat_delta delta;
  while (!is_over()) {
    const auto more = events_.next(event);
    if (!more) {
      provider_error problem = malformed_answer("the stream has " + more.error().message());
      problem.failure = provider_failure::too_large;
      problem.retryable = false;
      fail(std::move(problem));
      return body_verdict::stop;
    }
    if (!*more) return body_verdict::more;
    if (auto problem = reply_->on_event(event, delta)) {
      fail(std::move(*problem));
      return body_verdict::stop;
    }
    const flow wish = tell(std::exchange(delta, {}));
    if (reply_->is_complete()) end_stream();
    if (wish == flow::full && !is_over()) return body_verdict::pause;
  }
  return body_verdict::more;
}

void chat_answer_reader::on_stream_end() {
  // The last event may lack the empty line behind it.
  events_.push("\n\n");
  take_events();
  if (!is_over()) end_stream();
}

void chat_answer_reader::end_stream() {
  chat_delta rest;
  reply_or_error outcome = reply_->finish(rest);
  tell(std::move(rest));
  tell(std::move(outcome));
}

void chat_answer_reader::on_whole(std::string_view body) {
  reply_or_error outcome = dialect_.read_reply(body, context_);
  if (auto* reply = std::get_if<chat_reply>(&outcome); reply && form_ == answer_form::streamed) {
    // A stream of one.
    chat_delta all;
    all.text = reply->text;
    all.logprobs = reply->logprobs;
    for (std::size_t i = 0; i < reply->tool_calls.size(); ++i) {
      const chat_tool_call& call = reply->tool_calls[i];
      all.tool_calls.push_back({static_cast<std::uint32_t>(i), call.id, call.name, call.arguments});
    }
    tell(std::move(all));
  }
  tell(std::move(outcome));
}

flow chat_answer_reader::tell(chat_delta delta) {
  if (delta == chat_delta()) return flow::more;
  return listener_->on_delta(std::move(delta));
}

void chat_answer_reader::tell(reply_or_error outcome) {
  if (auto* problem = std::get_if<provider_error>(&outcome)) {
    fail(std::move(*problem));
    return;
  }
  set_over();
  listener_->on_reply(std::move(*std::get_if<chat_reply>(&outcome)));
}

embedding_answer_reader::embedding_answer_reader(const model_endpoint& endpoint, const clock& time,
                                                 embedding_request request,
                                                 std::shared_ptr<embedding_call_listener> listener)
    : answer_reader(endpoint, time),
      dialect_(dialect_of(endpoint.dialect)),
      request_(std::move(request)),
      listener_(std::move(listener)) {}

void embedding_answer_reader::on_whole(std::string_view body) {
  vectors_or_error outcome = dialect_.read_vectors(body, request_);
  if (auto* problem = std::get_if<provider_error>(&outcome)) {
    fail(std::move(*problem));
    return;
  }
  set_over();
  listener_->on_vectors(std::move(*std::get_if<embedding_reply>(&outcome)));
}

}  // namespace sage::llm
