/// Runs coroutines outside of a pipeline, on the thread that asks for their results.
#pragma once

#include <memory>
#include <utility>

#include "sage/app/app.hpp"
#include "sage/base/clock.hpp"
#include "sage/functions/tasks/task.hpp"

namespace ask {

/// One loop for the tasks of one thread, in real time. What happens after a job, one question after the other, needs
/// no pipeline.
class task_driver {
 public:
  explicit task_driver(const sage::clock& time = sage::system_clock());
  ~task_driver();
  task_driver(const task_driver&) = delete;
  task_driver& operator=(const task_driver&) = delete;

  /// Runs `work` to its end and returns what it returns or throws what it throws. When the user wants to stop, the
  /// task is destroyed, which calls off what it waits for, and errc::cancelled is thrown.
  template <class T>
  T run(sage::task<T> work, const sage::interruption& stop) {
    ended end;
    sage::functions::task_scope scope(loop_, nullptr);
    const sage::task<T> running = std::move(work);  // goes before its scope does
    running.start(scope, end);
    while (!end.is_told) advance(stop);
    return running.promise().take();
  }

 private:
  struct ended final : sage::functions::task_end {
    void on_task_end() noexcept override { is_told = true; }
    bool is_told = false;
  };
  class bell;

  /// Resumes what is ready, or waits until something is.
  void advance(const sage::interruption& stop);

  std::shared_ptr<bell> bell_;
  sage::functions::task_loop loop_;
};

}  // namespace ask
