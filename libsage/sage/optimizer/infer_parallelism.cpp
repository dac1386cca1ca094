#include <algorithm>
#include <string>

#include "sage/base/hash.hpp"
#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

using routing::partitioning;

namespace {

struct choice {
  std::size_t parallelism;
  std::string reason;
};

choice choose(const graph::logical_graph& graph, const graph::node& n, const optimizer_settings& settings) {
  if (n.options.parallelism) return {*n.options.parallelism, "set by the user"};
  const std::size_t open = settings.parallelism > 0 ? settings.parallelism : settings.cores;
  if (n.is_source()) {
    const std::size_t splits = n.splits ? std::max<std::size_t>(n.splits->splits.size(), 1) : 1;
    return {std::min(splits, open), std::to_string(splits) + (splits == 1 ? " split" : " splits")};
  }
  if (n.is_loop_head()) return {1, "lets records into its loop and counts them"};
  if (n.order_needed) return {1, "needs all records in one place"};
  if (n.keyed) return {std::min<std::size_t>(open, key_groups_default), "keyed work"};
  std::size_t upstream = 1;
  for (const std::size_t e : graph.edges_into(n.id)) {
    const graph::edge& one = graph.edges[e];
    if (one.feedback) continue;
    if (one.partitioning_by_user && one.partitioning.kind != partitioning::forward) {
      return {open, "behind an exchange asked for by the user"};
    }
    upstream = std::max(upstream, graph.at(one.from).parallelism);
  }
  return {upstream, "as upstream"};
}

}  // namespace

void infer_parallelism(graph::logical_graph& graph, const optimizer_settings& settings) {
  for (const graph::node_id id : graph.in_order()) {
    graph::node& n = graph.at(id);
    choice chosen = choose(graph, n, settings);
    n.parallelism = chosen.parallelism;
    n.reasons.push_back("parallelism " + std::to_string(n.parallelism) + ": " + chosen.reason);
  }
  for (graph::edge& e : graph.edges) {
    const std::size_t from = graph.at(e.from).parallelism;
    const std::size_t to = graph.at(e.to).parallelism;
    if (from == 1 && to == 1) {
      e.partitioning.kind = partitioning::forward;  // one target: nothing to decide
    } else if (e.partitioning.kind == partitioning::forward && from != to) {
      e.partitioning.kind = partitioning::rebalance;
    }
  }
}

}  // namespace sage::optimizer
