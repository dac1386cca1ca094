/// A rate per minute that holds in every minute, not only on average.
#pragma once

#include <cstdint>

#include "sage/base/clock.hpp"

namespace sage::llm {

/// A leaking bucket. Of the allowance a tenth may be used at once, the rest comes back over the minute: so no window
/// of a minute sees more than `per_minute_max`. What is larger than a tenth passes when the bucket is full and leaves
/// a debt.
///
/// Law  the amounts taken within any 60 seconds, but the last one, are at most per_minute_max
class rate_bucket {
 public:
  /// `per_minute_max` 0 is no limit.
  explicit rate_bucket(double per_minute_max = 0) noexcept;

  /// The earliest moment at which `amount` may be taken: `now`, or later.
  [[nodiscard]] nanoseconds ready_at(double amount, nanoseconds now) noexcept;
  void take(double amount, nanoseconds now) noexcept;
  /// Corrects an amount taken: positive gives back, negative takes more.
  void give_back(double amount, nanoseconds now) noexcept;

 private:
  void refill(nanoseconds now) noexcept;

  double capacity_ = 0;
  double per_nanosecond_ = 0;
  double level_ = 0;
  nanoseconds filled_at_ = 0;
  bool started_ = false;
};

}  // namespace sage::llm
