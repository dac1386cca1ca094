#include <utility>

#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

using routing::partitioning;

void push_filters_down(graph::logical_graph& graph, const optimizer_settings& settings) {
  static_cast<void>(settings);
  for (graph::node& n : graph.nodes) {
    if (n.removed || n.kind != "filter" || n.loop || !n.stateless || n.options.parallelism || n.options.start_chain)
      continue;
    const auto into = graph.edges_into(n.id);
    const auto from = graph.edges_from(n.id);
    if (into.size() != 1 || from.size() != 1) continue;
    graph::edge& before = graph.edges[into.front()];
    graph::edge& behind = graph.edges[from.front()];
    const bool exchange = before.partitioning.kind == partitioning::hash ||
                          (before.partitioning.kind == partitioning::rebalance && before.partitioning_by_user);
    if (!exchange) continue;
    // Behind it, records must meet the instances they would have met: the exchange moves, unless one of its own
    // follows anyway.
    if (behind.partitioning.kind == partitioning::forward && !behind.partitioning_by_user) {
      behind.partitioning = before.partitioning;
      behind.partitioning_by_user = before.partitioning_by_user;
    }
    before.partitioning = {};
    before.partitioning_by_user = false;
    n.reasons.push_back("moved in front of the exchange: fewer records travel");
  }
}

}  // namespace sage::optimizer
