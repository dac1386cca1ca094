#include "sage/base/error.hpp"
#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

void plan_splits(graph::logical_graph& graph, const optimizer_settings& settings) {
  static_cast<void>(settings);
  for (graph::node& n : graph.nodes) {
    if (!n.is_source() || !n.plan_source || n.splits) continue;
    try {
      n.splits = n.plan_source();
    } catch (const error& problem) {
      throw error(problem.code(), problem.what(), n.name);
    }
    for (std::size_t i = 0; i < n.splits->splits.size(); ++i) {
      n.splits->splits[i].number = static_cast<std::uint32_t>(i);
    }
  }
}

}  // namespace sage::optimizer
