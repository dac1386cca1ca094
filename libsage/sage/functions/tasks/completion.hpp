/// Results that come from another thread by call-back.
#pragma once

#include <coroutine>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/base/spin_lock.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage {

namespace functions {

/// What a completion and the coroutine that waits for it share.
template <class T>
class completion_state {
 public:
  void set(std::optional<T> value, std::exception_ptr problem) {
    std::shared_ptr<task_inbox> inbox;
    {
      const std::lock_guard lock(lock_);
      if (set_) return;
      set_ = true;
      value_ = std::move(value);
      problem_ = std::move(problem);
      inbox = std::move(inbox_);
    }
    if (inbox) inbox->ring(ticket_);
  }
  /// False when the result is there already.
  bool wait_with(std::shared_ptr<task_inbox> inbox, wake_ticket ticket) {
    const std::lock_guard lock(lock_);
    if (set_) return false;
    inbox_ = std::move(inbox);
    ticket_ = ticket;
    return true;
  }
  [[nodiscard]] T take() {
    const std::lock_guard lock(lock_);
    if (problem_) std::rethrow_exception(problem_);
    return std::move(*value_);
  }

 private:
  spin_lock lock_;
  bool set_ = false;
  std::optional<T> value_;
  std::exception_ptr problem_;
  std::shared_ptr<task_inbox> inbox_;
  wake_ticket ticket_;
};

}  // namespace functions

/// Delivers one result to a coroutine or an operator, from any thread, also when nobody waits any more. Copies share;
/// the first result counts. When the last copy goes without one, the waiter gets an error.
template <class T>
class completion {
 public:
  explicit completion(std::shared_ptr<functions::completion_state<T>> state)
      : last_(std::make_shared<guard>(std::move(state))) {}

  void set(T value) const { last_->state->set(std::move(value), nullptr); }
  void fail(std::exception_ptr problem) const { last_->state->set(std::nullopt, std::move(problem)); }
  void fail(const error& problem) const { fail(std::make_exception_ptr(problem)); }

 private:
  struct guard {
    explicit guard(std::shared_ptr<functions::completion_state<T>> its) : state(std::move(its)) {}
    guard(const guard&) = delete;
    guard& operator=(const guard&) = delete;
    ~guard() {
      state->set(std::nullopt,
                 std::make_exception_ptr(error(errc::user_function, "its completion was dropped without a result")));
    }
    std::shared_ptr<functions::completion_state<T>> state;
  };
  std::shared_ptr<guard> last_;
};

/// The waiting end: `sage::pending<int> answer; library_call(answer.make_completion()); int n = co_await answer;`
template <class T>
class pending {
 public:
  pending() : state_(std::make_shared<functions::completion_state<T>>()) {}
  [[nodiscard]] completion<T> make_completion() const { return completion<T>(state_); }

  class awaiter final : public functions::outside_wait {
   public:
    explicit awaiter(std::shared_ptr<functions::completion_state<T>> state) noexcept : state_(std::move(state)) {}
    ~awaiter() = default;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <functions::sage_promise Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter) {
      const functions::wake_ticket ticket = expect(waiter.promise());
      return state_->wait_with(loop().inbox(), ticket);
    }
    T await_resume() {
      forget();
      return state_->take();
    }

   private:
    std::shared_ptr<functions::completion_state<T>> state_;
  };
  awaiter operator co_await() const noexcept { return awaiter(state_); }

 private:
  std::shared_ptr<functions::completion_state<T>> state_;
};

}  // namespace sage
