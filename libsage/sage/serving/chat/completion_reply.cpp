#include "sage/serving/chat/completion_reply.hpp"

#include <utility>

#include "sage/serving/chat/chat_service.hpp"
#include "sage/serving/item_problem.hpp"

namespace sage::serving {

namespace {

constexpr int client_gone = 499;             // for logs: what proxies call a client that didn't wait
constexpr std::size_t tool_calls_max = 256;  // of one answer: as many as a request may repeat of them
constexpr std::uint64_t bytes_per_token_assumed = 4;

// What was sent to the model at least. The memory of a conversation is known to its agent alone.
std::uint64_t input_tokens_of(const completion_request& wanted) {
  std::size_t bytes = 0;
  for (const chat_message& message : wanted.chat.messages) bytes += message.text.size();
  return bytes / bytes_per_token_assumed + 1;
}

}  // namespace

completion_reply::completion_reply(std::weak_ptr<chat_service> service, request_record request,
                                   std::shared_ptr<response_stream> to, const completion_request& wanted,
                                   completion_name name)
    : service_(std::move(service)),
      request_(std::move(request)),
      to_(std::move(to)),
      streams_(wanted.stream),
      include_usage_(wanted.include_usage),
      name_(std::move(name)),
      text_(name_),
      input_tokens_assumed_(input_tokens_of(wanted)) {
  whole_.model = name_.model;
}

void completion_reply::on_part(const answer_part& part) {
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  note_seen(part);
  if (streams_) {
    stream(part);
  } else {
    gather(part);
  }
}

void completion_reply::stream(const answer_part& part) {
  if (!std::exchange(has_begun_, true)) {
    to_->begin(200,
               {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}, {"X-Request-Id", request_.id}});
  }
  if (!part.model.empty()) text_.from(part.model);
  chat_delta delta;
  delta.text = part.text;
  delta.tool_calls = part.tool_calls;
  delta.logprobs = part.logprobs;
  if (delta != chat_delta()) to_->write(text_.piece(delta));
  if (!part.done) return;
  whole_.usage = part.usage;
  to_->write(text_.end(part.finish, include_usage_ ? &part.usage : nullptr));
  to_->end();
  end(200);
}

void completion_reply::gather(const answer_part& part) {
  whole_.text += part.text;
  whole_.logprobs.insert(whole_.logprobs.end(), part.logprobs.begin(), part.logprobs.end());
  for (const chat_tool_call_delta& piece : part.tool_calls) {
    if (piece.index >= tool_calls_max) {
      if (item_) item_->stop(stop_reason::user);
      fail(refusal(500, "internal_error",
                   "the answer has more than " + std::to_string(tool_calls_max) + " tool calls"));
      return;
    }
    if (piece.index >= whole_.tool_calls.size()) whole_.tool_calls.resize(piece.index + 1);
    chat_tool_call& call = whole_.tool_calls[piece.index];
    if (!piece.id.empty()) call.id = piece.id;
    if (!piece.name.empty()) call.name = piece.name;
    call.arguments += piece.arguments;
  }
  if (!part.done) return;
  whole_.finish = part.finish;
  whole_.usage = part.usage;
  if (!part.model.empty()) name_.model = part.model;
  to_->send(200, {{"Content-Type", "application/json"}, {"X-Request-Id", request_.id}},
            render_completion(name_, whole_));
  end(200);
}

void completion_reply::on_unanswered(const item_end& end_of_item) noexcept {
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  whole_.usage = seen_;
  fail(problem_of(end_of_item));
}

void completion_reply::fail(const http_problem& problem) {
  if (has_begun_) {
    to_->write(text_.fail(problem));
    to_->end();
  } else {
    to_->fail(problem);
  }
  end(problem.status);
}

// A streamed piece is one token mostly; a longer one is counted by its bytes.
void completion_reply::note_seen(const answer_part& part) noexcept {
  const auto count = [&](std::size_t bytes) {
    if (bytes == 0) return;
    seen_.input_tokens = input_tokens_assumed_;
    seen_.output_tokens += (bytes + bytes_per_token_assumed - 1) / bytes_per_token_assumed;
    seen_.estimated = true;
  };
  count(part.text.size());
  for (const chat_tool_call_delta& piece : part.tool_calls) count(piece.arguments.size());
}

void completion_reply::attach(item_scope& item) noexcept {
  const std::lock_guard lock(mutex_);
  item_ = &item;
}

void completion_reply::on_gone() noexcept {
  const std::lock_guard lock(mutex_);
  if (is_over_ || !item_ || item_->keep_when_gone()) return;
  item_->stop(stop_reason::client);
}

void completion_reply::end(int status) {
  is_over_ = true;
  item_ = nullptr;
  if (to_->is_gone()) status = client_gone;
  if (const auto service = service_.lock()) service->on_end(request_, status, whole_.usage);
}

}  // namespace sage::serving
