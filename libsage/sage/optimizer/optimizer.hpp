/// The optimizer: small passes over the logical graph, run, switched, timed and verified by one runner.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sage/graph/logical_graph.hpp"

namespace sage::optimizer {

/// What the passes may know of the place the job will run in.
struct optimizer_settings {
  std::size_t cores = 1;              ///< instances of one chain that can work at the same time
  std::size_t parallelism = 0;        ///< for operators the user left open; 0 lets the optimizer infer it
  std::size_t batch_size = 0;         ///< for operators the user left open; 0 chooses by record size
  std::vector<std::string> disabled;  ///< names of passes to leave out

  [[nodiscard]] bool is_enabled(std::string_view pass) const;
};

/// One pass. It may rewrite nodes and edges and says why in `node::reasons`.
struct pass {
  std::string_view name;
  std::string_view brief;
  void (*run)(graph::logical_graph& graph, const optimizer_settings& settings);
  bool optional = true;  ///< whether a job can run without it
};

/// All passes, in the order in which they run.
[[nodiscard]] std::span<const pass> passes() noexcept;

/// Called with the graph before the first pass (name empty) and after each one, with its time in microseconds.
using pass_observer = std::function<void(std::string_view pass, const graph::logical_graph& graph, double micros)>;

/// Runs all enabled passes on a checked graph. Throws errc::configuration when `disabled` names none of them.
void optimize(graph::logical_graph& graph, const optimizer_settings& settings, const pass_observer& observer = {});

// ---- the passes, one file each

void plan_splits(graph::logical_graph& graph, const optimizer_settings& settings);
void remove_dead_branches(graph::logical_graph& graph, const optimizer_settings& settings);
void push_filters_down(graph::logical_graph& graph, const optimizer_settings& settings);
void infer_parallelism(graph::logical_graph& graph, const optimizer_settings& settings);
void aggregate_partially(graph::logical_graph& graph, const optimizer_settings& settings);
void choose_batch_sizes(graph::logical_graph& graph, const optimizer_settings& settings);
void fuse_routers(graph::logical_graph& graph, const optimizer_settings& settings);
void fuse_chains(graph::logical_graph& graph, const optimizer_settings& settings);

}  // namespace sage::optimizer
