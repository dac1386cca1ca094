#include <algorithm>
#include <map>
#include <utility>

#include "sage/graph/guarantees.hpp"
#include "sage/graph/render_parts.hpp"

namespace sage::graph::rendering {

namespace {

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

// Cells of a table; columns are as wide as their widest cell.
class table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] std::vector<std::string> lines() const {
    std::vector<std::size_t> widths;
    for (const auto& row : rows_) {
      widths.resize(std::max(widths.size(), row.size()), 0);
      for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::vector<std::string> all;
    for (const auto& row : rows_) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        line += std::string(widths[i] - row[i].size() + 2, ' ');
      }
      line.erase(line.find_last_not_of(' ') + 1);
      all.push_back(std::move(line));
    }
    return all;
  }

 private:
  std::vector<std::vector<std::string>> rows_;
};

void add_step(std::string& to, const pass_step& step, const std::vector<std::string>& before,
              const std::vector<std::string>& after) {
  std::string changes;
  const auto add_missing = [&changes](const std::vector<std::string>& from, const std::vector<std::string>& in,
                                      const char* sign) {
    for (const std::string& fact : from) {
      if (std::find(in.begin(), in.end(), fact) == in.end()) changes += std::string("    ") + sign + fact + "\n";
    }
  };
  add_missing(before, after, "- ");
  add_missing(after, before, "+ ");
  if (step.pass.empty()) {
    to += "  as declared\n" + changes;
    return;
  }
  to += "  " + step.pass + ": " + step.brief + "\n" + (changes.empty() ? "    no change\n" : changes);
}

void add_actors(std::string& to, const physical_plan& plan) {
  to += "\nactors\n";
  const std::vector<actor_group> groups = actor_groups(plan);
  std::vector<std::size_t> group_of(plan.instances.size(), 0);
  table actors;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    const planned_instance& first = plan.instances[groups[g].instances.front()];
    for (const std::size_t instance : groups[g].instances) group_of[instance] = g;
    actors.add({"  " + groups[g].name, "x" + std::to_string(groups[g].instances.size()),
                "batch " + std::to_string(first.batch_size), first.blocking ? "a thread each" : ""});
  }
  for (const std::string& line : actors.lines()) to += line + "\n";
  if (plan.channels.empty()) return;
  to += "\nchannels\n";
  std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::size_t>> counts;
  for (const planned_channel& channel : plan.channels) {
    const std::pair ends{group_of[channel.from], group_of[channel.to]};
    const auto known = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == ends; });
    if (known == counts.end()) {
      counts.emplace_back(ends, 1);
    } else {
      ++known->second;
    }
  }
  table channels;
  for (const auto& [ends, count] : counts) {
    channels.add({"  " + groups[ends.first].name + " -> " + groups[ends.second].name, "x" + std::to_string(count)});
  }
  for (const std::string& line : channels.lines()) to += line + "\n";
}

void add_guarantees(std::string& to, const physical_plan& plan) {
  const plan_guarantees all = guarantees_of(plan);
  to += "\nwith checkpoints\n";
  table rows;
  for (const node_guarantee& one : all.nodes) rows.add({"  " + plan.graph.at(one.node).name, one.text});
  for (const std::string& line : rows.lines()) to += line + "\n";
  to += "  overall: " + all.overall + "\n";
}

}  // namespace

std::string render_text(const physical_plan& plan, const render_settings& settings) {
  const logical_graph& graph = plan.graph;
  const std::vector<node_id> order = graph.in_order();
  std::string text = graph.name + ": " + plural(order.size(), "operator") + " in " +
                     plural(plan.instances.size(), "actor") + ", " + plural(plan.channels.size(), "channel") + "\n";
  text += "\noperators\n";
  table operators;
  for (const node_id id : order) operators.add(cells_of(graph.at(id)));
  const std::vector<std::string> lines = operators.lines();
  for (std::size_t i = 0; i < order.size(); ++i) {
    text += "  " + lines[i] + "\n";
    if (!settings.explain) continue;
    for (const std::string& reason : graph.at(order[i]).reasons) text += "    - " + reason + "\n";
  }
  text += "\nedges\n";
  table edges;
  for (const edge* e : live_edges(graph)) edges.add(cells_of(graph, *e));
  for (const std::string& line : edges.lines()) text += "  " + line + "\n";
  add_actors(text, plan);
  if (settings.explain) add_guarantees(text, plan);
  if (!settings.explain || settings.steps.empty()) return text;
  text += "\npasses\n";
  std::vector<std::string> before;
  for (const pass_step& step : settings.steps) {
    std::vector<std::string> after = facts_of(step.graph);
    add_step(text, step, before, after);
    before = std::move(after);
  }
  return text;
}

}  // namespace sage::graph::rendering
