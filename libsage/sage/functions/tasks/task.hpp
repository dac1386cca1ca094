/// sage::task<T>: what an asynchronous function of the user returns.
#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "sage/functions/tasks/task_loop.hpp"

namespace sage {

template <class T>
class task;

namespace functions {

/// Told when a task that nobody awaits has ended: a call's root, a branch of `all` or `any`.
class task_end {
 public:
  virtual void on_task_end() noexcept = 0;

 protected:
  ~task_end() = default;
};

/// What all coroutines of ours have in common: their branch, who waits for them, what they threw.
class promise_base : public ready_node {
 public:
  struct final_awaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      // No symmetric transfer: without optimisation it is a call, and a million of them overflow the stack.
      promise_base& its = ended.promise();
      if (its.end_) {
        its.end_->on_task_end();
      } else if (its.waiter_) {
        its.scope_->loop().make_ready(*its.waiter_);
      }
    }
    void await_resume() const noexcept {}
  };

  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] final_awaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { problem_ = std::current_exception(); }

  [[nodiscard]] task_scope& scope() const noexcept { return *scope_; }
  [[nodiscard]] bool failed() const noexcept { return problem_ != nullptr; }
  [[nodiscard]] const std::exception_ptr& problem() const noexcept { return problem_; }

  /// Becomes part of the waiter's branch.
  void join(promise_base& waiter) noexcept {
    waiter_ = &waiter;
    scope_ = waiter.scope_;
  }
  /// Becomes the root of `scope`; `end` is told when it has ended.
  void lead(task_scope& scope, task_end& end) noexcept {
    scope_ = &scope;
    end_ = &end;
  }

 protected:
  void set_frame(std::coroutine_handle<> frame) noexcept { frame_ = frame; }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  promise_base* waiter_ = nullptr;
  task_end* end_ = nullptr;
  std::exception_ptr problem_;
};

/// The coroutines that may await what this folder offers.
template <class Promise>
concept sage_promise = std::derived_from<Promise, promise_base>;

template <class T>
class task_promise final : public promise_base {
 public:
  task<T> get_return_object() noexcept;
  template <class U>
  requires std::convertible_to<U, T>
  void return_value(U&& value) {
    if constexpr (std::is_same_v<std::remove_cvref_t<U>, T>) {
      value_.emplace(std::forward<U>(value));
    } else {
      T made = std::forward<U>(value);  // as `return` would convert it
      value_.emplace(std::move(made));
    }
  }
  [[nodiscard]] T take() {
    rethrow();
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class task_promise<void> final : public promise_base {
 public:
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const { rethrow(); }
};

}  // namespace functions

/// A coroutine that computes a `T`, lazily: it runs when it is awaited, on the thread of the operator (or agent) that
/// it belongs to. Owns its frame: destroying the task destroys everything the coroutine has and waits for.
///
///     sage::task<std::string> summarize(const article& text) {
///       auto reply = co_await model.chat(text.body);
///       co_return reply.text;
///     }
///
/// Fails    with what the coroutine throws, at the `co_await`
/// Cost     one allocation, the frame; about 15 ns to start and end
/// Warning  g++ 12 miscompiles aggregates and closures that are built inside a `co_await` expression: name them first
template <class T = void>
class [[nodiscard]] task {
 public:
  using value_type = T;
  using promise_type = functions::task_promise<T>;

  task(task&& other) noexcept : frame_(std::exchange(other.frame_, {})) {}
  task& operator=(task&& other) noexcept {
    if (this != &other) {
      destroy();
      frame_ = std::exchange(other.frame_, {});
    }
    return *this;
  }
  ~task() { destroy(); }

  class awaiter {
   public:
    explicit awaiter(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    template <functions::sage_promise Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> waiter) noexcept {
      frame_.promise().join(waiter.promise());
      return frame_;
    }
    T await_resume() { return frame_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> frame_;
  };
  awaiter operator co_await() const noexcept { return awaiter(frame_); }

  // ---- for those who run tasks: operators, joins, tests

  [[nodiscard]] promise_type& promise() const noexcept { return frame_.promise(); }
  [[nodiscard]] bool is_done() const noexcept { return frame_.done(); }
  /// Makes the task the root of `scope` and queues it. `end` is told when it has ended.
  void start(functions::task_scope& scope, functions::task_end& end) const noexcept {
    promise().lead(scope, end);
    scope.loop().make_ready(promise());
  }

 private:
  friend promise_type;
  explicit task(std::coroutine_handle<promise_type> frame) noexcept : frame_(frame) {}
  void destroy() noexcept {
    if (frame_) frame_.destroy();
  }

  std::coroutine_handle<promise_type> frame_;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

template <class T>
task<T> functions::task_promise<T>::get_return_object() noexcept {
  const auto frame = std::coroutine_handle<task_promise>::from_promise(*this);
  set_frame(frame);
  return task<T>(frame);
}
inline task<void> functions::task_promise<void>::get_return_object() noexcept {
  const auto frame = std::coroutine_handle<task_promise>::from_promise(*this);
  set_frame(frame);
  return task<void>(frame);
}

}  // namespace sage
