/// The actor that drives one job: spawns its instances, watches them, brings every end to an end.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/actor_waker.hpp"
#include "actors/messages.hpp"
#include "sage/runtime/coordinator.hpp"
#include "sage/runtime/instance.hpp"

namespace sage::actors {

/// One instance that is ready to be put into an actor.
struct assembled_instance {
  std::unique_ptr<runtime::instance> core;
  std::shared_ptr<actor_waker> ear;
  bool blocking = false;
};

/// All instances of the job's plan. Throws what `assemble` throws.
[[nodiscard]] std::vector<assembled_instance> assemble_all(const runtime::job_record& job,
                                                           const std::shared_ptr<job_signals>& signals,
                                                           const runtime::restored_ptr& restored);

/// The shell around the coordinator. Ends when the job has ended and every instance's actor is gone.
class supervisor final : public caf::event_based_actor {
 public:
  /// `left_behind` is set when the job ends while an instance is still inside a function that doesn't return.
  supervisor(caf::actor_config& config, std::shared_ptr<runtime::job_record> job,
             std::shared_ptr<job_signals> signals, std::vector<assembled_instance> instances,
             std::shared_ptr<std::atomic<bool>> left_behind);

  caf::behavior make_behavior() override;
  const char* name() const override { return "sage.supervisor"; }

 private:
  void spawn_instances();
  void carry_out();
  [[nodiscard]] bool carry_out_for_job(const runtime::order& o);
  [[nodiscard]] std::shared_ptr<const error> rebuild(const runtime::restored_ptr& restored);
  void command_instance(runtime::instance_id who, command what);
  void on_down(const caf::down_msg& message);
  void end(const runtime::order& last);

  // CAF takes an actor away when nobody holds a handle on it; the last of its instances lets go of its own before
  // the message arrives that it is down. So a supervisor holds itself until its job has ended.
  caf::actor self_;
  std::shared_ptr<runtime::job_record> job_;
  std::shared_ptr<job_signals> signals_;
  std::vector<assembled_instance> assembled_;
  runtime::coordinator coordinator_;
  std::shared_ptr<std::vector<caf::actor>> instances_;
  std::map<caf::actor_addr, runtime::instance_id> alive_;
  std::map<runtime::instance_id, std::shared_ptr<const error>> last_words_;  // of those that are about to go down
  std::vector<runtime::order> orders_;
  std::shared_ptr<std::atomic<bool>> left_behind_;
};

}  // namespace sage::actors
