/// Stops calling an endpoint that fails, and tries again with one call at a time.
#pragma once

#include <array>
#include <cstdint>

#include "sage/base/clock.hpp"

namespace sage::llm {

struct breaker_settings {
  double failure_share_max = 0.5;          ///< of the calls that ended within the window
  std::uint32_t calls_min = 20;            ///< ended within the window before a share means anything
  nanoseconds window = 10'000'000'000;     ///< looked back
  nanoseconds open_first = 1'000'000'000;  ///< how long it stays open; doubles with every failed probe
  nanoseconds open_max = 60'000'000'000;
};

/// Pure state machine. A call asks for a permit and gives it back with what became of the call; what was permitted
/// before the breaker opened changes nothing afterwards.
///
/// Law  while open no call is permitted; while half open exactly one at a time
/// Source  Nygard, "Release It!", 2007, chapter 5
class circuit_breaker {
 public:
  enum class state : std::uint8_t { closed, open, half_open };

  struct permit {
    bool granted = false;
    std::uint64_t period = 0;  ///< in which it was given
  };

  explicit circuit_breaker(const breaker_settings& settings = {});

  [[nodiscard]] permit ask(nanoseconds now);
  void on_success(const permit& of, nanoseconds now);
  void on_failure(const permit& of, nanoseconds now);
  /// The call was cancelled: nothing was learned.
  void on_abandoned(const permit& of);

  [[nodiscard]] state current(nanoseconds now) const noexcept;
  /// From when on it is worth asking again, while open.
  [[nodiscard]] nanoseconds retry_at() const noexcept { return open_until_; }

 private:
  struct slice {
    std::int64_t number = -1;  // of the slice of time
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  static constexpr std::size_t slices_ = 10;

  slice& slice_at(nanoseconds now);
  void open(nanoseconds now);
  void close();

  breaker_settings settings_;
  std::array<slice, slices_> window_;
  state state_ = state::closed;
  bool probing_ = false;
  std::uint64_t period_ = 1;  // advances whenever the state changes
  nanoseconds open_for_;
  nanoseconds open_until_ = 0;
};

}  // namespace sage::llm
