/// A histogram of durations: four buckets per power of two, so that a quantile is within 19 % of the truth.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace sage {

/// Counts non-negative values in logarithmic buckets. Owned by one thread; copied to be read elsewhere.
///
/// Cost    O(1) to add, no allocation; 1.3 KiB
/// Source  the bucketing of HdrHistogram (Tene), with two bits of precision
class histogram {
 public:
  static constexpr std::size_t buckets = 160;

  void add(std::uint64_t value, std::uint64_t count = 1) noexcept {
    counts_[bucket_of(value)] += count;
    count_ += count;
    sum_ += value * count;
    if (value > max_) max_ = value;
  }
  void merge(const histogram& other) noexcept {
    for (std::size_t i = 0; i < buckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    if (other.max_ > max_) max_ = other.max_;
  }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t sum() const noexcept { return sum_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }
  /// The least value that the share `q` (0..1) of all values doesn't exceed, rounded up to its bucket's upper bound.
  [[nodiscard]] std::uint64_t quantile(double q) const noexcept {
    if (count_ == 0) return 0;
    // The nearest rank: of two values, the 99th percentile is the larger.
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count_))));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < buckets; ++i) {
      seen += counts_[i];
      if (seen >= wanted) return upper_bound(i) < max_ ? upper_bound(i) : max_;
    }
    return max_;
  }
  [[nodiscard]] std::uint64_t count_in(std::size_t bucket) const noexcept { return counts_[bucket]; }
  /// The largest value that falls into `bucket`.
  [[nodiscard]] static std::uint64_t upper_bound(std::size_t bucket) noexcept {
    if (bucket < 4) return bucket;
    const std::size_t shift = bucket / 4 - 1;
    return ((4 + bucket % 4 + 1) << shift) - 1;
  }
  [[nodiscard]] static std::size_t bucket_of(std::uint64_t value) noexcept {
    if (value < 4) return value;
    const auto high = static_cast<std::size_t>(std::bit_width(value)) - 1;
    const std::size_t bucket = (high - 1) * 4 + ((value >> (high - 2)) & 3);
    return bucket < buckets ? bucket : buckets - 1;
  }

 private:
  std::array<std::uint64_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace sage
