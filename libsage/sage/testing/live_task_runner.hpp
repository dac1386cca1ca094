/// Runs a coroutine outside any pipeline, in real time: for models and tools behind sockets.
#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking_port.hpp"
#include "sage/testing/task_runner.hpp"

namespace sage::testing {

/// One loop on the system's clock, on the thread that calls. Blocking code has threads of its own.
class live_task_runner {
 public:
  live_task_runner();
  ~live_task_runner();
  live_task_runner(const live_task_runner&) = delete;
  live_task_runner& operator=(const live_task_runner&) = delete;

  [[nodiscard]] functions::task_loop& loop() noexcept { return loop_; }

  /// Runs `work` to its end and returns what it returns, or throws what it throws; errc::timeout after `patience`.
  template <class T>
  T run(task<T> work, context* self = nullptr, std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    started_task<T> one(loop_, std::move(work), self);
    if (!advance_until([&] { return one.is_done(); }, patience)) {
      throw error(errc::timeout, "the task has not ended", "live_task_runner");
    }
    return one.take();
  }
  /// Starts `work` beside others; `advance_until` gets it on.
  template <class T>
  [[nodiscard]] std::unique_ptr<started_task<T>> start(task<T> work, context* self = nullptr) {
    return std::make_unique<started_task<T>>(loop_, std::move(work), self);
  }
  /// Goes on until `until()` holds; false when `patience` is over before.
  template <class Until>
  bool advance_until(Until until, std::chrono::milliseconds patience = std::chrono::seconds(60)) {
    const nanoseconds end = loop_.time().now() + functions::to_nanoseconds(patience);
    while (!until()) {
      if (loop_.time().now() >= end) return false;
      advance(end);
    }
    return true;
  }

 private:
  class bell;

  /// One round: resumes what is ready, else waits for a ring or the next timer, until `end` at most.
  void advance(nanoseconds end);

  std::shared_ptr<bell> bell_;
  functions::task_loop loop_;
};

}  // namespace sage::testing
