#include "ask/models/task_driver.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking_port.hpp"

namespace ask {

namespace {

constexpr std::size_t resumptions_per_round = 64;

/// How often it looks whether the user wants to stop.
constexpr sage::nanoseconds look_up = 50'000'000;

}  // namespace

class task_driver::bell final : public sage::waker {
 public:
  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }
  [[nodiscard]] bool stop_requested() const noexcept override { return false; }

  /// Until somebody rings, at most `wait`.
  void await(sage::nanoseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::nanoseconds(wait), [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

task_driver::task_driver(const sage::clock& time)
    : bell_(std::make_shared<bell>()), loop_(time, bell_, sage::functions::make_inline_blocking()) {}

task_driver::~task_driver() = default;

void task_driver::advance(const sage::interruption& stop) {
  if (stop.requested()) throw sage::error(sage::errc::cancelled, "stopped while a model was asked");
  loop_.attend();
  if (loop_.has_ready()) {
    static_cast<void>(loop_.run(resumptions_per_round));
    return;
  }
  auto wait = look_up;
  if (const auto next = loop_.next_timer()) {
    wait = std::clamp<sage::nanoseconds>(*next - loop_.time().now(), 0, look_up);
  }
  if (wait > 0) bell_->await(wait);
}

}  // namespace ask
