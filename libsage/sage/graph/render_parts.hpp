/// What the renderers share: how operators, edges and actors are put into words. For graph/render*.cpp.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/graph/render.hpp"

namespace sage::graph::rendering {

/// The spelling of a type for people: the library's inline namespaces and default arguments are left out.
[[nodiscard]] std::string type_text(std::string_view name);
/// "std::string -> (std::string, std::uint64_t)"; a source has no left, a sink no right side.
[[nodiscard]] std::string types_of(const node& n);
/// What is special about an operator: "blocking", "on error drop", "2 splits", in a fixed order.
[[nodiscard]] std::vector<std::string> traits_of(const node& n);
/// What is special about an edge: "hash", "fused", "dead letters", in a fixed order.
[[nodiscard]] std::vector<std::string> traits_of(const logical_graph& graph, const edge& e);
/// The edges whose two ends are still there, in the order of their senders.
[[nodiscard]] std::vector<const edge*> live_edges(const logical_graph& graph);
[[nodiscard]] std::string joined(const std::vector<std::string>& parts, std::string_view separator);

/// One line per operator and edge, each with all that can be seen of it: two graphs with the same lines look the
/// same.
[[nodiscard]] std::vector<std::string> facts_of(const logical_graph& graph);
/// The steps that changed something that can be seen; the declared graph is always one.
[[nodiscard]] std::vector<const pass_step*> visible_steps(std::span<const pass_step> steps);

/// The words of one operator and of one edge, for a row of a table.
[[nodiscard]] std::vector<std::string> cells_of(const node& n);
[[nodiscard]] std::vector<std::string> cells_of(const logical_graph& graph, const edge& e);

/// All parallel copies of one chain or router.
struct actor_group {
  std::string name;                    ///< without the instance's number
  std::vector<std::size_t> instances;  ///< indices into the plan
};
/// In the order of the plan.
[[nodiscard]] std::vector<actor_group> actor_groups(const physical_plan& plan);

[[nodiscard]] std::string render_text(const physical_plan& plan, const render_settings& settings);
[[nodiscard]] std::string render_dot(const physical_plan& plan, const render_settings& settings);
[[nodiscard]] std::string render_mermaid(const physical_plan& plan, const render_settings& settings);
[[nodiscard]] std::string render_json(const physical_plan& plan, const render_settings& settings);

}  // namespace sage::graph::rendering
