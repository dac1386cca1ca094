#include "sage/graph/loops.hpp"

#include <algorithm>

namespace sage::graph {

namespace {

// What can be reached from `from` without passing the head again: along the edges, or against them.
std::vector<bool> reachable(const logical_graph& graph, std::vector<node_id> from, node_id head, bool forward) {
  std::vector<bool> seen(graph.nodes.size(), false);
  while (!from.empty()) {
    const node_id id = from.back();
    from.pop_back();
    for (const std::size_t e : forward ? graph.edges_from(id) : graph.edges_into(id)) {
      const edge& one = graph.edges[e];
      const node_id next = forward ? one.to : one.from;
      if (one.feedback || next == head || seen[next]) continue;
      seen[next] = true;
      from.push_back(next);
    }
  }
  return seen;
}

}  // namespace

std::vector<loop> find_loops(const logical_graph& graph) {
  std::vector<loop> all;
  for (const node& head : graph.nodes) {
    if (!head.is_loop_head()) continue;
    loop& found = all.emplace_back();
    found.head = head.id;
    std::vector<node_id> last;
    for (const std::size_t e : graph.edges_into(head.id)) {
      if (!graph.edges[e].feedback) continue;
      found.fed.push_back(e);
      last.push_back(graph.edges[e].from);
    }
    const std::vector<bool> behind = reachable(graph, {head.id}, head.id, true);
    std::vector<bool> before = reachable(graph, last, head.id, false);
    for (const node_id id : last) before[id] = true;
    for (const node& n : graph.nodes) {
      if (n.id != head.id && behind[n.id] && before[n.id]) found.body.push_back(n.id);
    }
  }
  return all;
}

void mark_loops(logical_graph& graph) {
  for (const loop& one : find_loops(graph)) {
    for (const node_id id : one.body) {
      if (!graph.at(id).loop) graph.at(id).loop = one.head;
    }
  }
}

}  // namespace sage::graph
