#include "sage/runtime/assembly.hpp"

#include <optional>
#include <utility>

namespace sage::runtime {

namespace {

void refuse_forgetful(const graph::node& n, const operators::operator_base& logic) {
  if (const auto problem = logic.snapshot_problem()) {
    throw error(errc::unsupported, "can't be part of a checkpoint: " + *problem, n.name,
                "or run the job without checkpoints");
  }
}

chained_operator make_operator(const job_record& job, const graph::planned_instance& planned, graph::node_id id,
                               const ref<batch_pool>& pool, const std::shared_ptr<waker>& engine, bool restoring) {
  const graph::node& n = job.plan().graph.at(id);
  chained_operator made;
  made.uid = n.uid;
  // Every instance of every operator draws its own random numbers, the same in each run with the same seed.
  const std::uint64_t seed = job.settings().seed * 0x9e3779b97f4a7c15u + (std::uint64_t{id} << 32) + planned.number;
  made.self = std::make_unique<context>(job.settings().name, n.name, planned.number, planned.parallelism,
                                        n.batch_size, job.time(), pool, seed);
  made.self->set_operator_uid(n.uid);
  made.self->set_engine(engine);
  made.self->set_blocking(job.blocking());
  made.self->set_spans(job.settings().spans);
  made.self->set_state_backend(job.settings().state);
  if (n.loop) made.self->set_loop(job.loop(*n.loop));
  made.self->set_turn_max(job.settings().flow.activation_time_max / 2);
  const auto& checkpoints = job.settings().checkpoints;
  if (checkpoints)
    made.self->set_checkpointed(checkpoints->settings.run, restoring, checkpoints->settings.may_lose_state);
  if (n.is_source()) {
    made.source = n.make_source();
  } else {
    made.logic = n.make(n.options);
    if (checkpoints) refuse_forgetful(n, *made.logic);
  }
  return made;
}

// The loop that all an instance takes in belongs to, by its head.
std::optional<graph::node_id> loop_of(const graph::physical_plan& plan, const graph::planned_instance& one) {
  if (!one.is_router()) return plan.graph.at(one.chain.front()).loop;
  const graph::edge& edge = plan.graph.edges[one.gates.front().edge];
  const std::optional<graph::node_id> from = plan.graph.at(edge.from).loop;
  return from == plan.graph.at(edge.to).loop ? from : std::nullopt;
}

}  // namespace

std::unique_ptr<instance> assemble(const job_record& job, instance_id id, const ref<batch_pool>& pool,
                                   std::shared_ptr<waker> engine, const restored_ptr& restored) {
  const graph::physical_plan& plan = job.plan();
  const graph::planned_instance& planned = plan.instances[id];
  instance_parts parts;
  parts.id = id;
  parts.name = planned.name;
  parts.inputs = planned.inputs;
  for (const channel_id channel : planned.inputs) {
    const graph::edge& edge = plan.graph.edges[plan.channels[channel].edge];
    parts.input_numbers.push_back(edge.input);
    if (edge.side_door) parts.side_doors.push_back(side_door{channel, plan.channels[channel].position});
    if (edge.feedback) parts.loop.feedback.push_back(channel);
  }
  const std::optional<graph::node_id> loop = loop_of(plan, planned);
  if (loop) {
    parts.loop.gauge = job.loop(*loop);
    parts.loop.is_head = !planned.is_router() && planned.chain.front() == *loop;
  }
  parts.metrics = job.slot(id);
  parts.checkpointed = job.settings().checkpoints.has_value();
  parts.restored = restored;
  for (const graph::node_id node : planned.chain) {
    parts.operators.push_back(make_operator(job, planned, node, pool, engine, restored != nullptr));
    parts.has_sink = parts.has_sink || plan.graph.at(node).is_sink();
  }
  for (const graph::planned_gate& gate : planned.gates) {
    const graph::edge& edge = plan.graph.edges[gate.edge];
    routing::partitioner_spec forward;
    const routing::partitioner_spec& spec = gate.to_router ? forward : edge.partitioning;
    if (loop && plan.graph.at(edge.to).loop == loop) parts.loop.gates.push_back(parts.gates.size());
    parts.bindings.push_back(gate_binding{gate.position, gate.port, parts.gates.size()});
    parts.gates.push_back(std::make_unique<output_gate>(
        routing::make_partitioner(spec, static_cast<std::uint32_t>(gate.channels.size()), planned.number),
        gate.channels, planned.batch_size, job.settings().flow,
        edge.feedback ? edge_kind::feedback : edge_kind::forward));
  }
  return std::make_unique<instance>(std::move(parts), job.time(), job.settings().flow);
}

std::vector<instance_counters> read_counters(const job_record& job) {
  std::vector<instance_counters> all;
  for (std::size_t i = 0; i < job.plan().instances.size(); ++i) all.push_back(job.slot(i)->read());
  return all;
}

}  // namespace sage::runtime
