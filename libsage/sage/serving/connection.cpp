#include "sage/serving/connection.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/assert.hpp"

namespace sage::serving {

namespace {

constexpr std::size_t kept_capacity_bytes_max = 4096;  // of buffers of a connection that waits

http_problem timed_out(std::string message) {
  http_problem problem;
  problem.status = 408;
  problem.message = std::move(message);
  problem.closes = true;
  return problem;
}

// A connection may wait for hours: what a long request needed isn't kept.
void clear(std::string& text) {
  text.clear();
  if (text.capacity() > kept_capacity_bytes_max) text.shrink_to_fit();
}

constexpr nanoseconds later(nanoseconds now, std::uint32_t ms) noexcept {
  return now + static_cast<nanoseconds>(ms) * 1'000'000;
}

}  // namespace

connection::connection(const surroundings& around, nanoseconds now)
    : around_(around), reader_(around.hosts, around.limits), deadline_(later(now, around.limits.header_ms_max)) {}

connection::~connection() {
  cut();
}

bool connection::wants_input() const noexcept {
  if (input_ended_) return false;
  switch (phase_) {
    case phase::reading:
    case phase::leaving: return true;
    case phase::arrived:
    case phase::answering: return input_.size() < around_.limits.read_ahead_bytes_max;
    case phase::closed: break;
  }
  return false;
}

std::string_view connection::output() const noexcept {
  return phase_ == phase::closed ? std::string_view() : std::string_view(output_).substr(written_);
}

bool connection::wants_half_close() const noexcept {
  return phase_ == phase::leaving && written_ == output_.size() && notice_.empty();
}

void connection::on_bytes(std::string_view bytes, nanoseconds now) {
  if (phase_ == phase::leaving || phase_ == phase::closed) return;  // they are read only to be away
  input_ += bytes;
  read_on(now);
}

void connection::read_on(nanoseconds now) {
  while (phase_ == phase::reading && !input_.empty()) {
    const bool had_begun = reader_.has_begun();
    const std::size_t used = reader_.feed(input_);
    input_.erase(0, used);
    if (!had_begun && reader_.has_begun()) deadline_ = later(now, around_.limits.header_ms_max);
    take_body_bytes(now);
    switch (reader_.at()) {
      case request_reader::stage::head:
        if (used == 0) return;
        break;
      case request_reader::stage::body:
        if (!in_body_) {
          on_body(now);
        } else if (used == 0) {
          return;
        }
        break;
      case request_reader::stage::complete:
        phase_ = phase::arrived;
        deadline_ = 0;
        return_body_bytes();
        break;
      case request_reader::stage::refused: refuse(reader_.problem(), now); break;
    }
  }
  if (input_.empty()) clear(input_);
}

void connection::on_body(nanoseconds now) {
  in_body_ = true;
  deadline_ = later(now, around_.limits.body_ms_max);
  if (!reader_.head().expects_continue || !input_.empty()) return;
  notice_ += continue_head;
  refill(now);
}

void connection::take_body_bytes(nanoseconds now) {
  const std::size_t bytes = reader_.body_bytes();
  if (phase_ != phase::reading || bytes <= body_bytes_) return;
  if (around_.shared.take_body_bytes(bytes - body_bytes_)) {
    body_bytes_ = bytes;
    return;
  }
  http_problem problem;
  problem.status = 503;
  problem.message = "too many requests with long bodies are coming in; try again";
  problem.retry_after_s = 1;
  problem.closes = true;
  refuse(problem, now);
}

void connection::return_body_bytes() {
  if (body_bytes_ > 0) around_.shared.return_body_bytes(std::exchange(body_bytes_, 0));
}

std::optional<connection::arrival> connection::take_request(std::uint64_t id, nanoseconds now) {
  if (phase_ != phase::arrived) return std::nullopt;
  exchange::traits traits;
  traits.id = id;
  traits.is_head = reader_.head().method == "HEAD";
  traits.is_http_1_0 = reader_.head().is_http_1_0;
  traits.closes =
      !reader_.head().keeps_alive || drains_ || requests_ + 1 >= around_.limits.requests_per_connection_max;
  traits.pending_bytes_max = around_.limits.response_bytes_pending_max;
  exchange_ = std::make_shared<exchange>(traits);
  answer_is_taken_ = false;
  in_body_ = false;
  phase_ = phase::answering;
  arrival made{reader_.take(), exchange_};
  made.request.id = id;
  made.request.received = now;
  return made;
}

void connection::on_output(nanoseconds now) {
  if (phase_ != phase::answering) return;
  // Also while a slow client still has something to take: what comes behind it will never be.
  if (exchange_->is_broken()) {
    cut();
  } else {
    refill(now);
  }
}

// Fills an output that was written with what there is next. One that is being written stays as it is.
void connection::refill(nanoseconds now) {
  if (written_ < output_.size()) return;
  clear(output_);
  written_ = 0;
  if (!notice_.empty()) {
    output_ = std::exchange(notice_, {});
  } else if (exchange_ && !answer_is_taken_) {
    const auto progress = exchange_->take(output_);
    if (progress == exchange::progress::broken) {
      cut();
      return;
    }
    answer_is_taken_ = progress == exchange::progress::complete;
  }
  stalled_since_ = now;
}

void connection::on_written(std::size_t bytes, nanoseconds now) {
  if (phase_ == phase::closed) return;
  written_ += bytes;
  SAGE_ASSERT(written_ <= output_.size());
  stalled_since_ = now;
  if (exchange_) exchange_->on_written(bytes);
  if (written_ < output_.size()) return;
  if (exchange_ && answer_is_taken_) {
    finish_answer(now);
  } else {
    refill(now);
  }
  if (wants_half_close()) leave(now);
}

void connection::finish_answer(nanoseconds now) {
  const bool is_last = exchange_->closes() || drains_;
  exchange_->on_gone();
  exchange_.reset();
  clear(output_);
  written_ = 0;
  ++requests_;
  if (is_last) {
    leave(now);
    return;
  }
  phase_ = phase::reading;
  deadline_ = later(now, around_.limits.idle_ms_max);
  read_on(now);
}

// What a client still sends is read for a while: closing on unread bytes would take back the answer.
void connection::leave(nanoseconds now) {
  if (input_ended_) {
    cut();
    return;
  }
  phase_ = phase::leaving;
  return_body_bytes();
  clear(input_);
  deadline_ = later(now, around_.limits.linger_ms_max);
}

void connection::refuse(const http_problem& problem, nanoseconds now) {
  http_headers headers{{"Content-Type", "application/json"}};
  if (problem.retry_after_s > 0) headers.emplace_back("Retry-After", std::to_string(problem.retry_after_s));
  const std::string body = problem.to_json();
  append_head(notice_, problem.status, headers, {body.size(), false, true, false});
  notice_ += body;
  was_refused_ = true;
  leave(now);
  refill(now);
}

void connection::on_input_end(nanoseconds now) {
  input_ended_ = true;
  switch (phase_) {
    case phase::answering:
      // A client that has sent its last may still want what is complete; nothing else can be told from gone.
      if (exchange_->is_complete()) {
        drains_ = true;
        refill(now);
        return;
      }
      break;
    case phase::reading:
    case phase::arrived:
    case phase::leaving:
    case phase::closed: break;
  }
  cut();
}

void connection::on_tick(nanoseconds now) {
  if (phase_ == phase::closed) return;
  if (!output().empty() && now >= later(stalled_since_, around_.limits.write_stall_ms_max)) {
    cut();
    return;
  }
  if (deadline_ == 0 || now < deadline_) return;
  if (phase_ != phase::reading || !reader_.has_begun()) {
    cut();
  } else if (in_body_) {
    refuse(timed_out("the body took longer than " + std::to_string(around_.limits.body_ms_max) + " ms"), now);
  } else {
    refuse(timed_out("the head took longer than " + std::to_string(around_.limits.header_ms_max) + " ms"), now);
  }
}

void connection::on_drain() {
  drains_ = true;
  if (exchange_) exchange_->close_after();
  if (phase_ == phase::reading && !reader_.has_begun() && input_.empty()) cut();
}

void connection::cut() {
  if (phase_ == phase::closed) return;
  phase_ = phase::closed;
  return_body_bytes();
  if (exchange_) std::exchange(exchange_, nullptr)->on_gone();
}

}  // namespace sage::serving
