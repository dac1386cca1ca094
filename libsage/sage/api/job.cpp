#include "sage/api/job.hpp"

#include <algorithm>

namespace sage {

namespace {

void add_operators(job_metrics& to, const graph::physical_plan& plan, const graph::planned_instance& planned,
                   const instance_counters& counters) {
  for (std::size_t i = 0; i < counters.operators.size(); ++i) {
    const operator_counters& c = counters.operators[i];
    operator_metrics m;
    if (planned.is_router()) {
      m.name = planned.name.substr(0, planned.name.find('['));
      m.kind = "router";
    } else {
      const graph::node& n = plan.graph.at(planned.chain[i]);
      m.name = n.name;
      m.kind = n.kind;
    }
    m.instance = planned.number;
    m.actor = planned.name;
    m.records_in = c.records_in;
    m.records_out = c.records_out;
    m.batches_in = c.batches_in;
    m.batches_out = c.batches_out;
    m.filtered = c.filtered;
    m.dropped = c.dropped;
    m.dead_lettered = c.dead;
    m.gone = c.gone;
    m.late = c.late;
    m.state_rows = c.state_rows;
    m.state_bytes = c.state_bytes;
    m.watermark = c.watermark;
    m.service_ns = c.service_ns;
    to.operators.push_back(std::move(m));
  }
}

instance_metrics instance_of(const std::string& name, const instance_counters& counters) {
  instance_metrics m;
  m.name = name;
  m.bytes_in = counters.bytes_in;
  m.bytes_out = counters.bytes_out;
  m.source_positions = counters.source_positions;
  m.queue_batches = counters.queue_batches;
  m.queue_batches_max = counters.queue_batches_max;
  if (counters.alive_ns > 0) {
    const auto alive = static_cast<double>(counters.alive_ns);
    m.busy_ratio = std::min(1.0, static_cast<double>(counters.busy_ns) / alive);
    m.blocked_ratio = std::min(1.0 - m.busy_ratio, static_cast<double>(counters.blocked_ns) / alive);
    m.idle_ratio = 1.0 - m.busy_ratio - m.blocked_ratio;
  }
  m.wait = counters.wait;
  m.service = counters.service;
  m.blocked = counters.blocked;
  return m;
}

}  // namespace

std::optional<error> job::problem() const {
  if (const auto known = record_->problem()) return *known;
  return std::nullopt;
}

job_metrics job::metrics() const {
  job_metrics all;
  all.job = name();
  all.state = std::string(to_string(record_->state()));
  const nanoseconds ended = record_->ended_at();
  const nanoseconds until = ended != 0 ? ended : record_->time().now();
  all.seconds = static_cast<double>(until - record_->started_at()) / 1e9;
  const graph::physical_plan& plan = record_->plan();
  for (const graph::planned_instance& planned : plan.instances) {
    const instance_counters counters = record_->slot(planned.id)->read();
    add_operators(all, plan, planned, counters);
    all.instances.push_back(instance_of(planned.name, counters));
  }
  return all;
}

job_result job::result() const {
  if (record_->state() != job_state::done && record_->state() != job_state::suspended) {
    if (const auto known = record_->problem()) throw error(*known);
    throw error(errc::internal, "the job ended as " + std::string(to_string(record_->state())) + " without a cause");
  }
  job_result ended;
  ended.name = name();
  ended.state = record_->state();
  ended.metrics = metrics();
  ended.seconds = ended.metrics.seconds;
  return ended;
}

job_result job::wait() const {
  record_->wait();
  return result();
}

std::optional<job_result> job::wait_for(std::int64_t milliseconds) const {
  if (!is_final(record_->wait(milliseconds * 1'000'000))) return std::nullopt;
  return result();
}

}  // namespace sage
