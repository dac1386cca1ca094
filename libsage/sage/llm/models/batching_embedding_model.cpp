#include "sage/llm/models/batching_embedding_model.hpp"

#include <algorithm>
#include <exception>
#include <optional>

#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage {

namespace {

using vectors = std::vector<std::vector<float>>;
using llm::provider_failure;

// Whether one of several texts may be the cause. Asking again in pieces would only be a burden to a provider that is
// down or has too much to do.
bool is_divisible(const std::exception_ptr& problem) {
  constexpr std::uint32_t internal_error = 500;
  try {
    std::rethrow_exception(problem);
  } catch (const llm::model_error& its) {
    switch (its.details().failure) {
      case provider_failure::refused:
      case provider_failure::malformed:
      case provider_failure::too_large:
      case provider_failure::invalid_request: return true;
      case provider_failure::overloaded: return its.details().status == internal_error;
      default: return false;
    }
  } catch (...) {
    return true;
  }
}

std::exception_ptr wrong_count(std::size_t came, std::size_t asked, std::string_view name) {
  return std::make_exception_ptr(
      llm::model_error(llm::malformed_answer("the answer has " + std::to_string(came) + " vectors for " +
                                             std::to_string(asked) + " texts"),
                       std::string(name)));
}

}  // namespace

/// One call, in its frame: waits until it has its vectors, or is to make a request.
class batching_embedding_model::call final : public functions::outside_wait {
 public:
  call(batching_embedding_model& owner, const std::vector<std::string>& texts)
      : owner_(owner), texts_(texts), made_(texts.size()) {}
  ~call() { leave(); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <functions::sage_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiter) {
    if (!is_known_) ticket_ = expect(waiter.promise());
    return wait();
  }
  void await_resume() const noexcept {}
  void on_event() noexcept override {
    {
      const std::lock_guard lock(owner_.mutex_);
      if (!is_waiting_ || !has_news()) return;
      is_waiting_ = false;
    }
    go_on();
  }
  /// A branch that is given up while it waits holds up nobody, however long its frames stay.
  void on_abandoned() noexcept override { leave(); }

  /// Whether it is to make a request; else it is over.
  [[nodiscard]] bool has_request() const noexcept { return request_.has_value(); }
  /// What the request asks for.
  [[nodiscard]] const std::vector<std::string>& asked() const noexcept { return shared_.empty() ? texts_ : shared_; }
  /// The request has ended: tells everybody in it.
  void end_request(vectors came, std::exception_ptr problem);
  [[nodiscard]] vectors take() {
    if (problem_) std::rethrow_exception(problem_);
    return std::move(made_);
  }

 private:
  friend class batching_embedding_model;

  [[nodiscard]] bool has_news() const noexcept { return request_.has_value() || is_over_; }
  bool wait();
  void leave() noexcept;
  void be_over(std::exception_ptr problem, std::vector<ring>& rings) {
    is_over_ = true;
    problem_ = std::move(problem);
    owner_.calls_.erase(id_);
    ring_if_waiting(rings);
  }
  void ring_if_waiting(std::vector<ring>& rings) {
    if (is_waiting_) rings.push_back({inbox_, ticket_});
  }
  static void ring_all(const std::vector<ring>& rings) {
    for (const ring& one : rings) one.inbox->ring(one.ticket);
  }

  batching_embedding_model& owner_;
  const std::vector<std::string>& texts_;
  functions::wake_ticket ticket_;
  std::shared_ptr<functions::task_inbox> inbox_;
  // Under the owner's lock:
  vectors made_;
  std::exception_ptr problem_;
  llm::text_gatherer::call_id id_ = 0;
  std::optional<llm::text_gatherer::request> request_;
  std::vector<std::string> shared_;  // the texts of a request that isn't of this call's texts alone
  bool is_known_ = false;            // the gatherer has it
  bool is_waiting_ = false;
  bool is_over_ = false;
};

// Returns whether the task has to wait.
bool batching_embedding_model::call::wait() {
  std::vector<ring> rings;
  {
    const std::lock_guard lock(owner_.mutex_);
    if (!is_known_) {
      inbox_ = loop().inbox();
      std::vector<std::size_t> bytes;
      bytes.reserve(texts_.size());
      for (const std::string& text : texts_) bytes.push_back(text.size());
      id_ = ++owner_.last_;
      if (!owner_.gatherer_.add(id_, std::move(bytes))) {
        llm::provider_error full;
        full.failure = provider_failure::crowded;
        full.retryable = true;
        full.message = "too many texts wait for the embedding model";
        throw llm::model_error(std::move(full), std::string(owner_.name()));
      }
      is_known_ = true;
      owner_.calls_.emplace(id_, this);
      owner_.hand_out(this, rings);
    }
    is_waiting_ = !has_news();
  }
  ring_all(rings);
  return is_waiting_;
}

