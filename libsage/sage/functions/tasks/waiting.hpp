/// What an awaiter is made of: the coroutine that waits, and the ticket or timer it waits for.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <utility>

#include "sage/functions/tasks/task.hpp"

namespace sage::functions {

/// `wait` in nanoseconds, at most some 290 years.
template <class Rep, class Period>
[[nodiscard]] constexpr nanoseconds to_nanoseconds(std::chrono::duration<Rep, Period> wait) noexcept {
  constexpr double longest_s = 9.0e9;
  if (std::chrono::duration<double>(wait).count() > longest_s) return std::int64_t{9'000'000'000'000'000'000};
  return std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count();
}

/// One coroutine that waits for one event. Lives in its frame.
class task_wait : public task_event {
 public:
  task_wait() = default;
  task_wait(const task_wait&) = delete;
  task_wait& operator=(const task_wait&) = delete;

  void on_event() noexcept override { go_on(); }
  [[nodiscard]] const task_scope* scope() const noexcept override { return who_ ? &who_->scope() : nullptr; }

 protected:
  ~task_wait() = default;
  void suspend(promise_base& who) noexcept { who_ = &who; }
  [[nodiscard]] task_loop& loop() const noexcept { return who_->scope().loop(); }
  void go_on() noexcept { loop().make_ready(*who_); }
  [[nodiscard]] bool is_suspended() const noexcept { return who_ != nullptr; }
  [[nodiscard]] promise_base& who() const noexcept { return *who_; }

 private:
  promise_base* who_ = nullptr;
};

/// A wait for another thread. The ticket is taken back when the frame goes, so a late ring finds nobody.
class outside_wait : public task_wait {
 protected:
  ~outside_wait() { forget(); }
  /// Suspends `who` and returns the ticket that wakes it.
  wake_ticket expect(promise_base& who) {
    suspend(who);
    ticket_ = loop().expect(*this);
    expecting_ = true;
    return ticket_;
  }
  void forget() noexcept {
    if (std::exchange(expecting_, false)) loop().forget(ticket_);
  }

 private:
  wake_ticket ticket_;
  bool expecting_ = false;
};

/// A wait for a moment.
class sleep_awaiter final : public task_wait {
 public:
  explicit sleep_awaiter(nanoseconds wait) noexcept : wait_(wait), timer_(*this) {}
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    suspend(waiter.promise());
    const nanoseconds now = loop().time().now();
    loop().set_timer(timer_, wait_ > 0 ? (now > INT64_MAX - wait_ ? INT64_MAX : now + wait_) : now);
  }
  void await_resume() const noexcept {}

 private:
  nanoseconds wait_;
  timer_node timer_;
};

/// Lets the coroutine ask where it runs, without suspending it.
class here_awaiter {
 public:
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <sage_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiter) noexcept {
    scope_ = &waiter.promise().scope();
    return false;
  }
  [[nodiscard]] task_scope& await_resume() const noexcept { return *scope_; }

 private:
  task_scope* scope_ = nullptr;
};
/// `task_scope& scope = co_await functions::here();`
[[nodiscard]] inline here_awaiter here() noexcept {
  return {};
}

}  // namespace sage::functions

namespace sage {

/// What `sleep_for` returns.
class sleeping {
 public:
  explicit sleeping(nanoseconds wait) noexcept : wait_(wait) {}
  functions::sleep_awaiter operator co_await() const noexcept { return functions::sleep_awaiter(wait_); }

 private:
  nanoseconds wait_;
};

/// Suspends the coroutine for `wait`, on the clock port: `co_await sage::sleep_for(20ms)`. Costs no thread.
template <class Rep, class Period>
[[nodiscard]] sleeping sleep_for(std::chrono::duration<Rep, Period> wait) noexcept {
  return sleeping(functions::to_nanoseconds(wait));
}

}  // namespace sage
