/// The checker: everything wrong with a graph that C++ can't see, found before anything starts.
#pragma once

#include <string>
#include <vector>

#include "sage/graph/logical_graph.hpp"

namespace sage::graph {

/// One problem: which operator, what is wrong, what to do.
struct problem {
  std::string where;
  std::string what;
  std::string advice;
};

/// Lists all problems of `graph`, in the order of its operators. Empty when it may run. O(nodes x edges).
[[nodiscard]] std::vector<problem> check(const logical_graph& graph);

/// Throws one error(invalid_graph) that lists all problems, if there are any.
void check_or_throw(const logical_graph& graph);

}  // namespace sage::graph
