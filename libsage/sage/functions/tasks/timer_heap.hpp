/// Timers that can be taken back.
#pragma once

#include <cstddef>
#include <vector>

#include "sage/base/clock.hpp"

namespace sage::functions {

class task_event;
class timer_heap;

/// One moment that somebody waits for; lives where the waiting does and leaves the heap with it.
class timer_node {
 public:
  explicit timer_node(task_event& who) noexcept : who_(&who) {}
  timer_node(const timer_node&) = delete;
  timer_node& operator=(const timer_node&) = delete;
  ~timer_node() { cancel(); }

  void cancel() noexcept;
  [[nodiscard]] bool is_set() const noexcept { return heap_ != nullptr; }
  [[nodiscard]] nanoseconds at() const noexcept { return at_; }

 private:
  friend class timer_heap;
  task_event* who_;
  timer_heap* heap_ = nullptr;
  std::size_t place_ = 0;
  nanoseconds at_ = 0;
  std::uint64_t number_ = 0;
};

/// A binary heap that knows where each timer is: most time-outs are cancelled, and must leave nothing behind.
///
/// Cost  set and cancel O(log n); equal moments come in the order in which they were set
class timer_heap {
 public:
  timer_heap() = default;
  timer_heap(const timer_heap&) = delete;
  timer_heap& operator=(const timer_heap&) = delete;
  ~timer_heap() {
    for (timer_node* node : nodes_) node->heap_ = nullptr;
  }

  [[nodiscard]] bool empty() const noexcept { return nodes_.empty(); }
  [[nodiscard]] nanoseconds next_at() const noexcept { return nodes_.front()->at_; }
  void set(timer_node& node, nanoseconds at);
  /// Takes out the first timer that is due at `now` and returns whose it is, or null.
  task_event* take_due(nanoseconds now) noexcept;

 private:
  friend class timer_node;
  void remove(timer_node& node) noexcept;
  void rise(std::size_t place) noexcept;
  void sink(std::size_t place) noexcept;
  void put(std::size_t place, timer_node* node) noexcept {
    nodes_[place] = node;
    node->place_ = place;
  }
  static bool before(const timer_node& a, const timer_node& b) noexcept {
    return a.at_ != b.at_ ? a.at_ < b.at_ : a.number_ < b.number_;
  }

  std::vector<timer_node*> nodes_;
  std::uint64_t next_number_ = 0;
};

}  // namespace sage::functions
