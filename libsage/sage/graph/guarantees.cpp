#include "sage/graph/guarantees.hpp"

#include <algorithm>

namespace sage::graph {

namespace {

// From the strongest to the weakest.
enum class strength : std::uint8_t { exactly_once, at_least_once, may_lose, refused };

std::string overall_text(strength weakest) {
  switch (weakest) {
    case strength::exactly_once: return "every record counts exactly once, in state and output";
    case strength::at_least_once:
      return "state exactly once; what such a sink wrote behind the last checkpoint is written again";
    case strength::may_lose: return "what such a source gave behind the last checkpoint is lost in a crash";
    case strength::refused: return "refused: such an operator can't be part of a checkpoint";
  }
  return {};
}

}  // namespace

plan_guarantees guarantees_of(const physical_plan& plan) {
  plan_guarantees all;
  strength weakest = strength::exactly_once;
  for (const node_id id : plan.graph.in_order()) {
    const node& n = plan.graph.at(id);
    std::string text;
    strength its = strength::exactly_once;
    if (n.is_source()) {
      const bool replayable = !n.splits || n.splits->replayable;
      text = replayable ? "read again from a position" : "can't be read again: goes on with what comes";
      its = replayable ? strength::exactly_once : strength::may_lose;
    } else {
      const operators::operator_ptr asked = n.make(n.options);
      if (const auto problem = asked->snapshot_problem()) {
        text = "can't be part of one: " + *problem;
        its = strength::refused;
      } else if (!n.is_sink()) {
        text = "state exactly once";
      } else {
        text = "output " + std::string(to_string(asked->guarantee()));
        if (asked->guarantee() != sink_guarantee::exactly_once) its = strength::at_least_once;
      }
    }
    weakest = std::max(weakest, its);
    all.nodes.push_back({id, std::move(text)});
  }
  all.overall = overall_text(weakest);
  return all;
}

}  // namespace sage::graph
