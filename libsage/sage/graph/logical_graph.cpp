#include "sage/graph/logical_graph.hpp"

#include "sage/base/error.hpp"

namespace sage::graph {

std::vector<std::size_t> logical_graph::edges_from(node_id id) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges[i].from == id) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> logical_graph::edges_into(node_id id) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (edges[i].to == id) found.push_back(i);
  }
  return found;
}

std::vector<node_id> logical_graph::in_order() const {
  std::vector<std::size_t> missing(nodes.size(), 0);
  for (const edge& e : edges) missing[e.to] += e.feedback ? 0 : 1;
  std::vector<node_id> order;
  for (const node& n : nodes) {
    if (missing[n.id] == 0) order.push_back(n.id);
  }
  for (std::size_t i = 0; i < order.size(); ++i) {
    for (const std::size_t e : edges_from(order[i])) {
      if (edges[e].feedback) continue;
      if (--missing[edges[e].to] == 0) order.push_back(edges[e].to);
    }
  }
  if (order.size() != nodes.size())
    throw error(errc::invalid_graph, "the graph has a cycle without a feedback edge", {},
                "declare the way back with env.feedback<T>(...)");
  std::erase_if(order, [this](node_id id) { return nodes[id].removed; });
  return order;
}

}  // namespace sage::graph
