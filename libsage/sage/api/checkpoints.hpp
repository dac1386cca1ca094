/// From the wish for checkpoints to the port behind which they are, and what a job goes on from.
#pragma once

#include <string>

#include "sage/api/environment.hpp"
#include "sage/graph/physical_plan.hpp"
#include "sage/runtime/job.hpp"

namespace sage::api {

/// Takes the directory for this process, finds what is to be restored, and compares it with the plan. Throws
/// errc::invalid_argument where a job would begin anew beside checkpoints that are there, another process is at work,
/// or state would be lost; errc::parse where nothing whole is left.
[[nodiscard]] runtime::checkpoint_plan prepare_checkpoints(const checkpoint_options& options, const std::string& job,
                                                           const graph::physical_plan& plan);

}  // namespace sage::api
