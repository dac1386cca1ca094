#include <memory>
#include <utility>
#include <vector>

#include "sage/api/environment.hpp"
#include "sage/app/commands.hpp"
#include "sage/graph/render.hpp"
#include "sage/optimizer/optimizer.hpp"

namespace sage::apps {

namespace {

std::string brief_of(std::string_view pass) {
  for (const optimizer::pass& one : optimizer::passes()) {
    if (one.name == pass) return std::string(one.brief);
  }
  return {};
}

std::vector<option_spec> make_options() {
  option_spec format;
  format.name = "format";
  format.placeholder = "text|dot|mermaid|json";
  format.brief = "the form of the plan";
  format.choices = {"text", "dot", "mermaid", "json"};
  format.fallback = std::string("text");
  option_spec explain;
  explain.name = "explain";
  explain.kind = option_kind::flag;
  explain.brief = "say why each operator is as it is, and what each pass of the optimizer did";
  explain.fallback = false;
  return {format, explain};
}

}  // namespace

std::span<const option_spec> graph_options() {
  static const std::vector<option_spec> specs = make_options();
  return specs;
}

int graph_command(const app& described, const options& given, console& to) {
  const std::unique_ptr<environment> place = make_environment(given);
  described.building()(*place, given);
  std::vector<graph::pass_step> steps;
  const bool explain = given.get<bool>("explain");
  optimizer::pass_observer observer;
  if (explain) {
    observer = [&steps](std::string_view pass, const graph::logical_graph& graph, double) {
      steps.push_back(graph::pass_step{std::string(pass), brief_of(pass), graph});
    };
  }
  const graph::physical_plan plan = place->plan(described.name(), observer);
  graph::render_settings settings;
  settings.format = graph::render_format_of(given.get<std::string>("format")).value_or(graph::render_format::text);
  settings.explain = explain;
  settings.steps = steps;
  return print_result(graph::render(plan, settings), to) ? exit_done : exit_failed;
}

}  // namespace sage::apps
