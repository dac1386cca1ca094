/// Several tasks at once: `all`, `any`, `with_timeout`.
#pragma once

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/branch.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage {

namespace functions {

template <class T>
using value_or_nothing = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class T>
[[nodiscard]] value_or_nothing<T> take_value(branch<T>& ended) {
  if constexpr (std::is_void_v<T>) {
    ended.take();
    return {};
  } else {
    return ended.take();
  }
}

template <class T>
using branches = std::vector<std::unique_ptr<branch<T>>>;

// Counts branches down; the first failure ends the waiting.
class all_awaiter_base : public task_wait, public branch_parent {
 public:
  void on_branch_end(std::size_t number) noexcept override {
    if (over_) return;
    ended_ = number;
    if (--running_ > 0 && !has_failed(number)) return;
    over_ = true;
    go_on();
  }

 protected:
  ~all_awaiter_base() = default;
  [[nodiscard]] virtual bool has_failed(std::size_t number) const noexcept = 0;

  std::size_t running_ = 0;
  std::size_t ended_ = 0;  // the last one heard of: the failed one, if one has failed
  bool over_ = false;
};

template <class T>
class all_awaiter final : public all_awaiter_base {
 public:
  explicit all_awaiter(std::vector<task<T>>&& tasks) {
    branches_.reserve(tasks.size());
    for (task<T>& one : tasks) {
      branches_.push_back(std::make_unique<branch<T>>(std::move(one), branches_.size(), *this));
    }
  }
  ~all_awaiter() { retire(); }
  [[nodiscard]] bool await_ready() const noexcept { return branches_.empty(); }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    suspend(waiter.promise());
    running_ = branches_.size();
    for (const auto& one : branches_) one->start(waiter.promise().scope());
  }
  auto await_resume() {
    if (!branches_.empty() && has_failed(ended_)) {
      const std::exception_ptr problem = branches_[ended_]->problem();
      retire();
      std::rethrow_exception(problem);
    }
    if constexpr (!std::is_void_v<T>) {
      std::vector<T> values;
      values.reserve(branches_.size());
      for (const auto& one : branches_) values.push_back(one->take());
      return values;
    }
  }

 private:
  bool has_failed(std::size_t number) const noexcept override {
    return !branches_[number]->is_running() && branches_[number]->failed();
  }
  void retire() {
    for (auto& one : branches_) branch<T>::retire(std::move(one));
    branches_.clear();
  }

  branches<T> branches_;
};

template <class... T>
class all_of_awaiter final : public all_awaiter_base {
 public:
  explicit all_of_awaiter(std::tuple<task<T>...>&& tasks) : all_of_awaiter(tasks, std::index_sequence_for<T...>{}) {}
  ~all_of_awaiter() {
    std::apply([](auto&... one) { (retire(one), ...); }, branches_);
  }
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    suspend(waiter.promise());
    running_ = sizeof...(T);
    std::apply([&](auto&... one) { (one->start(waiter.promise().scope()), ...); }, branches_);
  }
  std::tuple<value_or_nothing<T>...> await_resume() {
    if (has_failed(ended_)) {
      std::exception_ptr problem;
      std::size_t i = 0;
      std::apply([&](auto&... one) { ((i++ == ended_ ? void(problem = one->problem()) : void()), ...); }, branches_);
      std::apply([](auto&... one) { (retire(one), ...); }, branches_);
      std::rethrow_exception(problem);
    }
    return std::apply([](auto&... one) { return std::tuple<value_or_nothing<T>...>{take_value(*one)...}; },
                      branches_);
  }

 private:
  template <std::size_t... I>
  all_of_awaiter(std::tuple<task<T>...>& tasks, std::index_sequence<I...>)
      : branches_(std::make_unique<branch<T>>(std::move(std::get<I>(tasks)), I, *this)...) {}
  template <class U>
  static void retire(std::unique_ptr<branch<U>>& one) {
    branch<U>::retire(std::move(one));
  }
  bool has_failed(std::size_t number) const noexcept override {
    bool failed = false;
    std::size_t i = 0;
    std::apply(
        [&](auto&... one) { ((failed = failed || (i++ == number && !one->is_running() && one->failed())), ...); },
        branches_);
    return failed;
  }

  std::tuple<std::unique_ptr<branch<T>>...> branches_;
};

template <class T>
class any_awaiter final : public task_wait, public branch_parent {
 public:
  explicit any_awaiter(std::vector<task<T>>&& tasks) {
    for (task<T>& one : tasks) {
      branches_.push_back(std::make_unique<branch<T>>(std::move(one), branches_.size(), *this));
    }
  }
  ~any_awaiter() { retire(); }
  [[nodiscard]] bool await_ready() const noexcept { return branches_.empty(); }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    suspend(waiter.promise());
    running_ = branches_.size();
    for (const auto& one : branches_) one->start(waiter.promise().scope());
  }
  void on_branch_end(std::size_t number) noexcept override {
    if (over_) return;
    const bool failed = branches_[number]->failed();
    if (!failed || !first_) first_ = number;
    if (--running_ > 0 && failed) return;
    over_ = true;
    go_on();
  }
  std::pair<std::size_t, value_or_nothing<T>> await_resume() {
    if (branches_.empty()) throw error(errc::invalid_argument, "any() of no tasks can never end", "any");
    std::unique_ptr<branch<T>> ended = std::move(branches_[*first_]);
    retire();
    const ended_branch its{std::move(ended)};
    return {*first_, take_value(*its.branch_)};
  }

 private:
  // Blocking code that it has given up may still run below the one that has ended.
  struct ended_branch {
    ~ended_branch() { branch<T>::retire(std::move(branch_)); }
    std::unique_ptr<branch<T>> branch_;
  };
  void retire() {
    for (auto& one : branches_) branch<T>::retire(std::move(one));
    branches_.clear();
  }

  branches<T> branches_;
  std::size_t running_ = 0;
  std::optional<std::size_t> first_;  // that succeeded, or that failed while none has succeeded
  bool over_ = false;
};

