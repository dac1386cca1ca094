/// A task that runs beside others below one coroutine: what `all`, `any` and `with_timeout` are made of.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "sage/functions/tasks/task.hpp"

namespace sage::functions {

/// Told when one of its branches has ended.
class branch_parent {
 public:
  virtual void on_branch_end(std::size_t number) noexcept = 0;

 protected:
  ~branch_parent() = default;
};

/// Owns one task and its scope. At a stable address while it runs.
template <class T>
class branch final : public task_end, public task_loop::retired_branch {
 public:
  branch(task<T> work, std::size_t number, branch_parent& parent) noexcept
      : parent_(&parent), number_(number), work_(std::move(work)) {}

  /// `is_step`: whether the branch is a step of the path of the one that it starts from.
  void start(task_scope& below, bool is_step = true) {
    scope_.emplace(below, is_step);
    work_.start(*scope_, *this);
  }
  void on_task_end() noexcept override {
    if (parent_) parent_->on_branch_end(number_);
  }
  [[nodiscard]] bool is_running() const noexcept { return scope_ && !work_.is_done(); }
  [[nodiscard]] bool failed() const noexcept { return work_.promise().failed(); }
  [[nodiscard]] decltype(auto) take() { return work_.promise().take(); }
  [[nodiscard]] const std::exception_ptr& problem() const noexcept { return work_.promise().problem(); }
  [[nodiscard]] const task_scope& scope() const noexcept override { return *scope_; }

  /// Gives the branch up: destroys it, or leaves it with the loop while blocking code runs for it.
  static void retire(std::unique_ptr<branch> given_up) {
    if (!given_up || !given_up->scope_) return;
    given_up->parent_ = nullptr;
    given_up->scope_->retire();
    if (given_up->scope_->is_pinned()) {
      task_loop& loop = given_up->scope_->loop();
      loop.keep_until_unpinned(std::move(given_up));
    }
  }

 private:
  branch_parent* parent_;
  std::size_t number_;
  std::optional<task_scope> scope_;  // before the task: frames leave their scope's loop when they are destroyed
  task<T> work_;
};

}  // namespace sage::functions
