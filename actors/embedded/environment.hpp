/// The environment inside somebody else's actor system, and jobs as actors.
#pragma once

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "sage/api/environment.hpp"

namespace sage {

/// Runs jobs as actors of `system`, whatever its configuration. Owns nothing of it: no setting, thread, signal
/// handler or log of the process is touched, and when the environment is gone, so are its actors. `execute` blocks
/// and is refused on a thread of CAF; use `submit` there. Several jobs run side by side.
///
/// The destructor cancels what runs and waits for it: don't let an actor own an environment with a running job.
class embedded_environment : public environment {
 public:
  explicit embedded_environment(caf::actor_system& system, environment_options options = {});
  ~embedded_environment() override;

  [[nodiscard]] caf::actor_system& system() const noexcept { return system_; }

 private:
  caf::actor_system& system_;
};

/// An actor that stands for a job: it can be monitored and goes down when the job has ended, with no error when it
/// is done, with `caf::sec::runtime_error` and the job's message otherwise. An exit message cancels the job. For a
/// job that is over it is an actor that is down already. Throws errc::invalid_argument for a job without actors.
[[nodiscard]] caf::actor actor_of(const job& running);

}  // namespace sage
