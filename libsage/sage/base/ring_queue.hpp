/// A first-in, first-out queue that keeps its memory.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace sage {

/// Elements in one circular array that grows to the largest number ever queued and stays there: unlike a deque it
/// allocates nothing while elements come and go.
///
/// Cost  O(1) amortised; `T` is default-constructible and movable, a popped place holds a moved-from `T`
template <class T>
class ring_queue {
 public:
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void push_back(T element) {
    if (size_ == places_.size()) grow();
    places_[(head_ + size_) & (places_.size() - 1)] = std::move(element);
    ++size_;
  }
  /// Precondition: not empty.
  [[nodiscard]] T& front() noexcept { return places_[head_]; }
  /// Takes the front out. Precondition: not empty.
  T pop_front() noexcept {
    T taken = std::move(places_[head_]);
    head_ = (head_ + 1) & (places_.size() - 1);
    --size_;
    return taken;
  }
  void clear() noexcept {
    while (!empty()) static_cast<void>(pop_front());
  }

 private:
  void grow() {
    std::vector<T> bigger(places_.empty() ? 8 : places_.size() * 2);  // always a power of two
    for (std::size_t i = 0; i < size_; ++i) bigger[i] = std::move(places_[(head_ + i) & (places_.size() - 1)]);
    places_ = std::move(bigger);
    head_ = 0;
  }

  std::vector<T> places_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
};

}  // namespace sage
