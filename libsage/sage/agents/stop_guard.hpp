/// Passes a stop on to code that looks at a std::stop_token.
#pragma once

#include <coroutine>
#include <stop_token>

#include "sage/functions/tasks/waiting.hpp"

namespace sage::agents {

/// Lives in the frame of a coroutine that starts blocking code. When the branch is given up while that code runs, the
/// source is asked to stop. `stop_guard guard(source); co_await guard;` registers it.
class stop_guard final : public functions::outside_wait {
 public:
  explicit stop_guard(std::stop_source& source) noexcept : source_(source) {}
  ~stop_guard() = default;

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <functions::sage_promise Promise>
  bool await_suspend(std::coroutine_handle<Promise> waiter) {
    static_cast<void>(expect(waiter.promise()));
    return false;
  }
  void await_resume() const noexcept {}
  void on_abandoned() noexcept override { source_.request_stop(); }

 private:
  std::stop_source& source_;
};

}  // namespace sage::agents
