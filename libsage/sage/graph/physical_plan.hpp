/// The physical plan: instances of operator chains, channels between them, and nothing typed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sage/graph/logical_graph.hpp"

namespace sage::graph {

/// Where an output of a chain goes: one edge of the graph, or the one channel to an unfused router.
struct planned_gate {
  std::size_t position = 0;  ///< of the operator in the chain
  std::uint32_t port = 0;
  std::size_t edge = 0;                 ///< index of the edge in the graph
  bool to_router = false;               ///< the partitioning is done by a router instance behind it
  std::vector<std::uint32_t> channels;  ///< in order of the receiver's instance number
};

/// One actor: a chain of operators (one instance of each), or a router.
struct planned_instance {
  std::uint32_t id = 0;
  std::string name;            ///< "words+count[1]" or "count.router[0]"
  std::vector<node_id> chain;  ///< empty for a router
  std::uint32_t number = 0;    ///< which parallel copy
  std::uint32_t parallelism = 1;
  bool blocking = false;  ///< wants a thread of its own
  std::size_t batch_size = 1024;
  std::vector<planned_gate> gates;
  std::vector<std::uint32_t> inputs;  ///< channels
  [[nodiscard]] bool is_router() const noexcept { return chain.empty(); }
};

/// One sender to one receiver, with credit of its own.
struct planned_channel {
  std::uint32_t id = 0;
  std::uint32_t from = 0;  ///< instance
  std::uint32_t to = 0;    ///< instance
  std::size_t edge = 0;
  std::size_t position = 0;  ///< of the operator in the receiver's chain that it leads to
};

/// What an engine runs. Owns the optimized graph, whose factories make the operators.
struct physical_plan {
  logical_graph graph;
  std::vector<planned_instance> instances;
  std::vector<planned_channel> channels;
};

/// Lays an optimized graph out as instances and channels. O(channels).
[[nodiscard]] physical_plan make_plan(logical_graph graph);

}  // namespace sage::graph
