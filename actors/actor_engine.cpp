#include "actors/actor_engine.hpp"

#include <pthread.h>

#include <cstring>
#include <utility>
#include <vector>

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>

#include "actors/actor_waker.hpp"
#include "actors/messages.hpp"
#include "actors/supervisor.hpp"
#include "sage/model/batch_pool.hpp"
#include "sage/runtime/assembly.hpp"

namespace sage::actors {

namespace {

class actor_control final : public runtime::job_control {
 public:
  actor_control(const caf::actor& supervisor, std::shared_ptr<job_signals> signals)
      : supervisor_(caf::actor_cast<caf::actor_addr>(supervisor)), signals_(std::move(signals)) {}

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
  [[nodiscard]] caf::actor supervisor() const { return caf::actor_cast<caf::actor>(supervisor_); }

 private:
  caf::actor_addr supervisor_;  // weak: a handle doesn't keep an ended job's actor alive
  std::shared_ptr<job_signals> signals_;
};

}  // namespace

std::shared_ptr<runtime::job_control> actor_engine::start(std::shared_ptr<runtime::job_record> job) {
  const ref<batch_pool> pool = batch_pool::make();
  auto signals = std::make_shared<job_signals>();
  std::vector<assembled_instance> assembled;
  for (const graph::planned_instance& planned : job->plan().instances) {
    const bool is_source = !planned.is_router() && job->plan().graph.at(planned.chain.front()).is_source();
    auto ear = std::make_shared<actor_waker>(signals, is_source);
    assembled.push_back(
        assembled_instance{runtime::assemble(*job, planned.id, pool, ear), ear, planned.blocking});
  }
  const caf::actor spawned = system_.spawn<supervisor>(std::move(job), signals, std::move(assembled), left_behind_);
  return std::make_shared<actor_control>(spawned, std::move(signals));
}

bool actor_engine::may_wait() const {
  // CAF offers no other way to ask; it names the threads of its scheduler and of detached actors like this.
  char name[32] = {};
  if (::pthread_getname_np(::pthread_self(), name, sizeof name) != 0) return true;
  return std::strncmp(name, "caf.", 4) != 0;
}

caf::actor supervisor_of(const runtime::job_control& control) {
  const auto* known = dynamic_cast<const actor_control*>(&control);
  return known ? known->supervisor() : caf::actor{};
}

}  // namespace sage::actors
