/// Shows a plan: as text, as a DOT or Mermaid picture, as JSON. The same plan always gives the same bytes.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sage/graph/physical_plan.hpp"

namespace sage::graph {

enum class render_format : std::uint8_t {
  text,     ///< for people and golden files
  dot,      ///< Graphviz
  mermaid,  ///< Markdown pages
  json,     ///< programs; see docs/formats/graph.schema.json
};
[[nodiscard]] std::optional<render_format> render_format_of(std::string_view name) noexcept;

/// The graph as one pass of the optimizer left it.
struct pass_step {
  std::string pass;   ///< empty: as it was declared
  std::string brief;  ///< what the pass is for
  logical_graph graph;
};

/// What of a plan is shown.
struct render_settings {
  render_format format = render_format::text;
  bool explain = false;              ///< the reasons of each operator, and the steps
  std::span<const pass_step> steps;  ///< from the declared graph on, in order
};

/// Shows `plan`. O(operators x edges + instances + channels), per step.
[[nodiscard]] std::string render(const physical_plan& plan, const render_settings& settings = {});

}  // namespace sage::graph
