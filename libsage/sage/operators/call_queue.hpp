/// The calls of an async operator that run one after another, and the keys whose turn it is.
#pragma once

#include <cstddef>

namespace sage::operators {

class async_call;

/// The calls of one key, in order: the first runs, or is the next to run; the others wait for it. At a stable address
/// while it has calls.
struct call_queue {
  async_call* first = nullptr;
  async_call* last = nullptr;
  std::size_t waiting = 0;       // behind the first
  call_queue* before = nullptr;  // among the startable keys
  call_queue* after = nullptr;
  bool is_startable = false;

  void push_back(async_call& call) noexcept;
  /// Takes a call out, wherever it stands. O(1).
  void erase(async_call& call) noexcept;
};

/// Keys whose first call waits for capacity only, in the order in which they came. O(1) each.
class startable_keys {
 public:
  [[nodiscard]] bool empty() const noexcept { return first_ == nullptr; }
  /// Nothing happens when it is among them.
  void push_back(call_queue& key) noexcept;
  /// Precondition: not empty.
  call_queue& pop_front() noexcept;
  /// Nothing happens when it isn't among them.
  void erase(call_queue& key) noexcept;

 private:
  call_queue* first_ = nullptr;
  call_queue* last_ = nullptr;
};

}  // namespace sage::operators
