/// What the frames of running calls refer to, and what other threads say to them.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "sage/base/ring_queue.hpp"
#include "sage/functions/tasks/task_loop.hpp"
#include "sage/operators/async_call.hpp"

namespace sage::operators {

/// What the frames of running calls refer to: the loop, the calls with their records, and (derived) the function.
/// Shared with blocking code that still runs when the operator is closed: the last one destroys it.
class async_core {
 public:
  async_core(const clock& time, const context& self);
  async_core(const async_core&) = delete;
  async_core& operator=(const async_core&) = delete;
  virtual ~async_core() = default;

  [[nodiscard]] functions::task_loop& loop() noexcept { return loop_; }
  void on_call_end(async_call& call);
  void on_call_timer(async_call& call) noexcept;
  void on_item_event(async_call& call) noexcept;
  /// Wants to hear when the call's item is stopped or late.
  void watch(async_call& call);
  void unwatch(async_call& call) noexcept;
  [[nodiscard]] async_call& take_free();
  void give_back(async_call& call) noexcept { free_.push_back(&call); }
  /// Stops whatever can be stopped: what is pinned stays until its blocking code is through.
  void stop_calls() noexcept;

  ring_queue<async_call*> emitting;  // that have put something into their emitter
  ring_queue<async_call*> ended;     // whose task, attempt or back-off is over, or whose item is gone

 protected:
  [[nodiscard]] virtual std::unique_ptr<async_call> make_call() = 0;
  /// To be called by the destructor of the derived class: frames go while the function they refer to is there.
  void destroy_calls() noexcept;

 private:
  class stop_bell;

  functions::task_loop loop_;
  std::shared_ptr<stop_listener> bell_;
  std::vector<std::unique_ptr<async_call>> calls_;
  std::vector<async_call*> free_;
};

/// What a dead letter says of `problem`.
[[nodiscard]] std::string text_of_problem(const std::exception_ptr& problem);

}  // namespace sage::operators
