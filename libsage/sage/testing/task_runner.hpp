/// Runs a coroutine outside any pipeline, in virtual time.
#pragma once

#include <memory>
#include <optional>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking_port.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/testing/manual_clock.hpp"

namespace sage::testing {

/// One loop with a clock that jumps to the next timer whenever nothing else is left to do: a time-out of an hour is
/// over at once, and two runs are equal. Blocking code runs at once, within `run_blocking`.
class task_runner {
 public:
  task_runner() : loop_(time_, nullptr, functions::make_inline_blocking()) {}
  explicit task_runner(std::shared_ptr<functions::blocking_port> blocking)
      : loop_(time_, nullptr, std::move(blocking)) {}

  [[nodiscard]] manual_clock& time() noexcept { return time_; }
  [[nodiscard]] functions::task_loop& loop() noexcept { return loop_; }

  /// Runs `work` to its end and returns what it returns, or throws what it throws. A task that waits for what nobody
  /// will bring is errc::timeout.
  template <class T>
  T run(task<T> work) {
    ended end;
    functions::task_scope scope(loop_, nullptr);
    work.start(scope, end);
    while (!end.is_told) {
      if (advance()) continue;
      throw error(errc::timeout, "the task waits for something that will never come", "task_runner");
    }
    return work.promise().take();
  }
  /// Goes on by one round: resumes what is ready, else moves to the next timer. False when neither is there.
  bool advance() {
    loop_.attend();
    if (loop_.has_ready()) {
      loop_.run(resumptions_per_round);
      return true;
    }
    const auto at = loop_.next_timer();
    if (!at) return false;
    time_.advance_to(*at);
    return true;
  }

 private:
  struct ended final : functions::task_end {
    void on_task_end() noexcept override { is_told = true; }
    bool is_told = false;
  };
  static constexpr std::size_t resumptions_per_round = 1024;

  manual_clock time_;
  functions::task_loop loop_;
};

}  // namespace sage::testing
