/// An actor system set up like SAGE's own, for rivals that are written on CAF by hand.
#pragma once

#include <cstddef>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>

#include "sage/runtime/job.hpp"

namespace sage::bench {

/// The settings that SAGE's engine takes by default: same policy, threads and messages per activation.
class raw_caf_config : public caf::actor_system_config {
 public:
  raw_caf_config() {
    const runtime::local_engine_options same;
    set("scheduler.policy", caf::atom_from_string(same.scheduler));
    set("scheduler.max-threads", runtime::core_count());
    set("scheduler.max-throughput", same.throughput);
  }
};

}  // namespace sage::bench
