/// A lock for a handful of instructions.
#pragma once

#include <atomic>
#include <thread>

namespace sage {

/// Spins instead of sleeping: for critical sections shorter than the system call that a sleeping lock would make.
/// Gives its time away when the holder seems to have lost its core. Use with std::lock_guard.
class spin_lock {
 public:
  void lock() noexcept {
    for (int tries = 0; flag_.test_and_set(std::memory_order_acquire);) {
      while (flag_.test(std::memory_order_relaxed)) {
        if (++tries % tries_before_yield == 0) std::this_thread::yield();
      }
    }
  }
  void unlock() noexcept { flag_.clear(std::memory_order_release); }

 private:
  static constexpr int tries_before_yield = 128;
  std::atomic_flag flag_;
};

}  // namespace sage
