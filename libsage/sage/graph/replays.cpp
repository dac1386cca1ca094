#include "sage/graph/replays.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace sage::graph {

namespace {

// A port of the source, and where it leads.
struct door {
  node_id to = 0;
  std::uint32_t input = 0;
  const record_type* type = nullptr;
  routing::partitioner_spec partitioning;
};

// How records of one sender reach the right instance of an operator; nothing where only those who feed it know.
std::optional<routing::partitioner_spec> partitioning_into(const logical_graph& graph, const node& to,
                                                           std::uint32_t input) {
  routing::partitioner_spec spec;
  if (to.parallelism == 1) return spec;  // forward
  spec.kind = routing::partitioning::rebalance;
  for (const std::size_t e : graph.edges_into(to.id)) {
    const edge& one = graph.edges[e];
    if (one.input != input) continue;
    if (one.partitioning.kind == routing::partitioning::forward) {
      // Whoever feeds instance by instance has chosen by key, where there is one.
      if (to.keyed) return std::nullopt;
    } else {
      return one.partitioning;
    }
  }
  return spec;
}

bool gives_letters(const logical_graph& graph, const node& n) {
  return !n.removed && !n.is_source() && !n.loop &&
         std::any_of(graph.edges.begin(), graph.edges.end(),
                     [&](const edge& e) { return e.from == n.id && e.port == operators::dead_letter_port; });
}

std::string free_name(const logical_graph& graph, std::string name) {
  while (std::any_of(graph.nodes.begin(), graph.nodes.end(),
                     [&](const node& n) { return n.name == name || n.uid == name; })) {
    name += "_";
  }
  return name;
}

void connect(logical_graph& graph, node_id from, std::uint32_t port, door to) {
  edge added;
  added.from = from;
  added.port = port;
  added.to = to.to;
  added.input = to.input;
  added.type = to.type;
  added.partitioning = std::move(to.partitioning);
  added.side_door = true;
  added.router_fused = true;
  graph.edges.push_back(std::move(added));
}

}  // namespace

void add_replays(logical_graph& graph, const std::shared_ptr<dead_letter_keeper>& keeper, node_id sink) {
  std::vector<door> doors;
  std::vector<replay_target> targets;
  for (const node& n : graph.nodes) {
    if (!gives_letters(graph, n)) continue;
    const operators::operator_ptr asked = n.make(n.options);
    for (std::uint32_t input = 0; input <= n.more_ins.size(); ++input) {
      const record_packing* packing = asked->packing(input);
      if (!packing || packing->type != n.input_type(input)) continue;
      auto partitioning = partitioning_into(graph, n, input);
      if (!partitioning) continue;
      targets.push_back(replay_target{n.uid, n.name, input, packing});
      doors.push_back(door{n.id, input, packing->type, *std::move(partitioning)});
    }
  }
  node source;
  source.id = static_cast<node_id>(graph.nodes.size());
  source.kind = "replays";
  source.name = source.uid = free_name(graph, "replays");
  for (const door& one : doors) source.outs.push_back(one.type);
  source.outs.push_back(&record_type_of<replay_progress>());
  source.outs.push_back(&record_type_of<dead_letter>());
  source.follows = true;
  source.parallelism = 1;
  source.batch_size = 1;
  source.splits = keeper->plan_replays();
  source.make_source = [keeper, targets = std::move(targets)] { return keeper->make_replays(targets); };
  source.reasons.emplace_back("dead letters go back into the operators that gave up on them");
  const node_id from = source.id;
  graph.nodes.push_back(std::move(source));
  std::uint32_t port = 0;
  for (door& one : doors) connect(graph, from, port++, std::move(one));
  graph.at(sink).more_ins = {&record_type_of<replay_progress>()};
  connect(graph, from, port++, door{sink, 1, &record_type_of<replay_progress>(), {}});
  connect(graph, from, port, door{sink, 0, &record_type_of<dead_letter>(), {}});
}

}  // namespace sage::graph
