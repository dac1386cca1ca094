/// Where a function that makes any number of records puts them.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "sage/model/batch.hpp"

namespace sage {

/// Gathers the records that a function makes of one input record. They leave only after the function has returned;
/// when it throws, they are forgotten.
///
/// Cost  push is one comparison and the record's move: the batch learns its size when somebody else looks at it
template <class U>
class collector {
 public:
  collector() noexcept = default;
  collector(const collector&) = delete;
  collector& operator=(const collector&) = delete;
  ~collector() {
    if (made_) settle();
  }

  /// Adds one record.
  void push(U record) {
    if (at_ == end_) grow();
    ::new (static_cast<void*>(at_)) U(std::move(record));
    ++at_;
  }
  void operator()(U record) { push(std::move(record)); }

  // ---- for operators

  [[nodiscard]] bool has_batch() const noexcept { return static_cast<bool>(made_); }
  [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(at_ - made_->data()); }
  [[nodiscard]] batch<U>& records() noexcept {
    settle();
    return *made_;
  }
  void begin(const ref<batch_pool>& pool, std::size_t capacity) { use(batch<U>::make(pool, capacity)); }
  void truncate(std::size_t size) noexcept {
    settle();
    made_->truncate(size);
    at_ = made_->end();
  }
  [[nodiscard]] batch_ref take() noexcept {
    settle();
    at_ = end_ = nullptr;
    return erase(std::exchange(made_, {}));
  }

 private:
  void settle() noexcept { made_->set_size(size()); }
  void use(ref<batch<U>> fresh) noexcept {
    made_ = std::move(fresh);
    at_ = made_->end();
    end_ = made_->data() + made_->capacity();
  }
  void grow() {
    settle();
    auto bigger = batch<U>::make(made_->pool(), made_->capacity() * 2);
    for (U& record : *made_) bigger->emplace_back(std::move(record));
    carry_columns(*made_, 0, made_->size(), *bigger, 0);
    bigger->header = made_->header;
    bigger->retain_blocks_of(*made_);
    use(std::move(bigger));
  }

  ref<batch<U>> made_;
  U* at_ = nullptr;
  U* end_ = nullptr;
};

}  // namespace sage
