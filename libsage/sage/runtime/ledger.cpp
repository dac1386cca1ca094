#include "sage/runtime/ledger.hpp"

#include <string>

namespace sage::runtime {

namespace {

void add(operator_counters& to, const operator_counters& one) {
  to.records_in += one.records_in;
  to.batches_in += one.batches_in;
  to.records_out += one.records_out;
  to.batches_out += one.batches_out;
  to.passed += one.passed;
  to.filtered += one.filtered;
  to.dropped += one.dropped;
  to.dead += one.dead;
  to.service_ns += one.service_ns;
}

error violation(const std::string& name, const std::string& left, std::uint64_t a, const std::string& right,
                std::uint64_t b) {
  return error(errc::ledger,
               "the books don't balance: " + left + " " + std::to_string(a) + ", " + right + " " + std::to_string(b),
               name, "records were lost or made up here; please report it");
}

}  // namespace

std::vector<operator_counters> sum_by_node(const graph::physical_plan& plan,
                                           const std::vector<instance_counters>& counters) {
  std::vector<operator_counters> sums(plan.graph.nodes.size());
  for (const graph::planned_instance& one : plan.instances) {
    const instance_counters& its = counters[one.id];
    for (std::size_t i = 0; i < one.chain.size() && i < its.operators.size(); ++i) {
      add(sums[one.chain[i]], its.operators[i]);
    }
  }
  return sums;
}

std::optional<error> audit(const graph::physical_plan& plan, const std::vector<instance_counters>& counters) {
  const std::vector<operator_counters> sums = sum_by_node(plan, counters);
  std::vector<std::uint64_t> arriving(sums.size(), 0);
  for (const graph::edge& e : plan.graph.edges) {
    const graph::node& from = plan.graph.at(e.from);
    const graph::node& to = plan.graph.at(e.to);
    if (from.removed || to.removed) continue;
    if (arriving[e.to] == ~std::uint64_t{0}) continue;
    if (e.port == operators::dead_letter_port) {
      arriving[e.to] += sums[e.from].dead;
      continue;
    }
    // Only operators with one output can be held to account edge by edge; the others by their own law.
    if (from.outs.size() != 1) {
      arriving[e.to] = ~std::uint64_t{0};
      continue;
    }
    const std::uint64_t dead_emitted = sums[e.from].dead;  // left by the other port
    const std::uint64_t times = e.partitioning.kind == routing::partitioning::broadcast ? to.parallelism : 1;
    arriving[e.to] += (sums[e.from].records_out - dead_emitted) * times;
  }
  for (const graph::node& n : plan.graph.nodes) {
    if (n.removed) continue;
    const operator_counters& books = sums[n.id];
    if (!n.is_source()) {
      const std::uint64_t fates = books.passed + books.filtered + books.dropped + books.dead;
      if (books.records_in != fates) return violation(n.name, "in", books.records_in, "accounted for", fates);
      if (arriving[n.id] != ~std::uint64_t{0} && arriving[n.id] != books.records_in) {
        return violation(n.name, "sent to it", arriving[n.id], "in", books.records_in);
      }
    }
    if (n.one_to_one && books.records_out != books.passed + books.dead) {
      return violation(n.name, "passed", books.passed, "out", books.records_out - books.dead);
    }
  }
  return std::nullopt;
}

}  // namespace sage::runtime
