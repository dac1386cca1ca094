/// Where a function that makes any number of records puts them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "sage/model/batch.hpp"

namespace sage {

/// Gathers the records that a function makes of one input record. They leave only after the function has returned;
/// when it throws, they are forgotten.
template <class U>
class collector {
 public:
  /// Adds one record.
  void push(U record) {
    if (made_->room() == 0) grow();
    made_->emplace_back(std::move(record));
  }
  void operator()(U record) { push(std::move(record)); }

  // ---- for operators

  [[nodiscard]] bool has_batch() const noexcept { return static_cast<bool>(made_); }
  [[nodiscard]] std::size_t size() const noexcept { return made_->size(); }
  [[nodiscard]] batch<U>& records() noexcept { return *made_; }
  void begin(const ref<batch_pool>& pool, std::size_t capacity) { made_ = batch<U>::make(pool, capacity); }
  void truncate(std::size_t size) noexcept { made_->truncate(size); }
  [[nodiscard]] batch_ref take() noexcept { return erase(std::exchange(made_, {})); }

 private:
  void grow() {
    auto bigger = batch<U>::make(made_->pool(), made_->capacity() * 2);
    for (U& record : *made_) bigger->emplace_back(std::move(record));
    bigger->header = made_->header;
    bigger->retain_blocks_of(*made_);
    made_ = std::move(bigger);
  }

  ref<batch<U>> made_;
};

}  // namespace sage
