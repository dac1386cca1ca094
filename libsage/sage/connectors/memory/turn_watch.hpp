/// Ends a read that takes longer than a turn.
#pragma once

#include <cstddef>

#include "sage/functions/context.hpp"

namespace sage {

/// For readers that call code of the user per record: who reads a batch of records at a millisecond each keeps its
/// actor for seconds. Looks at the clock before the records number 1, 2, 4, 8 ..., so at most twelve times in 4096.
class turn_watch {
 public:
  void open(const context& self) noexcept { self_ = &self; }
  void begin() noexcept { next_look_ = 1; }
  /// Whether the record number `i` of this read should be left to the next one.
  [[nodiscard]] bool is_over(std::size_t i) noexcept {
    if (i < next_look_) return false;
    const nanoseconds now = self_->time().now();
    if (next_look_ == 1) begun_ = now;
    next_look_ = i * 2;
    return now - begun_ >= self_->turn_max();
  }

 private:
  const context* self_ = nullptr;
  std::size_t next_look_ = 1;
  nanoseconds begun_ = 0;
};

}  // namespace sage
