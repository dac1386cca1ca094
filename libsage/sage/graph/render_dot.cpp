#include "sage/graph/render_parts.hpp"

namespace sage::graph::rendering {

namespace {

// Within a quoted string of DOT; the form of its lines is left to the caller.
std::string escaped(std::string_view text) {
  std::string all;
  for (const char c : text) {
    if (c == '"' || c == '\\') all += '\\';
    all += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return all;
}

std::string label_of(const node& n, bool explain) {
  std::string label = escaped(n.name) + "\\n" + escaped(n.kind);
  if (n.parallelism > 0) label += " x" + std::to_string(n.parallelism);
  const std::string types = types_of(n);
  if (!types.empty()) label += "\\n" + escaped(types);
  for (const std::string& trait : traits_of(n)) label += "\\n" + escaped(trait);
  if (explain) {
    for (const std::string& reason : n.reasons) label += "\\l- " + escaped(reason);
    if (!n.reasons.empty()) label += "\\l";
  }
  return label;
}

std::string id_of(std::size_t step, node_id id) {
  return "s" + std::to_string(step) + "_" + std::to_string(id);
}

void add_edges(std::string& to, const logical_graph& graph, std::size_t step) {
  for (const edge* e : live_edges(graph)) {
    to += "  " + id_of(step, e->from) + " -> " + id_of(step, e->to) + " [label=\"" +
          escaped(joined(traits_of(graph, *e), ", ")) + "\"];\n";
  }
}

void add_node(std::string& to, const node& n, std::size_t step, bool explain) {
  to += "    " + id_of(step, n.id) + " [label=\"" + label_of(n, explain) + "\"];\n";
}

}  // namespace

std::string render_dot(const physical_plan& plan, const render_settings& settings) {
  std::string text = "digraph \"" + escaped(plan.graph.name) + "\" {\n";
  text += "  rankdir=LR;\n  node [shape=box, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\"];\n";
  std::size_t step = 0;
  if (settings.explain) {
    for (const pass_step* one : visible_steps(settings.steps)) {
      const std::string title = one->pass.empty() ? "as declared" : "after " + one->pass;
      text += "  subgraph cluster_step_" + std::to_string(step) + " {\n    label=\"" + escaped(title) + "\";\n";
      for (const node_id id : one->graph.in_order()) add_node(text, one->graph.at(id), step, false);
      text += "  }\n";
      add_edges(text, one->graph, step);
      ++step;
    }
  }
  // The plan: what runs in one actor stands in one frame.
  for (const actor_group& group : actor_groups(plan)) {
    const planned_instance& first = plan.instances[group.instances.front()];
    if (first.is_router()) continue;  // on the edge, as in the graph
    text += "  subgraph cluster_actor_" + std::to_string(first.id) + " {\n    label=\"" + escaped(group.name) + " x" +
            std::to_string(group.instances.size()) + "\";\n";
    for (const node_id id : first.chain) add_node(text, plan.graph.at(id), step, settings.explain);
    text += "  }\n";
  }
  add_edges(text, plan.graph, step);
  return text + "}\n";
}

}  // namespace sage::graph::rendering
