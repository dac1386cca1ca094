/// How many calls a provider bears at once, learned from its refusals.
#pragma once

#include <cstdint>

#include "sage/base/clock.hpp"

namespace sage::llm {

struct concurrency_settings {
  std::uint32_t in_flight_start = 4;          ///< before anything is known
  std::uint32_t in_flight_max = 256;          ///< never more, whatever the provider bears
  nanoseconds probe_after = 600'000'000'000;  ///< quiet time before one more than what was refused is tried again
};

/// Additive increase, multiplicative decrease, with a memory: a refusal (429) tells how many were too many, and that
/// number is not tried again before `probe_after`. We count a call from before it is sent until its answer is here,
/// so never fewer than the provider counts: a ceiling that once is right gets no more refusals. What cannot be told
/// apart is a rate limit of the provider that nobody configured; then a refusal halves the window at most, and it
/// opens again by probes that double.
///
/// Law  in_flight <= in_flight_max; the limit is at least 1
/// Law  every refusal of a call that started after the last refusal lowers the ceiling by at least one
/// Source  Chiu and Jain, "Analysis of the increase and decrease algorithms", 1989 (AIMD)
class concurrency_window {
 public:
  /// What a call has to remember until it ends.
  struct start {
    std::uint32_t in_flight = 0;  ///< with it
    std::uint64_t number = 0;     ///< of the call, counted from 1
  };

  explicit concurrency_window(const concurrency_settings& settings);

  [[nodiscard]] bool has_room() const noexcept { return in_flight_ < limit_; }
  [[nodiscard]] std::uint32_t in_flight() const noexcept { return in_flight_; }
  [[nodiscard]] std::uint32_t limit() const noexcept { return limit_; }

  [[nodiscard]] start on_start() noexcept;
  void on_success(nanoseconds now) noexcept;
  void on_throttled(const start& call, nanoseconds now) noexcept;
  /// Ended for a reason that says nothing about concurrency.
  void on_failure() noexcept { --in_flight_; }

 private:
  concurrency_settings settings_;
  std::uint32_t limit_;
  std::uint32_t ceiling_;
  std::uint32_t in_flight_ = 0;
  std::uint32_t grown_ = 0;  // successes since the limit grew
  bool is_new_ = true;       // no refusal yet: doubles per round
  std::uint64_t starts_ = 0;
  std::uint64_t refused_until_ = 0;  // calls up to this number belong to the refusal that is being dealt with
  std::uint32_t refusal_size_ = 0;   // calls under way when it began
  std::uint32_t refused_ = 0;        // of them, so far
  nanoseconds quiet_since_ = 0;
  std::uint32_t probe_step_ = 1;
};

}  // namespace sage::llm
