#include "sage/llm/limits/rate_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace sage::llm {

namespace {

constexpr double burst_share = 0.1;
constexpr double minute_ns = 60e9;
constexpr double rounding = 1e-6;  // of one unit: what floating point may lose on the way

}  // namespace

rate_bucket::rate_bucket(double per_minute_max) noexcept {
  if (per_minute_max <= 0) return;
  capacity_ = std::max(1.0, per_minute_max * burst_share);
  // A limit of one a minute would leave nothing to come back: it gets half a call a minute, which is safe too.
  per_nanosecond_ = std::max(per_minute_max - capacity_, per_minute_max / 2) / minute_ns;
  level_ = capacity_;
}

void rate_bucket::refill(nanoseconds now) noexcept {
  if (!started_) {
    started_ = true;
    filled_at_ = now;
  }
  if (now <= filled_at_) return;
  level_ = std::min(capacity_, level_ + per_nanosecond_ * static_cast<double>(now - filled_at_));
  filled_at_ = now;
}

nanoseconds rate_bucket::ready_at(double amount, nanoseconds now) noexcept {
  if (capacity_ == 0) return now;
  refill(now);
  const double missing = std::min(amount, capacity_) - level_;
  if (missing <= rounding) return now;
  return now + std::max<nanoseconds>(1, static_cast<nanoseconds>(std::ceil(missing / per_nanosecond_)));
}

void rate_bucket::take(double amount, nanoseconds now) noexcept {
  if (capacity_ == 0) return;
  refill(now);
  level_ -= amount;
}

void rate_bucket::give_back(double amount, nanoseconds now) noexcept {
  if (capacity_ == 0) return;
  refill(now);
  level_ = std::min(capacity_, level_ + amount);
}

}  // namespace sage::llm
