#include "actors/actor_engine.hpp"

#include <cstring>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/sec.hpp>
#include <caf/send.hpp>
#include <pthread.h>

#include "actors/actor_waker.hpp"
#include "actors/messages.hpp"
#include "actors/supervisor.hpp"

namespace sage::actors {

namespace {

class actor_control final : public runtime::job_control {
 public:
  actor_control(caf::actor_system& system, const caf::actor& supervisor, std::shared_ptr<job_signals> signals)
      : system_(system), supervisor_(caf::actor_cast<caf::actor_addr>(supervisor)), signals_(std::move(signals)) {}

  void cancel() override {
    // Blocking code is told at once, without waiting for the supervisor's turn.
    signals_->reading.request();
    signals_->everything.request();
    if (const caf::actor target = supervisor()) caf::anon_send<caf::message_priority::high>(target, cancel_job{});
  }
  void drain() override {
    signals_->reading.request();
    if (const caf::actor target = supervisor()) caf::anon_send<caf::message_priority::high>(target, drain_job{});
  }
  void suspend() override {
    if (const caf::actor target = supervisor()) caf::anon_send<caf::message_priority::high>(target, suspend_job{});
  }
  [[nodiscard]] caf::actor_system& system() const noexcept { return system_; }
  [[nodiscard]] caf::actor supervisor() const { return caf::actor_cast<caf::actor>(supervisor_); }

 private:
  caf::actor_system& system_;
  caf::actor_addr supervisor_;  // weak: a handle doesn't keep an ended job's actor alive
  std::shared_ptr<job_signals> signals_;
};

}  // namespace

std::shared_ptr<runtime::job_control> actor_engine::start(std::shared_ptr<runtime::job_record> job) {
  auto signals = std::make_shared<job_signals>();
  const auto& checkpoints = job->settings().checkpoints;
  std::vector<assembled_instance> assembled =
      assemble_all(*job, signals, checkpoints ? checkpoints->restored : nullptr);
  const caf::actor spawned = system_.spawn<supervisor>(std::move(job), signals, std::move(assembled), left_behind_);
  return std::make_shared<actor_control>(system_, spawned, std::move(signals));
}

bool actor_engine::may_wait() const {
  // CAF offers no other way to ask; it names the threads of its scheduler and of detached actors like this.
  char name[32] = {};
  if (::pthread_getname_np(::pthread_self(), name, sizeof name) != 0) return true;
  return std::strncmp(name, "caf.", 4) != 0;
}

caf::actor actor_of(const runtime::job_control& control, const runtime::job_record& job) {
  const auto* known = dynamic_cast<const actor_control*>(&control);
  if (!known) {
    throw error(errc::invalid_argument, "the job doesn't run on actors", job.settings().name,
                "use a local_environment or an embedded_environment");
  }
  if (caf::actor running = known->supervisor()) return running;
  return known->system().spawn<caf::hidden>(
      [reason = exit_error(job.state(), job.problem())](caf::event_based_actor* self) { self->quit(reason); });
}

caf::error exit_error(job_state state, const std::shared_ptr<const error>& problem) {
  if (state == job_state::done || state == job_state::suspended) return {};
  return caf::make_error(caf::sec::runtime_error, problem ? std::string(problem->what()) : std::string("no cause"));
}

}  // namespace sage::actors
