/// The actor around an instance: sources, operators, sinks and routers are all this shell around a pure core.
#pragma once

#include <memory>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/messages.hpp"
#include "sage/runtime/instance.hpp"
#include "sage/runtime/job.hpp"

namespace sage::actors {

/// Feeds messages to the core as events and carries its effects out as messages.
///
/// Law  every mailbox is bounded: data by the credit granted, control by the number of peers
/// Law  an activation is bounded in messages and time whatever the host's scheduler is set to
class instance_actor final : public caf::event_based_actor {
 public:
  instance_actor(caf::actor_config& config, std::shared_ptr<runtime::job_record> job,
                 std::unique_ptr<runtime::instance> core, caf::actor supervisor);

  caf::behavior make_behavior() override;
  const char* name() const override { return "sage.instance"; }
  void on_exit() override;
  /// Caps the messages per activation: a host may run with unlimited throughput.
  resume_result resume(caf::execution_unit* unit, std::size_t max_throughput) override;

 private:
  void on_command(command& what);
  void work();
  void carry_out();
  void finish(std::shared_ptr<const error> problem);
  [[nodiscard]] const caf::actor& receiver_of(runtime::channel_id channel) const;
  [[nodiscard]] const caf::actor& sender_of(runtime::channel_id channel) const;

  std::shared_ptr<runtime::job_record> job_;
  std::unique_ptr<runtime::instance> core_;
  caf::actor supervisor_;
  std::shared_ptr<const std::vector<caf::actor>> peers_;
  runtime::effects effects_;
  bool run_scheduled_ = false;
  bool continues_ = false;  // whether this activation has run the core before
};

}  // namespace sage::actors
