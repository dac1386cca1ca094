/// Builds instances from a plan: where untyped data becomes running operators.
#pragma once

#include <cstdint>
#include <memory>

#include "sage/model/batch_pool.hpp"
#include "sage/runtime/instance.hpp"
#include "sage/runtime/job.hpp"

namespace sage::runtime {

/// Makes instance `id` of the job's plan: operators by their factories (a copy of the user's functions), contexts,
/// gates with their partitioners. Throws what a factory throws; errc::unsupported for what can't be part of a
/// checkpoint, where the job takes any. `restored` is what the instance goes on from.
[[nodiscard]] std::unique_ptr<instance> assemble(const job_record& job, instance_id id, const ref<batch_pool>& pool,
                                                 std::shared_ptr<waker> engine, const restored_ptr& restored = {});

/// Reads the counters of all instances.
[[nodiscard]] std::vector<instance_counters> read_counters(const job_record& job);

}  // namespace sage::runtime
