#include <algorithm>

#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

void fuse_chains(graph::logical_graph& graph, const optimizer_settings& settings) {
  static_cast<void>(settings);
  for (graph::edge& e : graph.edges) {
    graph::node& from = graph.at(e.from);
    graph::node& to = graph.at(e.to);
    if (e.feedback || from.removed || to.removed || e.port != operators::main_port) continue;
    if (e.partitioning.kind != routing::partitioning::forward || from.outs.size() != 1) continue;
    if (from.is_loop_head()) {
      to.reasons.push_back("not fused with '" + from.name +
                           "': the head of a loop takes what comes back at any time");
      continue;
    }
    if (to.options.start_chain) {
      to.reasons.push_back("not fused with '" + from.name + "': the user starts a chain here");
      continue;
    }
    if (to.waits) {
      to.reasons.push_back("not fused with '" + from.name +
                           "': its calls end at any time, so nobody may block its actor");
      continue;
    }
    const auto live = [&](std::size_t i) { return !graph.at(graph.edges[i].to).removed; };
    const auto into = graph.edges_into(to.id);
    const auto out = graph.edges_from(from.id);
    const auto consumers = std::count_if(out.begin(), out.end(), [&](std::size_t i) {
      return live(i) && graph.edges[i].port == operators::main_port;
    });
    if (into.size() != 1 || consumers != 1 || !to.more_ins.empty()) continue;
    e.fused = true;
    to.reasons.push_back("fused with '" + from.name + "': one instance feeds one");
  }
}

}  // namespace sage::optimizer
