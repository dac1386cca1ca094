/// A stop that blocking code can wait for: a flag and a file descriptor for poll(2).
#pragma once

#include <atomic>

namespace sage::runtime {

/// Set once; withdrawn only when all who were told are gone and others take their places. Thread-safe.
class stop_signal {
 public:
  stop_signal();
  ~stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  void request() noexcept;
  void withdraw() noexcept;
  [[nodiscard]] bool is_requested() const noexcept { return requested_.load(std::memory_order_acquire); }
  /// Readable once a stop was requested; -1 when the system has no descriptors left.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  std::atomic<bool> requested_{false};
  int descriptor_;
};

}  // namespace sage::runtime
