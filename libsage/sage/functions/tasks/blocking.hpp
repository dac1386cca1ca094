/// run_blocking: code that blocks, run where it holds up nobody.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "sage/functions/tasks/blocking_port.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage {

/// What `run_blocking` takes: a function or closure with a name (an lvalue), or one without anything to destroy. g++
/// 12 destroys other closures twice when they are built inside a `co_await`. Write `auto work = [s] { … }; co_await
/// sage::run_blocking(work);`
template <class F>
concept named_or_trivial_function = std::is_invocable_v < std::remove_cvref_t<F>
& > &&(std::is_lvalue_reference_v<F> || std::is_trivially_destructible_v<std::remove_cvref_t<F>>);

namespace functions {

/// Runs `function` on a thread of the blocking port. The frame that this lives in is pinned meanwhile, so the
/// function and all it refers to stay where they are.
template <class F, class R>
class blocking_awaiter final : public outside_wait, public blocking_job {
 public:
  explicit blocking_awaiter(F& function) noexcept : function_(&function) {}
  ~blocking_awaiter() = default;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    ticket_ = expect(waiter.promise());
    inbox_ = loop().inbox();
    keeper_ = loop().keep_alive();
    who().scope().pin();
    pinned_ = true;
    try {
      loop().blocking()->submit(*this);
    } catch (...) {
      unpin();
      throw;
    }
  }
  R await_resume() {
    if (problem_) std::rethrow_exception(problem_);
    if constexpr (!std::is_void_v<R>) return std::move(*value_);
  }

  void run() noexcept override {
    try {
      if constexpr (std::is_void_v<R>) {
        std::invoke(*function_);
      } else {
        value_.emplace(std::invoke(*function_));
      }
    } catch (...) {
      problem_ = std::current_exception();
    }
    // From here on the owner may destroy this object: whatever is needed for the last step is on the stack.
    const std::shared_ptr<task_inbox> inbox = std::move(inbox_);
    const std::shared_ptr<void> keeper = std::move(keeper_);
    inbox->ring(ticket_);
  }
  void on_event() noexcept override {
    unpin();
    forget();
    go_on();
  }
  void on_abandoned() noexcept override {
    if (pinned_ && loop().blocking()->withdraw(*this)) unpin();
  }

 private:
  void unpin() noexcept {
    if (std::exchange(pinned_, false)) who().scope().unpin();
  }

  F* function_;
  std::exception_ptr problem_;
  std::optional<std::conditional_t<std::is_void_v<R>, char, R>> value_;
  wake_ticket ticket_;
  std::shared_ptr<task_inbox> inbox_;
  std::shared_ptr<void> keeper_;
  bool pinned_ = false;
};

}  // namespace functions

/// What `run_blocking` returns.
template <class F>
class blocking_call {
  using function_type = std::remove_cvref_t<F>;
  using result_type = std::invoke_result_t<function_type&>;

 public:
  explicit blocking_call(F&& function) noexcept : function_(std::forward<F>(function)) {}
  functions::blocking_awaiter<std::remove_reference_t<F>, std::decay_t<result_type>> operator co_await() noexcept {
    return functions::blocking_awaiter<std::remove_reference_t<F>, std::decay_t<result_type>>(function_);
  }

 private:
  F function_;  // a reference to what has a name
};

/// Runs `function()` on one of a bounded number of threads for blocking code (a file, a socket, a slow library) and
/// suspends the coroutine until it has returned. `auto rows = co_await sage::run_blocking(query);`
///
/// A stop does not interrupt code that runs: its coroutine is given up at once, its frame kept until the code is
/// through. What the function refers to has to outlive it, also when a `with_timeout` around it has ended.
///
/// Fails  with what the function throws; errc::limit when too many calls wait for a thread
template <named_or_trivial_function F>
[[nodiscard]] blocking_call<F> run_blocking(F&& function) {
  return blocking_call<F>(std::forward<F>(function));
}

}  // namespace sage
