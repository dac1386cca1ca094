/// Runs a coroutine outside any pipeline, in virtual time.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking_port.hpp"
#include "sage/functions/tasks/waiting.hpp"
#include "sage/testing/manual_clock.hpp"

namespace sage::testing {

/// A task that was started on a loop. Its destructor stops it, as an operator stops its calls; while blocking code
/// runs for it, the loop keeps what that may refer to.
template <class T>
class started_task {
 public:
  started_task(functions::task_loop& loop, task<T> work, context* self)
      : its_(std::make_unique<root>(loop, std::move(work), self)) {}
  started_task(started_task&&) noexcept = default;
  started_task& operator=(started_task&&) = delete;
  ~started_task() {
    if (!its_) return;
    its_->its_scope.retire();
    functions::task_loop& loop = its_->its_scope.loop();
    if (its_->its_scope.is_pinned()) loop.keep_until_unpinned(std::move(its_));
  }

  [[nodiscard]] bool is_done() const noexcept { return its_->is_done; }
  [[nodiscard]] bool failed() const noexcept { return its_->is_done && its_->work.promise().failed(); }
  /// What it returned; throws what it threw. Once.
  T take() { return its_->work.promise().take(); }

 private:
  struct root final : functions::task_end, functions::task_loop::retired_branch {
    root(functions::task_loop& loop, task<T> its, context* self) : its_scope(loop, self), work(std::move(its)) {
      work.start(its_scope, *this);
    }
    void on_task_end() noexcept override { is_done = true; }
    [[nodiscard]] const functions::task_scope& scope() const noexcept override { return its_scope; }

    functions::task_scope its_scope;
    task<T> work;
    bool is_done = false;
  };

  std::unique_ptr<root> its_;
};

/// One loop with a clock that jumps to the next timer whenever nothing else is left to do: a time-out of an hour is
/// over at once, and two runs are equal. Blocking code runs at once, within `run_blocking`.
class task_runner {
 public:
  task_runner() : loop_(time_, nullptr, functions::make_inline_blocking()) {}
  explicit task_runner(std::shared_ptr<functions::blocking_port> blocking)
      : loop_(time_, nullptr, std::move(blocking)) {}

  [[nodiscard]] manual_clock& time() noexcept { return time_; }
  [[nodiscard]] functions::task_loop& loop() noexcept { return loop_; }

  /// Runs `work` to its end and returns what it returns, or throws what it throws. A task that waits for what nobody
  /// will bring is errc::timeout. `self` is what its functions see as their surroundings.
  template <class T>
  T run(task<T> work, context* self = nullptr) {
    started_task<T> one(loop_, std::move(work), self);
    while (!one.is_done()) {
      if (advance()) continue;
      throw error(errc::timeout, "the task waits for something that will never come", "task_runner");
    }
    return one.take();
  }
  /// Starts `work` beside others; `advance` gets it on.
  template <class T>
  [[nodiscard]] std::unique_ptr<started_task<T>> start(task<T> work, context* self = nullptr) {
    return std::make_unique<started_task<T>>(loop_, std::move(work), self);
  }
  /// Goes on until nothing is left to do, or `until()` holds.
  void settle() {
    while (advance()) {
    }
  }
  template <class Until>
  void advance_until(Until until) {
    while (!until() && advance()) {
    }
  }
  /// Goes on by one round: resumes what is ready, else moves to the next timer. False when neither is there.
  bool advance() {
    loop_.attend();
    if (loop_.has_ready()) {
      loop_.run(resumptions_per_round);
      return true;
    }
    if (loop_.has_news()) return true;  // those who were told have told others
    const auto at = loop_.next_timer();
    if (!at) return false;
    time_.advance_to(*at);
    return true;
  }

 private:
  static constexpr std::size_t resumptions_per_round = 1024;

  manual_clock time_;
  functions::task_loop loop_;
};

}  // namespace sage::testing
