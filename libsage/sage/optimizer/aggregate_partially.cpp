#include <memory>
#include <utility>

#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

using routing::partitioning;

void aggregate_partially(graph::logical_graph& graph, const optimizer_settings& settings) {
  static_cast<void>(settings);
  const std::size_t declared = graph.nodes.size();
  for (graph::node_id id = 0; id < declared; ++id) {
    const auto into = graph.edges_into(id);
    {
      const graph::node& n = graph.at(id);
      if (n.removed || !n.partial || n.options.every_update || n.options.state_limits.has_any() || into.size() != 1)
        continue;
      if (graph.edges[into.front()].partitioning.kind != partitioning::hash) continue;
    }
    const auto partial = graph.at(id).partial;

    graph::node combine;
    combine.id = static_cast<graph::node_id>(graph.nodes.size());
    {
      graph::node& merge = graph.at(id);
      const graph::node& upstream = graph.at(graph.edges[into.front()].from);
      combine.kind = "combine";
      combine.name = merge.name + ".combine";
      combine.uid = merge.uid + ".combine";
      combine.in = merge.in;
      combine.outs = {partial->partial};
      combine.options = merge.options;
      combine.options.parallelism.reset();
      combine.make = partial->combine;
      combine.parallelism = upstream.parallelism;
      combine.reasons.push_back("parallelism " + std::to_string(combine.parallelism) + ": as upstream");
      combine.reasons.push_back("combines what '" + merge.name + "' aggregates, so that less crosses the shuffle");
      merge.in = partial->partial;
      merge.make = partial->merge;
      merge.partial = nullptr;
      merge.options.on_error.reset();  // the user's add runs in the combining half
      merge.reasons.push_back("merges what '" + combine.name + "' has combined");
    }
    graph::edge shuffle;
    shuffle.from = combine.id;
    shuffle.to = id;
    shuffle.type = partial->partial;
    shuffle.partitioning = graph.edges[into.front()].partitioning;
    shuffle.partitioning.hasher = partial->hasher;

    graph::edge& before = graph.edges[into.front()];
    before.to = combine.id;
    before.partitioning = {};
    before.partitioning_by_user = false;
    // Dead letters of the aggregate come from where its function runs now.
    for (graph::edge& e : graph.edges) {
      if (e.from == id && e.port == operators::dead_letter_port) e.from = combine.id;
    }
    graph.edges.push_back(std::move(shuffle));
    graph.nodes.push_back(std::move(combine));
  }
}

}  // namespace sage::optimizer
