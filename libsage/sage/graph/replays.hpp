/// How dead letters find their way back into the plan.
#pragma once

#include <memory>

#include "sage/graph/logical_graph.hpp"
#include "sage/operators/dead_letter_keeper.hpp"

namespace sage::graph {

/// Adds to an optimized graph the source through which the dead letters that `keeper` has kept go back into the
/// operators that gave up on them, and what tells `sink`, the keeper's, how far they have gone. Operators of loops
/// take none back. Makes one operator of each kind to ask it how its records are kept.
void add_replays(logical_graph& graph, const std::shared_ptr<dead_letter_keeper>& keeper, node_id sink);

}  // namespace sage::graph
