#include "sage/graph/physical_plan.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "sage/base/assert.hpp"

namespace sage::graph {

namespace {

using routing::partitioning;

class planner {
 public:
  explicit planner(logical_graph graph) { plan_.graph = std::move(graph); }

  physical_plan run() {
    make_chains();
    for (std::size_t e = 0; e < graph().edges.size(); ++e) {
      const edge& one = graph().edges[e];
      if (!one.fused && !graph().at(one.from).removed && !graph().at(one.to).removed) connect(e);
    }
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const logical_graph& graph() const { return plan_.graph; }

  // Every node that no fused edge leads into begins a chain; fused edges continue it.
  void make_chains() {
    for (const node_id id : graph().in_order()) {
      const auto into = graph().edges_into(id);
      if (std::any_of(into.begin(), into.end(), [&](std::size_t e) { return graph().edges[e].fused; })) continue;
      std::vector<node_id> chain{id};
      for (bool grown = true; grown;) {
        grown = false;
        for (const std::size_t e : graph().edges_from(chain.back())) {
          if (!graph().edges[e].fused) continue;
          chain.push_back(graph().edges[e].to);
          grown = true;
          break;
        }
      }
      add_instances(chain);
    }
  }

  void add_instances(const std::vector<node_id>& chain) {
    const std::size_t parallelism = graph().at(chain.front()).parallelism;
    std::string title;
    bool blocking = false;
    std::size_t batch_size = 0;
    for (std::size_t position = 0; position < chain.size(); ++position) {
      const node& n = graph().at(chain[position]);
      title += (position > 0 ? "+" : "") + n.name;
      blocking = blocking || n.options.blocking || (n.splits && n.splits->blocking);
      batch_size = n.batch_size;
      place_[n.id] = {plan_.instances.size(), position};
    }
    for (std::uint32_t number = 0; number < parallelism; ++number) {
      planned_instance one;
      one.id = static_cast<std::uint32_t>(plan_.instances.size());
      one.name = title + "[" + std::to_string(number) + "]";
      one.chain = chain;
      one.number = number;
      one.parallelism = static_cast<std::uint32_t>(parallelism);
      one.blocking = blocking;
      one.batch_size = batch_size;
      plan_.instances.push_back(std::move(one));
    }
  }

  std::uint32_t add_channel(std::uint32_t from, std::uint32_t to, std::size_t e) {
    const auto id = static_cast<std::uint32_t>(plan_.channels.size());
    // Only side doors lead into the middle of a chain.
    const std::size_t position = graph().edges[e].side_door ? place_.at(graph().edges[e].to).second : 0;
    plan_.channels.push_back(planned_channel{id, from, to, e, position});
    plan_.instances[to].inputs.push_back(id);
    return id;
  }

  void connect(std::size_t e) {
    const edge& one = graph().edges[e];
    const auto [first_from, position] = place_.at(one.from);
    const std::size_t senders = graph().at(one.from).parallelism;
    const auto first_to = static_cast<std::uint32_t>(place_.at(one.to).first);
    const auto receivers = static_cast<std::uint32_t>(graph().at(one.to).parallelism);
    const bool forward = one.partitioning.kind == partitioning::forward;
    SAGE_ASSERT(!forward || senders == receivers);
    for (std::uint32_t s = 0; s < senders; ++s) {
      const auto sender = static_cast<std::uint32_t>(first_from + s);
      planned_gate gate{position, one.port, e, false, {}};
      if (forward) {
        gate.channels.push_back(add_channel(sender, first_to + s, e));
      } else if (one.router_fused || one.feedback) {
        for (std::uint32_t r = 0; r < receivers; ++r) gate.channels.push_back(add_channel(sender, first_to + r, e));
      } else {
        gate.to_router = true;
        gate.channels.push_back(add_channel(sender, add_router(e, s, senders, first_to, receivers), e));
      }
      plan_.instances[sender].gates.push_back(std::move(gate));
    }
  }

  std::uint32_t add_router(std::size_t e, std::uint32_t number, std::size_t parallelism, std::uint32_t first_to,
                           std::uint32_t receivers) {
    planned_instance router;
    router.id = static_cast<std::uint32_t>(plan_.instances.size());
    router.name = graph().at(graph().edges[e].to).name + ".router[" + std::to_string(number) + "]";
    router.number = number;
    router.parallelism = static_cast<std::uint32_t>(parallelism);
    router.batch_size = graph().at(graph().edges[e].from).batch_size;
    const std::uint32_t id = router.id;
    plan_.instances.push_back(std::move(router));
    planned_gate gate{0, 0, e, false, {}};
    for (std::uint32_t r = 0; r < receivers; ++r) gate.channels.push_back(add_channel(id, first_to + r, e));
    plan_.instances[id].gates.push_back(std::move(gate));
    return id;
  }

  physical_plan plan_;
  std::map<node_id, std::pair<std::size_t, std::size_t>> place_;  // first instance, position in its chain
};

}  // namespace

physical_plan make_plan(logical_graph graph) {
  return planner(std::move(graph)).run();
}

}  // namespace sage::graph
