#include "sage/graph/render_parts.hpp"

namespace sage::graph::rendering {

namespace {

// Mermaid reads entities in labels, which is the only way to write what it would take for its own.
std::string escaped(std::string_view text) {
  std::string all;
  for (const char c : text) {
    switch (c) {
      case '"': all += "#quot;"; break;
      case '<': all += "#lt;"; break;
      case '>': all += "#gt;"; break;
      case '#': all += "#35;"; break;
      case '&': all += "#amp;"; break;
      default: all += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return all;
}

std::string id_of(std::size_t step, node_id id) {
  return "s" + std::to_string(step) + "_" + std::to_string(id);
}

void add_node(std::string& to, const node& n, std::size_t step, bool explain) {
  std::string label = escaped(n.name) + "<br>" + escaped(n.kind);
  if (n.parallelism > 0) label += " x" + std::to_string(n.parallelism);
  const std::string types = types_of(n);
  if (!types.empty()) label += "<br>" + escaped(types);
  for (const std::string& trait : traits_of(n)) label += "<br>" + escaped(trait);
  if (explain) {
    for (const std::string& reason : n.reasons) label += "<br>- " + escaped(reason);
  }
  to += "    " + id_of(step, n.id) + "[\"" + label + "\"]\n";
}

void add_edges(std::string& to, const logical_graph& graph, std::size_t step) {
  for (const edge* e : live_edges(graph)) {
    to += "  " + id_of(step, e->from) + " -->|\"" + escaped(joined(traits_of(graph, *e), ", ")) + "\"| " +
          id_of(step, e->to) + "\n";
  }
}

}  // namespace

std::string render_mermaid(const physical_plan& plan, const render_settings& settings) {
  std::string text = "flowchart LR\n";
  std::size_t step = 0;
  if (settings.explain) {
    for (const pass_step* one : visible_steps(settings.steps)) {
      const std::string title = one->pass.empty() ? "as declared" : "after " + one->pass;
      text += "  subgraph step_" + std::to_string(step) + "[\"" + escaped(title) + "\"]\n";
      for (const node_id id : one->graph.in_order()) add_node(text, one->graph.at(id), step, false);
      text += "  end\n";
      add_edges(text, one->graph, step);
      ++step;
    }
  }
  for (const actor_group& group : actor_groups(plan)) {
    const planned_instance& first = plan.instances[group.instances.front()];
    if (first.is_router()) continue;  // on the edge, as in the graph
    text += "  subgraph actor_" + std::to_string(first.id) + "[\"" + escaped(group.name) + " x" +
            std::to_string(group.instances.size()) + "\"]\n";
    for (const node_id id : first.chain) add_node(text, plan.graph.at(id), step, settings.explain);
    text += "  end\n";
  }
  add_edges(text, plan.graph, step);
  return text;
}

}  // namespace sage::graph::rendering
