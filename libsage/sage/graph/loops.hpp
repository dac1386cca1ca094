/// Finds what belongs to the loops of a graph.
#pragma once

#include <vector>

#include "sage/graph/logical_graph.hpp"

namespace sage::graph {

/// One loop: the head that `env.feedback` made, and the operators between it and the edges that lead back to it.
struct loop {
  node_id head = 0;
  std::vector<node_id> body;     ///< without the head, in order of their numbers
  std::vector<std::size_t> fed;  ///< the edges that lead back
};

/// All loops of `graph`, by their heads. Bodies overlap where loops do: the checker refuses that. O(loops x edges).
[[nodiscard]] std::vector<loop> find_loops(const logical_graph& graph);

/// Writes into each node which loop it belongs to.
void mark_loops(logical_graph& graph);

}  // namespace sage::graph
