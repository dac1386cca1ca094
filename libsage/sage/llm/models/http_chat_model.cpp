#include "sage/llm/models/http_chat_model.hpp"

#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "sage/base/spin_lock.hpp"
#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/model_call.hpp"
#include "sage/llm/models/model_error.hpp"

namespace sage {

namespace {

// Pieces between the I/O thread and the task: enough that neither waits for the other in the ordinary case.
constexpr std::size_t deltas_max = 64;

// What the I/O thread leaves for the task. Shared: either may be the last.
class call_box final : public llm::model_call_listener {
 public:
  llm::flow on_delta(chat_delta delta) override {
    std::shared_ptr<functions::task_inbox> waiter;
    functions::wake_ticket ticket;
    bool full = false;
    {
      const std::lock_guard lock(lock_);
      deltas_.push_back(std::move(delta));
      full = is_paused_ = deltas_.size() >= deltas_max;
      waiter = std::move(waiter_);
      waiter_ = nullptr;
      ticket = ticket_;
    }
    if (waiter) waiter->ring(ticket);
    return full ? llm::flow::full : llm::flow::more;
  }
  void on_reply(chat_reply reply) override {
    end([&] { reply_ = std::move(reply); });
  }
  void on_failure(const llm::provider_error& problem) override {
    end([&] { problem_ = problem; });
  }

  struct news {
    std::deque<chat_delta> deltas;
    std::optional<chat_reply> reply;
    std::optional<llm::provider_error> problem;
    bool was_paused = false;
    [[nodiscard]] bool is_nothing() const noexcept { return deltas.empty() && !reply && !problem; }
  };
  news take() {
    const std::lock_guard lock(lock_);
    news all;
    all.deltas.swap(deltas_);
    all.reply = std::exchange(reply_, std::nullopt);
    all.problem = std::exchange(problem_, std::nullopt);
    all.was_paused = std::exchange(is_paused_, false);
    return all;
  }
  // False when there is something already.
  bool wait_with(std::shared_ptr<functions::task_inbox> inbox, functions::wake_ticket ticket) {
    const std::lock_guard lock(lock_);
    if (!deltas_.empty() || reply_ || problem_) return false;
    waiter_ = std::move(inbox);
    ticket_ = ticket;
    return true;
  }

 private:
  template <class Set>
  void end(Set&& set) {
    std::shared_ptr<functions::task_inbox> waiter;
    functions::wake_ticket ticket;
    {
      const std::lock_guard lock(lock_);
      set();
      waiter = std::move(waiter_);
      waiter_ = nullptr;
      ticket = ticket_;
    }
    if (waiter) waiter->ring(ticket);
  }

  spin_lock lock_;
  std::deque<chat_delta> deltas_;
  std::optional<chat_reply> reply_;
  std::optional<llm::provider_error> problem_;
  bool is_paused_ = false;
  std::shared_ptr<functions::task_inbox> waiter_;
  functions::wake_ticket ticket_;
};

// Waits for news of a call. Its owner's frame ends the call when it goes.
class news_awaiter final : public functions::outside_wait {
 public:
  news_awaiter(call_box& box, const llm::model_call& call) noexcept : box_(box), call_(call) {}
  ~news_awaiter() = default;
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <functions::sage_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiter) {
    const functions::wake_ticket ticket = expect(waiter.promise());
    return box_.wait_with(loop().inbox(), ticket);
  }
  call_box::news await_resume() {
    forget();
    return box_.take();
  }
  void on_abandoned() noexcept override { call_.cancel(); }

 private:
  call_box& box_;
  const llm::model_call& call_;
};

}  // namespace

http_chat_model::http_chat_model(model_endpoint endpoint, std::shared_ptr<llm::http_client> client)
    : endpoint_(std::move(endpoint)), client_(std::move(client)) {
  if (const result<void> valid = check_endpoint(endpoint_); !valid) throw valid.error();
}

// The endpoint with the header that lets the provider go on with our trace.
model_endpoint http_chat_model::traced(const functions::span_scope& span, const functions::task_scope& scope) const {
  model_endpoint its = endpoint_;
  const item_scope* const item = scope.self() ? scope.self()->item() : nullptr;
  if (!item || !item->trace().is_set()) return its;
  trace_context trace = item->trace();
  if (span.is_open()) trace.parent_span = span.id();
  its.headers.push_back({"traceparent", trace.to_traceparent()});
  return its;
}

task<chat_reply> http_chat_model::chat(const chat_request& request, chat_observer* observer) {
  const functions::task_scope& scope = co_await functions::here();
  functions::span_scope span(scope.self(), "chat " + endpoint_.model, span_kind::client);
  span.add("gen_ai.operation.name", "chat");
  span.add("gen_ai.request.model", request.model.empty() ? endpoint_.model : request.model);
  const model_endpoint endpoint = traced(span, scope);
  const auto box = std::make_shared<call_box>();
  const llm::model_call call = llm::model_call::start(
      *client_, endpoint, request, observer ? llm::answer_form::streamed : llm::answer_form::whole, box);
  const llm::hang_up end(call);
  for (;;) {
    news_awaiter waiting(*box, call);
    call_box::news news = co_await waiting;
    for (const chat_delta& delta : news.deltas) {
      if (observer) observer->on_delta(delta);
    }
    if (news.problem) {
      span.end(news.problem->message);
      throw llm::model_error(std::move(*news.problem), endpoint_.model);
    }
    if (news.reply) {
      span.add("gen_ai.response.model", news.reply->model);
      span.add("gen_ai.usage.input_tokens", static_cast<std::int64_t>(news.reply->usage.input_tokens));
      span.add("gen_ai.usage.output_tokens", static_cast<std::int64_t>(news.reply->usage.output_tokens));
      span.add("gen_ai.response.finish_reasons", std::string(enum_name(news.reply->finish)));
      span.end();
      co_return std::move(*news.reply);
    }
    if (observer && observer->is_full()) co_await observer->room();
    if (news.was_paused) call.resume();
  }
}

}  // namespace sage
