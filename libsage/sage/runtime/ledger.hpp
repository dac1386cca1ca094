/// The books of a job: whether every record that went in has come out somewhere.
#pragma once

#include <optional>

#include "sage/base/error.hpp"
#include "sage/graph/physical_plan.hpp"
#include "sage/observability/operator_metrics.hpp"

namespace sage::runtime {

/// Proves, for a job whose instances have all finished:
///
/// Law  per operator: in = passed + filtered + dropped + dead
/// Law  per operator that makes one of one: out = passed
/// Law  per edge: what its sender emitted is what its receivers took in (times their number, for broadcast)
///
/// Returns the first violation as errc::ledger with the operator's name. O(operators x instances).
[[nodiscard]] std::optional<error> audit(const graph::physical_plan& plan,
                                         const std::vector<instance_counters>& counters);

/// The sums over all instances, by node of the plan's graph.
[[nodiscard]] std::vector<operator_counters> sum_by_node(const graph::physical_plan& plan,
                                                         const std::vector<instance_counters>& counters);

}  // namespace sage::runtime
