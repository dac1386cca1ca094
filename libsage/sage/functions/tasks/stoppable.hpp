/// A task that goes at once when the branch it belongs to is given up.
#pragma once

#include <coroutine>
#include <memory>
#include <type_traits>
#include <utility>

#include "sage/functions/tasks/branch.hpp"
#include "sage/functions/tasks/waiting.hpp"

namespace sage::functions {

/// Awaits `work` in a branch of its own. A branch that is given up keeps all its frames while blocking code runs in
/// one of them; this one's needn't wait for that of others: what it has under way (a model's answer, a connection) is
/// stopped with the item. `stoppable<T> started(std::move(work)); T value = co_await started;`
///
/// Law  once the branch around it is given up, `work` lives only while blocking code runs within itself
template <class T>
class stoppable final : public outside_wait, public branch_parent {
 public:
  explicit stoppable(task<T> work) : branch_(std::make_unique<branch<T>>(std::move(work), 0, *this)) {}
  ~stoppable() { branch<T>::retire(std::move(branch_)); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <sage_promise Promise>
  void await_suspend(std::coroutine_handle<Promise> waiter) {
    static_cast<void>(expect(waiter.promise()));
    branch_->start(waiter.promise().scope(), false);
  }
  T await_resume() {
    forget();
    return branch_->take();
  }
  void on_branch_end(std::size_t) noexcept override { go_on(); }
  void on_abandoned() noexcept override { branch<T>::retire(std::move(branch_)); }

 private:
  std::unique_ptr<branch<T>> branch_;
};

}  // namespace sage::functions
