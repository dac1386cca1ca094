/// How many records are inside a loop, counted by all instances of its body.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "sage/functions/context.hpp"

namespace sage::operators {

/// One per loop and job, shared by the instances of this process; touched once per activation, never per record.
///
/// Law  an instance adds what it is about to send before it sends it: so the count is never below what is inside,
///      and 0 means that nothing is
class loop_gauge {
 public:
  [[nodiscard]] std::int64_t inside() const noexcept { return inside_.load(std::memory_order_seq_cst); }

  /// Counts `change` and wakes the head when it waits for what this brought about.
  void add(std::int64_t change) noexcept {
    if (change == 0) return;
    const std::int64_t now = inside_.fetch_add(change, std::memory_order_seq_cst) + change;
    if (change > 0 || now > wake_below_.load(std::memory_order_seq_cst)) return;
    const std::lock_guard lock(mutex_);
    if (head_) head_->wake();
  }
  /// The head wants to be woken when at most `inside` records are left; look at `inside()` again after the call.
  void wake_at(std::int64_t inside) noexcept { wake_below_.store(inside, std::memory_order_seq_cst); }
  void wake_no_more() noexcept { wake_below_.store(-1, std::memory_order_seq_cst); }

  void set_head(std::shared_ptr<waker> head) {
    const std::lock_guard lock(mutex_);
    head_ = std::move(head);
  }

 private:
  std::atomic<std::int64_t> inside_{0};
  std::atomic<std::int64_t> wake_below_{-1};
  std::mutex mutex_;
  std::shared_ptr<waker> head_;
};

}  // namespace sage::operators
