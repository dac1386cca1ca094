/// CAF's testing scheduler with a seed: whichever actor runs next is drawn from it, so that a run can be replayed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/scheduler/test_coordinator.hpp>

#include "sage/base/assert.hpp"
#include "sage/embedded.hpp"
#include "sage/sage.hpp"

namespace sage::test {

/// An actor system without threads: nothing runs but what `step` runs.
class stepped_system {
 public:
  explicit stepped_system(std::uint64_t seed) : random_(seed), system_(config_) {
    SAGE_ASSERT(scheduler_ != nullptr);
  }
  /// What is left of a run that failed must not be waited for.
  ~stepped_system() { system_.await_actors_before_shutdown(running() == 0); }

  [[nodiscard]] caf::actor_system& system() noexcept { return system_; }
  [[nodiscard]] std::size_t running() { return system_.registry().running(); }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }
  /// A digest of every choice made so far: equal for equal runs.
  [[nodiscard]] std::uint64_t trace() const noexcept { return trace_; }
  /// A number below `bound`, from the same seed.
  std::uint64_t draw(std::uint64_t bound) { return random_() % bound; }

  /// Lets one actor handle one message. Returns false when nobody has any.
  bool step() {
    auto& jobs = scheduler_->jobs;
    if (jobs.empty()) return scheduler_->trigger_timeout();
    const std::size_t chosen = draw(jobs.size());
    trace_ = (trace_ ^ (jobs.size() * 1000003 + chosen)) * 0x9e3779b97f4a7c15u;
    ++steps_;
    std::rotate(jobs.begin(), jobs.begin() + static_cast<std::ptrdiff_t>(chosen),
                jobs.begin() + static_cast<std::ptrdiff_t>(chosen) + 1);
    scheduler_->try_run_once();
    return true;
  }
  /// Steps until `done()`; false when nothing moves any more, or after `steps_max`.
  template <class Done>
  bool run_until(Done done, std::uint64_t steps_max = 1'000'000) {
    for (std::uint64_t i = 0; i < steps_max; ++i) {
      if (done()) return true;
      if (!step()) return done();
    }
    return false;
  }
  /// Lets everybody finish who still has messages.
  void run_dry() {
    while (!scheduler_->jobs.empty()) step();
  }

 private:
  struct configuration : caf::actor_system_config {
    configuration() { set("scheduler.policy", caf::atom("testing")); }
  };

  std::mt19937_64 random_;
  configuration config_;
  caf::actor_system system_;
  caf::scheduler::test_coordinator* scheduler_ =
      dynamic_cast<caf::scheduler::test_coordinator*>(&system_.scheduler());
  std::uint64_t steps_ = 0;
  std::uint64_t trace_ = 0;
};

}  // namespace sage::test
