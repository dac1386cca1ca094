/// Orders for the checkpoint port, and how what comes of them gets back to the coordinator.
#pragma once

#include <functional>
#include <vector>

#include "sage/runtime/coordinator.hpp"
#include "sage/runtime/order.hpp"

namespace sage::runtime {

/// Hands `one` to the job's port if it is for that; returns whether it is. `post` is called with each event for the
/// coordinator, perhaps from another thread and when the job is gone.
bool hand_to_port(const order& one, const job_settings& settings,
                  std::function<void(std::function<void(coordinator&, std::vector<order>&)>)> post);

}  // namespace sage::runtime
