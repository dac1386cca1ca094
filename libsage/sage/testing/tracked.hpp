/// A record that counts its copies, its moves and how many of it are alive.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace sage::testing {

/// What happened to the `tracked` records that were made with it. Outlives them. Thread-safe.
class tracked_counts {
 public:
  [[nodiscard]] std::int64_t copies() const noexcept { return copies_; }
  [[nodiscard]] std::int64_t moves() const noexcept { return moves_; }
  /// Objects that are not destroyed yet, moved-from ones included: 0 when nothing leaks.
  [[nodiscard]] std::int64_t alive() const noexcept { return alive_; }

 private:
  friend class tracked;
  std::atomic<std::int64_t> copies_{0};
  std::atomic<std::int64_t> moves_{0};
  std::atomic<std::int64_t> alive_{0};
};

/// A number that reports to its counts. Compares by the number; -1 once it was moved from, so that a use of what is
/// gone shows.
class tracked {
 public:
  tracked(int value, tracked_counts& counts) noexcept : value_(value), counts_(&counts) { ++counts_->alive_; }
  tracked(const tracked& other) noexcept : value_(other.value_), counts_(other.counts_) {
    ++counts_->copies_;
    ++counts_->alive_;
  }
  tracked(tracked&& other) noexcept : value_(std::exchange(other.value_, moved_from)), counts_(other.counts_) {
    ++counts_->moves_;
    ++counts_->alive_;
  }
  tracked& operator=(const tracked& other) noexcept {
    value_ = other.value_;
    ++counts_->copies_;
    return *this;
  }
  tracked& operator=(tracked&& other) noexcept {
    value_ = std::exchange(other.value_, moved_from);
    ++counts_->moves_;
    return *this;
  }
  ~tracked() { --counts_->alive_; }

  [[nodiscard]] int value() const noexcept { return value_; }
  friend bool operator==(const tracked& a, const tracked& b) noexcept { return a.value_ == b.value_; }
  friend bool operator<(const tracked& a, const tracked& b) noexcept { return a.value_ < b.value_; }

  static constexpr int moved_from = -1;

 private:
  int value_;
  tracked_counts* counts_;
};

}  // namespace sage::testing
