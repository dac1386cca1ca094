/// What holds for each part of a plan when its job is taken up again from a checkpoint.
#pragma once

#include <string>
#include <vector>

#include "sage/graph/physical_plan.hpp"

namespace sage::graph {

struct node_guarantee {
  node_id node = 0;
  std::string text;
};

struct plan_guarantees {
  std::vector<node_guarantee> nodes;  ///< in the order of the graph
  std::string overall;                ///< the weakest of them
};

/// Makes one operator of each kind to ask it.
[[nodiscard]] plan_guarantees guarantees_of(const physical_plan& plan);

}  // namespace sage::graph
