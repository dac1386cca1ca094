/// How other threads reach the coroutines of a loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "sage/base/spin_lock.hpp"
#include "sage/functions/context.hpp"

namespace sage::functions {

/// Names one waiting of one coroutine. Places are used again, generations are not: a late ring finds nobody.
struct wake_ticket {
  std::uint32_t place = 0;
  std::uint32_t generation = 0;
  friend bool operator==(const wake_ticket&, const wake_ticket&) = default;
};

/// Takes rings from any thread and wakes the engine for the first of them. Shared: it may outlive the loop, and rings
/// for nobody then.
class task_inbox {
 public:
  explicit task_inbox(std::shared_ptr<waker> engine) noexcept : engine_(std::move(engine)) {}

  /// Tells the loop that what `ticket` waits for is there. Thread-safe.
  void ring(wake_ticket ticket) {
    bool first = false;
    {
      const std::lock_guard lock(lock_);
      if (closed_) return;
      first = rung_.empty();
      rung_.push_back(ticket);
      has_entries_.store(true, std::memory_order_release);
    }
    if (first && engine_) engine_->wake();
  }
  [[nodiscard]] bool has_entries() const noexcept { return has_entries_.load(std::memory_order_acquire); }
  /// Swaps out what has come in; `into` is empty.
  void take(std::vector<wake_ticket>& into) {
    const std::lock_guard lock(lock_);
    into.swap(rung_);
    has_entries_.store(false, std::memory_order_release);
  }
  /// The loop is gone.
  void close() noexcept {
    const std::lock_guard lock(lock_);
    closed_ = true;
    rung_.clear();
  }

 private:
  spin_lock lock_;
  std::vector<wake_ticket> rung_;
  std::atomic<bool> has_entries_{false};
  bool closed_ = false;
  std::shared_ptr<waker> engine_;
};

}  // namespace sage::functions
