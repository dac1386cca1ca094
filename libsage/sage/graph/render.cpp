#include "sage/graph/render.hpp"

#include <algorithm>
#include <utility>

#include "sage/graph/render_parts.hpp"

namespace sage::graph {

std::optional<render_format> render_format_of(std::string_view name) noexcept {
  if (name == "text") return render_format::text;
  if (name == "dot") return render_format::dot;
  if (name == "mermaid") return render_format::mermaid;
  if (name == "json") return render_format::json;
  return std::nullopt;
}

std::string render(const physical_plan& plan, const render_settings& settings) {
  switch (settings.format) {
    case render_format::text: return rendering::render_text(plan, settings);
    case render_format::dot: return rendering::render_dot(plan, settings);
    case render_format::mermaid: return rendering::render_mermaid(plan, settings);
    case render_format::json: return rendering::render_json(plan, settings);
  }
  return {};
}

namespace rendering {

namespace {

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// Removes ", std::allocator<...>" and its like: what begins at `word` and ends at its closing bracket.
void remove_argument(std::string& text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at)) {
    std::size_t end = at + word.size();
    for (int depth = 1; end < text.size() && depth > 0; ++end)
      depth += text[end] == '<' ? 1 : text[end] == '>' ? -1 : 0;
    text.erase(at, end - at);
  }
}

std::string counted(std::uint64_t count, std::string_view unit) {
  return std::to_string(count) + " " + std::string(unit);
}

}  // namespace

std::string type_text(std::string_view name) {
  std::string text(name);
  replace_all(text, " >", ">");
  remove_argument(text, ", std::allocator<");
  remove_argument(text, ", std::char_traits<");
  replace_all(text, "std::__cxx11::", "std::");
  replace_all(text, "std::basic_string_view<char>", "std::string_view");
  replace_all(text, "std::basic_string<char>", "std::string");
  return text;
}

std::string types_of(const node& n) {
  std::string text;
  if (n.in != nullptr) text += type_text(n.in->name);
  for (const record_type* in : n.more_ins) text += " & " + type_text(in->name);
  if (n.outs.empty()) return text;
  text += text.empty() ? "-> " : " -> ";
  std::vector<std::string> outs;
  for (const record_type* out : n.outs) outs.push_back(type_text(out->name));
  const bool all_equal =
      std::all_of(outs.begin(), outs.end(), [&](const std::string& o) { return o == outs.front(); });
  if (outs.size() == 1) return text + outs.front();
  return text + (all_equal ? std::to_string(outs.size()) + " x " + outs.front() : joined(outs, " | "));
}

std::vector<std::string> traits_of(const node& n) {
  std::vector<std::string> traits;
  if (n.splits) {
    const std::size_t splits = n.splits->splits.size();
    traits.push_back(counted(splits, splits == 1 ? "split" : "splits"));
    if (n.splits->bytes_total > 0) traits.push_back(counted(n.splits->bytes_total, "bytes"));
    if (n.splits->records_total > 0) traits.push_back(counted(n.splits->records_total, "records"));
  }
  if (n.options.blocking || (n.splits && n.splits->blocking)) traits.emplace_back("blocking");
  if (n.options.start_chain) traits.emplace_back("starts a chain");
  if (n.options.every_update) traits.emplace_back("emits every update");
  if (n.options.memo_entries_max > 0) traits.push_back("remembers " + std::to_string(n.options.memo_entries_max));
  if (n.options.on_error) traits.push_back("on error " + n.options.on_error->to_string());
  return traits;
}

std::vector<std::string> traits_of(const logical_graph& graph, const edge& e) {
  std::vector<std::string> traits{std::string(routing::to_string(e.partitioning.kind))};
  if (e.port == operators::dead_letter_port) {
    traits.emplace_back("dead letters");
  } else if (graph.at(e.from).outs.size() > 1) {
    traits.push_back("output " + std::to_string(e.port));
  }
  if (e.feedback) traits.emplace_back("feedback");
  if (e.side_door) traits.emplace_back("replays");
  if (!graph.at(e.to).more_ins.empty()) traits.push_back("input " + std::to_string(e.input));
  if (e.fused) traits.emplace_back("fused");
  if (e.router_fused) traits.emplace_back("router fused");
  return traits;
}

std::vector<const edge*> live_edges(const logical_graph& graph) {
  std::vector<const edge*> live;
  for (const node_id id : graph.in_order()) {
    for (const std::size_t e : graph.edges_from(id)) {
      if (!graph.at(graph.edges[e].to).removed) live.push_back(&graph.edges[e]);
    }
  }
  return live;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::vector<std::string> cells_of(const node& n) {
  std::string size;
  if (n.parallelism > 0) size = "x" + std::to_string(n.parallelism);
  if (n.batch_size > 0) size += " batch " + std::to_string(n.batch_size);
  return {n.name, n.kind, types_of(n), size, joined(traits_of(n), ", ")};
}

std::vector<std::string> cells_of(const logical_graph& graph, const edge& e) {
  return {graph.at(e.from).name + " -> " + graph.at(e.to).name, joined(traits_of(graph, e), ", ")};
}

// One line per operator and edge, for comparing two steps: without columns, which would move with their neighbours.
std::vector<std::string> facts_of(const logical_graph& graph) {
  const auto line = [](std::vector<std::string> cells) {
    std::erase(cells, std::string());
    return joined(cells, "  ");
  };
  std::vector<std::string> facts;
  for (const node_id id : graph.in_order()) facts.push_back(line(cells_of(graph.at(id))));
  for (const edge* e : live_edges(graph)) facts.push_back(line(cells_of(graph, *e)));
  return facts;
}

std::vector<const pass_step*> visible_steps(std::span<const pass_step> steps) {
  std::vector<const pass_step*> visible;
  std::vector<std::string> before;
  for (const pass_step& step : steps) {
    std::vector<std::string> after = facts_of(step.graph);
    if (step.pass.empty() || after != before) visible.push_back(&step);
    before = std::move(after);
  }
  return visible;
}

std::vector<actor_group> actor_groups(const physical_plan& plan) {
  std::vector<actor_group> groups;
  for (const planned_instance& one : plan.instances) {
    std::string name = one.name.substr(0, one.name.rfind('['));
    auto known = std::find_if(groups.begin(), groups.end(), [&](const actor_group& g) { return g.name == name; });
    if (known == groups.end()) known = groups.insert(groups.end(), actor_group{std::move(name), {}});
    known->instances.push_back(one.id);
  }
  return groups;
}

}  // namespace rendering
}  // namespace sage::graph