template <class T>
class timeout_awaiter final : public task_wait, public branch_parent {
 public:
  timeout_awaiter(task<T>&& work, nanoseconds wait)
      : branch_(std::make_unique<branch<T>>(std::move(work), 0, *this)), wait_(wait), timer_(*this) {}
  ~timeout_awaiter() { branch<T>::retire(std::move(branch_)); }
  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    suspend(waiter.promise());
    loop().set_timer(timer_, loop().time().now() + wait_);
    branch_->start(waiter.promise().scope());
  }
  void on_branch_end(std::size_t) noexcept override {
    if (std::exchange(over_, true)) return;
    timer_.cancel();
    go_on();
  }
  void on_event() noexcept override {
    if (std::exchange(over_, true)) return;
    late_ = true;
    go_on();
  }
  T await_resume() {
    if (late_) {
      branch<T>::retire(std::move(branch_));
      throw error(errc::timeout, "no result within " + std::to_string(wait_ / 1'000'000) + " ms", "with_timeout");
    }
    return branch_->take();
  }

 private:
  std::unique_ptr<branch<T>> branch_;
  nanoseconds wait_;
  timer_node timer_;
  bool over_ = false;
  bool late_ = false;
};

}  // namespace functions

/// What `all` of a vector returns.
template <class T>
class all_tasks {
 public:
  explicit all_tasks(std::vector<task<T>> tasks) noexcept : tasks_(std::move(tasks)) {}
  functions::all_awaiter<T> operator co_await() { return functions::all_awaiter<T>(std::move(tasks_)); }

 private:
  std::vector<task<T>> tasks_;
};

/// What `all` of several tasks returns.
template <class... T>
class all_of_tasks {
 public:
  explicit all_of_tasks(task<T>... tasks) noexcept : tasks_(std::move(tasks)...) {}
  functions::all_of_awaiter<T...> operator co_await() { return functions::all_of_awaiter<T...>(std::move(tasks_)); }

 private:
  std::tuple<task<T>...> tasks_;
};

/// What `any` returns.
template <class T>
class any_task {
 public:
  explicit any_task(std::vector<task<T>> tasks) noexcept : tasks_(std::move(tasks)) {}
  functions::any_awaiter<T> operator co_await() { return functions::any_awaiter<T>(std::move(tasks_)); }

 private:
  std::vector<task<T>> tasks_;
};

/// What `with_timeout` returns.
template <class T>
class timed_task {
 public:
  timed_task(task<T> work, nanoseconds wait) noexcept : work_(std::move(work)), wait_(wait) {}
  functions::timeout_awaiter<T> operator co_await() { return functions::timeout_awaiter<T>(std::move(work_), wait_); }

 private:
  task<T> work_;
  nanoseconds wait_;
};

/// Runs the tasks at once and waits for all of them; results in their order. The first failure stops the others and
/// comes through. `std::vector<reply> replies = co_await sage::all(std::move(asked));`
template <class T>
[[nodiscard]] all_tasks<T> all(std::vector<task<T>> tasks) {
  return all_tasks<T>(std::move(tasks));
}
/// `auto [weather, news] = co_await sage::all(ask_weather(city), ask_news(city));` Nothing is a `std::monostate`.
template <class... T>
[[nodiscard]] all_of_tasks<T...> all(task<T>... tasks) {
  return all_of_tasks<T...>(std::move(tasks)...);
}

/// Runs the tasks at once and takes the first that succeeds, as (number, value); the others are stopped. When all
/// have failed, the first failure comes through.
template <class T>
[[nodiscard]] any_task<T> any(std::vector<task<T>> tasks) {
  return any_task<T>(std::move(tasks));
}
template <class T, std::same_as<task<T>>... Others>
[[nodiscard]] any_task<T> any(task<T> first, Others... others) {
  std::vector<task<T>> tasks;
  tasks.reserve(1 + sizeof...(Others));
  tasks.push_back(std::move(first));
  (tasks.push_back(std::move(others)), ...);
  return any_task<T>(std::move(tasks));
}

/// Waits for the task at most `wait`; then stops it and throws errc::timeout.
/// `auto reply = co_await sage::with_timeout(ask(question), 2s);`
template <class T, class Rep, class Period>
[[nodiscard]] timed_task<T> with_timeout(task<T> work, std::chrono::duration<Rep, Period> wait) {
  return timed_task<T>(std::move(work), functions::to_nanoseconds(wait));
}

}  // namespace sage
