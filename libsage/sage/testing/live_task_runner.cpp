#include "sage/testing/live_task_runner.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace sage::testing {

class live_task_runner::bell final : public waker {
 public:
  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      is_rung_ = true;
    }
    changed_.notify_one();
  }
  [[nodiscard]] bool stop_requested() const noexcept override { return false; }

  void wait(nanoseconds at_most) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::nanoseconds(at_most), [this] { return is_rung_; });
    is_rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_rung_ = false;
};

live_task_runner::live_task_runner()
    : bell_(std::make_shared<bell>()), loop_(system_clock(), bell_, functions::make_blocking_pool()) {}

live_task_runner::~live_task_runner() {
  // Blocking code that still runs refers to frames that the loop keeps.
  static_cast<void>(advance_until([this] { return !loop_.has_retired(); }));
}

void live_task_runner::advance(nanoseconds end) {
  constexpr std::size_t resumptions_per_round = 1024;
  // One thing at a time: each may be what the caller waits for.
  if (loop_.has_news()) {
    loop_.attend();
    return;
  }
  if (loop_.has_ready()) {
    loop_.run(resumptions_per_round);
    return;
  }
  const nanoseconds wake_at = std::min(loop_.next_timer().value_or(end), end);
  bell_->wait(std::max<nanoseconds>(wake_at - loop_.time().now(), 0));
}

}  // namespace sage::testing
