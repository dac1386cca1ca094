/// The books of a job: whether every record that went in has come out somewhere.
#pragma once

#include <optional>

#include "sage/base/error.hpp"
#include "sage/graph/physical_plan.hpp"
#include "sage/observability/operator_metrics.hpp"

namespace sage::runtime {

/// Proves, for a job whose instances have all finished:
///
/// Law  per operator: in = passed + filtered + dropped + dead + gone, and every dead letter was emitted
/// Law  per operator that makes one of one: out = passed
/// Law  per port of an operator: what it emitted is what each gate behind it, or the operator fused to it, was given
/// Law  per gate: what it was given is what it has sent (times the receivers, for broadcast)
/// Law  per channel: what its sender's gate has sent is what its receiver's instance has processed
///
/// Each law holds per instance, so that a record lost here and one made up there don't cancel out. Together they
/// follow every record over every edge, however many outputs an operator has.
///
/// `at_barrier`: of instances that have all passed the same barrier, where records may be held; what was sent before
/// the barrier is what was taken before it.
///
/// Returns the first violation as errc::ledger with the operator and instance. O(operators + channels x
/// channels of an instance).
[[nodiscard]] std::optional<error> audit(const graph::physical_plan& plan,
                                         const std::vector<instance_counters>& counters, bool at_barrier = false);

}  // namespace sage::runtime
