#include <algorithm>

#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

namespace {

// Whether leaving `n` out changes nothing that anybody can see. Functions of the user may have side effects;
// only those declared pure by memoization may go.
bool is_pure(const graph::node& n) {
  return n.kind == "discard" || n.kind == "union" || n.kind == "collect" || n.kind == "distinct" ||
         (n.kind == "map" && n.options.memo_entries_max > 0);
}

}  // namespace

void remove_dead_branches(graph::logical_graph& graph, const optimizer_settings& settings) {
  static_cast<void>(settings);
  auto order = graph.in_order();
  std::reverse(order.begin(), order.end());
  for (const graph::node_id id : order) {
    graph::node& n = graph.at(id);
    if (!is_pure(n)) continue;
    const auto is_gone = [&](std::size_t e) { return graph.at(graph.edges[e].to).removed; };
    const auto from = graph.edges_from(id);
    if (!std::all_of(from.begin(), from.end(), is_gone)) continue;
    // The last consumer of an output stays, so that every record still ends somewhere and is counted there.
    const auto into = graph.edges_into(id);
    const bool others_consume = std::all_of(into.begin(), into.end(), [&](std::size_t e) {
      const graph::edge& one = graph.edges[e];
      if (is_pure(graph.at(one.from))) return true;
      return std::any_of(graph.edges.begin(), graph.edges.end(), [&](const graph::edge& other) {
        return other.from == one.from && other.port == one.port && other.to != id && !graph.at(other.to).removed;
      });
    });
    if (!others_consume || into.empty()) continue;
    n.removed = true;
    n.reasons.push_back("removed: nobody uses its results");
  }
  // A pure operator in front of a removed one may have become the end of a branch that has to stay: then what it
  // feeds stays too, and what that feeds, up to the end. Hence senders before receivers.
  std::reverse(order.begin(), order.end());
  for (const graph::node_id id : order) {
    graph::node& n = graph.at(id);
    if (n.removed) continue;
    for (const std::size_t e : graph.edges_from(id)) {
      graph::node& to = graph.at(graph.edges[e].to);
      const auto port = graph.edges[e].port;
      const auto from = graph.edges_from(id);
      const bool consumed = std::any_of(from.begin(), from.end(), [&](std::size_t other) {
        return graph.edges[other].port == port && !graph.at(graph.edges[other].to).removed;
      });
      if (!consumed && to.removed) {
        to.removed = false;
        to.reasons.pop_back();
      }
    }
  }
}

}  // namespace sage::optimizer
