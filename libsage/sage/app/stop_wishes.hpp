/// What a signal means: the pure rules behind SIGINT and SIGTERM.
#pragma once

#include <cstdint>

#include "sage/base/clock.hpp"

namespace sage::apps {

/// Turns signals into wishes by what the program is doing.
///
/// Before a job: ends the process, as nothing has been done that could be finished or undone.
/// While one is being started: the first drains it as soon as it has begun, the second ends the process.
/// During a job: the first drains it, the second cancels it, the third ends the process.
/// After it:     the first asks the app to stop, the second ends the process.
///
/// The same signal again within a moment is the same wish: a terminal and timeout(1) tell the process and then its
/// whole group.
class stop_wishes {
 public:
  enum class wish : std::uint8_t { none, drain, cancel, stop_app, end_process };

  /// Longer than it takes to send a signal to a process and then to its group, shorter than a person takes.
  static constexpr nanoseconds same_wish = 50'000'000;

  [[nodiscard]] wish on_signal(int number, nanoseconds now) noexcept {
    const bool again = seen_ > 0 && number == last_number_ && now - last_at_ < same_wish;
    last_number_ = number;
    last_at_ = now;
    if (again) return wish::none;
    ++seen_;
    if (phase_ == phase::starting && seen_ == 1) return wish::none;  // on_job_started says it
    if (phase_ == phase::during && seen_ == 1) return wish::drain;
    if (phase_ == phase::during && seen_ == 2) return wish::cancel;
    if (phase_ == phase::after && seen_ == 1) return wish::stop_app;
    return wish::end_process;
  }
  void on_job_starting() noexcept { phase_ = phase::starting; }
  /// What a signal that came while the job was being started wants.
  [[nodiscard]] wish on_job_started() noexcept {
    phase_ = phase::during;
    return seen_ > 0 ? wish::drain : wish::none;
  }
  void on_job_ended() noexcept {
    phase_ = phase::after;
    seen_ = 0;
  }
  [[nodiscard]] bool job_has_begun() const noexcept { return phase_ == phase::during || phase_ == phase::after; }

 private:
  enum class phase : std::uint8_t { before, starting, during, after };
  phase phase_ = phase::before;
  int seen_ = 0;  // in this phase
  int last_number_ = 0;
  nanoseconds last_at_ = 0;
};

}  // namespace sage::apps
