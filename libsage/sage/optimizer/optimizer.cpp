#include "sage/optimizer/optimizer.hpp"

#include <algorithm>
#include <array>

#include "sage/base/assert.hpp"
#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"

namespace sage::optimizer {

namespace {

constexpr std::array<pass, 8> all_passes{{
    {"splits", "asks every source what it will read", plan_splits, false},
    {"dead-branches", "removes pure operators whose results are discarded", remove_dead_branches},
    {"filter-pushdown", "moves filters in front of the exchange they stand behind", push_filters_down},
    {"parallelism", "infers how many instances each operator gets", infer_parallelism, false},
    {"partial-aggregation", "combines per sender before the shuffle of an aggregate", aggregate_partially},
    {"batch-size", "chooses records per batch by record size", choose_batch_sizes, false},
    {"router-fusion", "runs routers within their senders", fuse_routers},
    {"chain-fusion", "runs neighbouring operators in one actor", fuse_chains},
}};

// What every pass must leave true, whatever it rewrote.
void verify(const graph::logical_graph& graph, std::string_view pass) {
  const auto must = [&](bool holds, const char* what) {
    if (!holds) throw error(errc::internal, std::string("pass ") + std::string(pass) + " broke the graph: " + what);
  };
  for (const graph::edge& e : graph.edges) {
    const graph::node& from = graph.at(e.from);
    const graph::node& to = graph.at(e.to);
    if (from.removed || to.removed) continue;
    must(e.type == to.input_type(e.input), "an edge carries another type than its receiver takes");
    must(e.port == operators::dead_letter_port || e.port < from.outs.size(),
         "an edge begins at a port that isn't there");
  }
  static_cast<void>(graph.in_order());
}

}  // namespace

bool optimizer_settings::is_enabled(std::string_view pass) const {
  return std::find(disabled.begin(), disabled.end(), pass) == disabled.end();
}

std::span<const pass> passes() noexcept {
  return all_passes;
}

void optimize(graph::logical_graph& graph, const optimizer_settings& settings, const pass_observer& observer) {
  for (const std::string& name : settings.disabled) {
    const auto known =
        std::find_if(all_passes.begin(), all_passes.end(), [&](const pass& p) { return p.name == name; });
    if (known != all_passes.end() && known->optional) continue;
    std::string names;
    for (const pass& p : all_passes) {
      if (p.optional) names += (names.empty() ? "" : ", ") + std::string(p.name);
    }
    throw error(errc::configuration, "there is no optional pass '" + name + "'", {}, "the passes are " + names);
  }
  if (observer) observer({}, graph, 0);
  for (const pass& p : all_passes) {
    if (p.optional && !settings.is_enabled(p.name)) continue;
    const nanoseconds begun = system_clock().now();
    p.run(graph, settings);
    verify(graph, p.name);
    if (observer) observer(p.name, graph, static_cast<double>(system_clock().now() - begun) / 1e3);
  }
}

}  // namespace sage::optimizer
