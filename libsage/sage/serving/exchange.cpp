#include "sage/serving/exchange.hpp"

#include <algorithm>
#include <utility>

namespace sage::serving {

namespace {

class held_exchange final : public response_stream {
 public:
  explicit held_exchange(std::shared_ptr<exchange> of) : of_(std::move(of)) {}
  ~held_exchange() override { of_->abandon(); }
  held_exchange(const held_exchange&) = delete;
  held_exchange& operator=(const held_exchange&) = delete;

  [[nodiscard]] std::uint64_t id() const noexcept override { return of_->id(); }
  bool send(int status, const http_headers& headers, std::string_view body) override {
    return of_->send(status, headers, body);
  }
  bool begin(int status, const http_headers& headers) override { return of_->begin(status, headers); }
  bool write(std::string_view bytes) override { return of_->write(bytes); }
  bool end() override { return of_->end(); }
  bool fail(const http_problem& problem) override { return of_->fail(problem); }
  void set_on_gone(std::function<void()> callback) override { of_->set_on_gone(std::move(callback)); }
  [[nodiscard]] bool is_gone() const override { return of_->is_gone(); }
  [[nodiscard]] std::size_t pending_bytes() const override { return of_->pending_bytes(); }

 private:
  std::shared_ptr<exchange> of_;
};

}  // namespace

std::shared_ptr<response_stream> make_response_stream(std::shared_ptr<exchange> of) {
  return std::make_shared<held_exchange>(std::move(of));
}

void exchange::wake_locked() {
  if (is_awake_ || !wake_) return;
  is_awake_ = true;
  wake_();
}

// Wakes again: the connection may wait for a client, and then hasn't taken what it was woken for.
void exchange::break_locked() {
  stage_ = stage::broken;
  is_awake_ = false;
  wake_locked();
}

bool exchange::send(int status, const http_headers& headers, std::string_view body) {
  const std::lock_guard lock(mutex_);
  return send_locked(status, headers, body);
}

bool exchange::send_locked(int status, const http_headers& headers, std::string_view body) {
  if (stage_ != stage::waiting) return false;
  const std::size_t before = pending_.size();
  append_head(pending_, status, headers, {body.size(), false, traits_.closes || closes_later_, traits_.is_http_1_0});
  if (has_body(status) && !traits_.is_head) pending_ += body;
  pending_bytes_ += pending_.size() - before;
  stage_ = stage::complete;
  status_ = status;
  gone_ = nullptr;
  wake_locked();
  return true;
}

bool exchange::begin(int status, const http_headers& headers) {
  const std::lock_guard lock(mutex_);
  if (stage_ != stage::waiting) return false;
  is_chunked_ = !traits_.is_http_1_0 && has_body(status);
  // Without chunks the end of the connection is the end of the body.
  closes_later_ = closes_later_ || !is_chunked_;
  append_head(pending_, status, headers,
              {std::nullopt, is_chunked_, traits_.closes || closes_later_, traits_.is_http_1_0});
  pending_bytes_ += pending_.size();
  stage_ = stage::streaming;
  status_ = status;
  wake_locked();
  return true;
}

bool exchange::write(std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (stage_ != stage::streaming) return false;
  if (traits_.is_head || !has_body(status_) || bytes.empty()) return true;
  if (pending_bytes_ >= traits_.pending_bytes_max) {
    break_locked();
    return false;
  }
  const std::size_t before = pending_.size();
  if (is_chunked_) {
    append_chunk(pending_, bytes);
  } else {
    pending_ += bytes;
  }
  pending_bytes_ += pending_.size() - before;
  wake_locked();
  return true;
}

bool exchange::end() {
  const std::lock_guard lock(mutex_);
  if (stage_ != stage::streaming) return false;
  if (is_chunked_ && !traits_.is_head) {
    pending_ += last_chunk;
    pending_bytes_ += last_chunk.size();
  }
  stage_ = stage::complete;
  gone_ = nullptr;
  wake_locked();
  return true;
}

bool exchange::fail(const http_problem& problem) {
  http_headers headers{{"Content-Type", "application/json"}};
  if (problem.retry_after_s > 0) headers.emplace_back("Retry-After", std::to_string(problem.retry_after_s));
  if (problem.status == 401) headers.emplace_back("WWW-Authenticate", "Bearer");
  const std::string body = problem.to_json();
  const std::lock_guard lock(mutex_);
  if (send_locked(problem.status, headers, body)) return true;
  if (stage_ != stage::streaming) return false;
  gone_ = nullptr;
  break_locked();
  return true;
}

void exchange::abandon() {
  http_problem problem;
  problem.status = 500;
  problem.message = "the request was given up without an answer";
  fail(problem);
}

void exchange::set_on_gone(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (stage_ != stage::gone) {
      if (stage_ != stage::complete) gone_ = std::move(callback);
      return;
    }
  }
  if (callback) callback();
}

bool exchange::is_gone() const {
  const std::lock_guard lock(mutex_);
  return stage_ == stage::gone || stage_ == stage::broken;
}

std::size_t exchange::pending_bytes() const {
  const std::lock_guard lock(mutex_);
  return pending_bytes_;
}

void exchange::set_wake(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(callback);
  if (!pending_.empty() || stage_ == stage::broken) wake_locked();
}

exchange::progress exchange::take(std::string& to) {
  const std::lock_guard lock(mutex_);
  is_awake_ = false;
  if (stage_ == stage::broken) return progress::broken;
  to.swap(pending_);
  return stage_ == stage::complete ? progress::complete : progress::running;
}

void exchange::on_written(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  pending_bytes_ -= std::min(bytes, pending_bytes_);
}

void exchange::close_after() {
  const std::lock_guard lock(mutex_);
  if (stage_ == stage::waiting) closes_later_ = true;
}

bool exchange::closes() const {
  const std::lock_guard lock(mutex_);
  return traits_.closes || closes_later_;
}

bool exchange::is_complete() const {
  const std::lock_guard lock(mutex_);
  return stage_ == stage::complete;
}

bool exchange::is_broken() const {
  const std::lock_guard lock(mutex_);
  return stage_ == stage::broken;
}

int exchange::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void exchange::on_gone() {
  std::function<void()> callback;
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    wake = std::exchange(wake_, nullptr);
    callback = std::exchange(gone_, nullptr);
    pending_ = {};
    pending_bytes_ = 0;
    if (stage_ == stage::complete) return;
    stage_ = stage::gone;
  }
  if (callback) callback();
}

}  // namespace sage::serving
