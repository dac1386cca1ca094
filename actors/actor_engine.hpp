/// The engine port on actors: in a system of its own, or in one that belongs to somebody else.
#pragma once

#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>

#include "sage/runtime/job.hpp"

namespace sage::actors {

/// Runs jobs as supervised actors of `system`, which must outlive the engine and is otherwise left alone.
class actor_engine final : public runtime::engine {
 public:
  explicit actor_engine(caf::actor_system& system) : system_(system) {}

  std::shared_ptr<runtime::job_control> start(std::shared_ptr<runtime::job_record> job) override;
  /// False on a thread of CAF: blocking it would starve actors, perhaps the very ones that are waited for.
  [[nodiscard]] bool may_wait() const override;
  /// Whether a job had to end without one of its actors.
  [[nodiscard]] bool has_left_behind() const noexcept { return left_behind_->load(); }

 private:
  caf::actor_system& system_;
  std::shared_ptr<std::atomic<bool>> left_behind_ = std::make_shared<std::atomic<bool>>(false);
};

/// The actor that goes down with the job: its supervisor, or one that is down already when that is gone. Throws
/// errc::invalid_argument for a job of another engine.
[[nodiscard]] caf::actor actor_of(const runtime::job_control& control, const runtime::job_record& job);

/// What an ended job's actor goes down with.
[[nodiscard]] caf::error exit_error(job_state state, const std::shared_ptr<const error>& problem);

}  // namespace sage::actors
