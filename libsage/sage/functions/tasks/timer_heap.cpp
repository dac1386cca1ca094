#include "sage/functions/tasks/timer_heap.hpp"

namespace sage::functions {

void timer_node::cancel() noexcept {
  if (heap_) heap_->remove(*this);
}

void timer_heap::set(timer_node& node, nanoseconds at) {
  node.cancel();
  nodes_.push_back(&node);
  node.heap_ = this;
  node.at_ = at;
  node.number_ = next_number_++;
  node.place_ = nodes_.size() - 1;
  rise(node.place_);
}

task_event* timer_heap::take_due(nanoseconds now) noexcept {
  if (nodes_.empty() || nodes_.front()->at_ > now) return nullptr;
  timer_node& first = *nodes_.front();
  remove(first);
  return first.who_;
}

void timer_heap::remove(timer_node& node) noexcept {
  const std::size_t place = node.place_;
  node.heap_ = nullptr;
  timer_node* const last = nodes_.back();
  nodes_.pop_back();
  if (last == &node) return;
  put(place, last);
  rise(place);
  sink(last->place_);
}

void timer_heap::rise(std::size_t place) noexcept {
  timer_node* const node = nodes_[place];
  while (place > 0) {
    const std::size_t above = (place - 1) / 2;
    if (!before(*node, *nodes_[above])) break;
    put(place, nodes_[above]);
    place = above;
  }
  put(place, node);
}

void timer_heap::sink(std::size_t place) noexcept {
  timer_node* const node = nodes_[place];
  for (;;) {
    std::size_t below = 2 * place + 1;
    if (below >= nodes_.size()) break;
    if (below + 1 < nodes_.size() && before(*nodes_[below + 1], *nodes_[below])) ++below;
    if (!before(*nodes_[below], *node)) break;
    put(place, nodes_[below]);
    place = below;
  }
  put(place, node);
}

}  // namespace sage::functions
