#include "sage/serving/chat/embedding_calls.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <optional>
#include <utility>

#include "sage/functions/tasks/task.hpp"
#include "sage/operators/async_core.hpp"

namespace sage::serving {

namespace {

constexpr const char* place = "embeddings";
constexpr std::size_t resumptions_per_round = 64;  // between two looks at what was stopped
constexpr nanoseconds look_again = 60'000'000'000;

context surroundings_of(context& self, std::shared_ptr<waker> engine) {
  context its(self.job(), place, 0, 1, self.batch_size(), self.time(), batch_pool::make(), self.random());
  its.set_engine(std::move(engine));
  its.set_blocking(self.blocking());
  its.set_spans(self.shared_spans());
  return its;
}

}  // namespace

/// Wakes the thread: for what comes in, for what a model's thread has to say, for a stop.
class embedding_calls::bell final : public waker, public stop_listener {
 public:
  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      is_rung_ = true;
    }
    changed_.notify_one();
  }
  void on_stop(std::uint64_t) noexcept override { wake(); }
  [[nodiscard]] bool stop_requested() const noexcept override { return false; }

  void wait(nanoseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::nanoseconds(at_most), [this] { return is_rung_; });
    is_rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_rung_ = false;
};

/// One call. At a stable address until its task is destroyed, which may be after its fate is known: while blocking
/// code runs for it.
class embedding_calls::call final : public functions::task_end {
 public:
  call(asked its, const context& surroundings)
      : reply(std::move(its.reply)), item(std::move(its.item)), self(surroundings) {
    self.set_item(item.get());
    self.set_span(reply->trace().parent_span);
  }
  void start(embedding_model& model, functions::task_loop& loop) {
    scope.emplace(loop, &self);
    try {
      work.emplace(model.embed(reply->inputs()));
      work->start(*scope, *this);
    } catch (...) {
      problem = std::current_exception();
    }
  }
  void on_task_end() noexcept override {}  // `work` knows
  [[nodiscard]] bool has_ended() const noexcept { return problem || (work && work->is_done()); }

  const std::shared_ptr<embeddings_reply> reply;
  ref<item_scope> item;  // null once the fate of the call is known
  context self;
  std::optional<functions::task_scope> scope;  // before the task: frames leave their loop when they are destroyed
  std::optional<task<std::vector<std::vector<float>>>> work;
  std::exception_ptr problem;  // thrown before there was a task
};

embedding_calls::embedding_calls(std::shared_ptr<embedding_model> model, context& self)
    : model_(std::move(model)),
      bell_(std::make_shared<bell>()),
      surroundings_(surroundings_of(self, bell_)),
      loop_(std::make_unique<functions::task_loop>(self.time(), bell_, self.blocking())),
      thread_([this] { run(); }) {}

embedding_calls::~embedding_calls() {
  close();
  join();
}

void embedding_calls::start(std::shared_ptr<embeddings_reply> reply, ref<item_scope> item) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;  // and the item is let go of behind the lock
    incoming_.push_back({std::move(reply), std::move(item)});
  }
  bell_->wake();
}

void embedding_calls::close() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  bell_->wake();
}

void embedding_calls::join() noexcept {
  if (thread_.joinable()) thread_.join();
}

void embedding_calls::run() {
  for (;;) {
    const bool is_closed = take_in();
    loop_->attend();
    loop_->run(resumptions_per_round);
    std::erase_if(calls_, [&](const auto& one) { return settle(*one, is_closed); });
    if (is_closed && calls_.empty()) return;
    if (!loop_->has_ready() && !loop_->has_news()) bell_->wait(next_moment());
  }
}

bool embedding_calls::take_in() {
  std::vector<asked> fresh;
  bool is_closed = false;
  {
    const std::lock_guard lock(mutex_);
    fresh.swap(incoming_);
    is_closed = is_closed_;
  }
  for (asked& its : fresh) {
    calls_.push_back(std::make_unique<call>(std::move(its), surroundings_));
    call& one = *calls_.back();
    // One that was stopped before is found to be when it is settled.
    if (one.item->subscribe(bell_, 0)) one.start(*model_, *loop_);
  }
  return is_closed;
}

bool embedding_calls::settle(call& one, bool is_closed) {
  if (one.item) {
    const nanoseconds deadline = one.item->deadline();
    if (deadline != 0 && deadline <= loop_->time().now()) one.item->stop(stop_reason::deadline);
    if (!one.has_ended() && !one.item->is_stopped() && !is_closed) return false;
    one.item->unsubscribe(*bell_, 0);
    if (one.has_ended()) {
      try {
        if (one.problem) std::rethrow_exception(one.problem);
        const std::vector<std::vector<float>> vectors = one.work->promise().take();
        if (one.item->claim_answer()) one.reply->on_vectors(vectors);
      } catch (...) {
        const std::exception_ptr problem = std::current_exception();
        one.item->note_end(item_end_reason::failed, place, operators::text_of_problem(problem), failure_of(problem));
      }
    }
    if (one.scope) {
      one.scope->retire();
      if (one.scope->is_pinned()) loop_->abandon(*one.scope);
      if (!one.scope->is_pinned()) one.work.reset();  // the model is called off before anybody is told
    }
    one.self.set_item(nullptr);
    one.item.reset();  // whoever asked hears why, unless he was answered
  }
  return !one.scope || !one.scope->is_pinned();
}

nanoseconds embedding_calls::next_moment() const noexcept {
  const nanoseconds now = loop_->time().now();
  nanoseconds at = std::min(now + look_again, loop_->next_timer().value_or(INT64_MAX));
  for (const auto& one : calls_) {
    if (one->item && one->item->deadline() != 0) at = std::min(at, one->item->deadline());
  }
  return std::max<nanoseconds>(at - now, 0);
}

}  // namespace sage::serving