void batching_embedding_model::call::end_request(vectors came, std::exception_ptr problem) {
  std::vector<ring> rings;
  const std::size_t asked_for = asked().size();
  if (!problem && came.size() != asked_for) problem = wrong_count(came.size(), asked_for, owner_.name());
  const bool divisible = problem && is_divisible(problem);
  {
    const std::lock_guard lock(owner_.mutex_);
    const llm::text_gatherer::request ended = std::move(*request_);
    request_.reset();
    shared_.clear();
    if (problem) {
      for (const auto id : owner_.gatherer_.on_failure(ended.id, divisible)) {
        owner_.calls_.at(id)->be_over(problem, rings);
      }
    } else {
      std::size_t at = 0;
      for (const llm::text_gatherer::piece& one : ended.pieces) {
        const auto found = owner_.calls_.find(one.call);
        if (found != owner_.calls_.end()) {
          std::move(came.begin() + static_cast<std::ptrdiff_t>(at),
                    came.begin() + static_cast<std::ptrdiff_t>(at + one.end - one.begin),
                    found->second->made_.begin() + static_cast<std::ptrdiff_t>(one.begin));
        }
        at += one.end - one.begin;
      }
      for (const auto id : owner_.gatherer_.on_success(ended.id)) owner_.calls_.at(id)->be_over(nullptr, rings);
    }
    owner_.hand_out(is_over_ ? nullptr : this, rings);
  }
  ring_all(rings);
}

void batching_embedding_model::call::leave() noexcept {
  std::vector<ring> rings;
  {
    const std::lock_guard lock(owner_.mutex_);
    if (!is_known_ || is_over_) return;
    is_over_ = true;
    is_waiting_ = false;
    owner_.calls_.erase(id_);
    owner_.gatherer_.remove(id_);
    if (request_) owner_.gatherer_.on_abandoned(request_->id);
    request_.reset();
    owner_.hand_out(nullptr, rings);
  }
  ring_all(rings);
}

batching_embedding_model::batching_embedding_model(std::shared_ptr<embedding_model> inner,
                                                   llm::gathering_limits limits)
    : inner_(std::move(inner)), gatherer_(limits) {}

std::size_t batching_embedding_model::waiting() const {
  const std::lock_guard lock(mutex_);
  return gatherer_.texts();
}

void batching_embedding_model::hand_out(call* mine, std::vector<ring>& rings) {
  while (std::optional<llm::text_gatherer::request> next = gatherer_.begin()) {
    const bool is_mine = mine && std::any_of(next->pieces.begin(), next->pieces.end(),
                                             [mine](const auto& one) { return one.call == mine->id_; });
    call& maker = is_mine ? *mine : *calls_.at(next->pieces.front().call);
    const bool is_all_its_own = next->pieces.size() == 1 && next->pieces.front().begin == 0 &&
                                next->pieces.front().end == maker.texts_.size();
    if (!is_all_its_own) {
      for (const llm::text_gatherer::piece& one : next->pieces) {
        const std::vector<std::string>& from = calls_.at(one.call)->texts_;
        maker.shared_.insert(maker.shared_.end(), from.begin() + static_cast<std::ptrdiff_t>(one.begin),
                             from.begin() + static_cast<std::ptrdiff_t>(one.end));
      }
    }
    maker.request_ = std::move(*next);
    maker.ring_if_waiting(rings);
  }
}

task<vectors> batching_embedding_model::embed(const std::vector<std::string>& texts) {
  if (texts.empty()) co_return vectors();
  call mine(*this, texts);
  for (;;) {
    co_await mine;
    if (!mine.has_request()) break;
    vectors came;
    std::exception_ptr problem;
    try {
      vectors all = co_await inner_->embed(mine.asked());
      came = std::move(all);
    } catch (...) {
      problem = std::current_exception();
    }
    mine.end_request(std::move(came), problem);
  }
  co_return mine.take();
}

}  // namespace sage
