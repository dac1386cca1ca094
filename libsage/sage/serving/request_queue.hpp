/// Requests between a server's thread and the pipeline that reads them.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "sage/model/batch.hpp"
#include "sage/model/item_scope.hpp"
#include "sage/operators/source.hpp"

namespace sage::serving {

/// Not thread-safe: its owner locks. What is let go of is handed out, so that it ends outside the lock.
template <class T>
class request_queue {
 public:
  struct waiting {
    T call;
    ref<item_scope> item;
  };
  using left_over = std::deque<waiting>;

  [[nodiscard]] std::size_t size() const noexcept { return queue_.size(); }
  void push(T call, ref<item_scope> item) { queue_.push_back({std::move(call), std::move(item)}); }

  /// Takes at most `records_max` requests out; those that were stopped go to `gone`.
  [[nodiscard]] std::vector<waiting> take(std::size_t records_max, const char* service, left_over& gone) {
    std::vector<waiting> taken;
    while (taken.size() < records_max && !queue_.empty()) {
      waiting next = std::move(queue_.front());
      queue_.pop_front();
      if (next.item->is_stopped()) {
        next.item->note_end(item_end_reason::gone, service, std::string(to_string(next.item->why_stopped())));
        gone.push_back(std::move(next));
      } else {
        taken.push_back(std::move(next));
      }
    }
    return taken;
  }
  /// The same into a batch, with the items.
  void read(batch<T>& into, std::size_t records_max, const char* service, left_over& gone) {
    for (waiting& next : take(records_max, service, gone)) {
      into.emplace_back(std::move(next.call));
      into.add_items()[into.size() - 1] = std::move(next.item);
    }
  }
  void clear(left_over& left) noexcept { left.swap(queue_); }

 private:
  std::deque<waiting> queue_;
};

}  // namespace sage::serving
