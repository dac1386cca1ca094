/// What streams write to: the logical graph of an environment while it is being declared.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sage/graph/logical_graph.hpp"
#include "sage/operators/dead_letter_keeper.hpp"

namespace sage::api {

/// Collects nodes and edges until the environment takes them. Not thread-safe: builders belong to one thread.
class graph_builder {
 public:
  /// Adds a node of this kind with a name and uid of its own; the caller fills in the rest.
  graph::node& add(std::string_view kind);
  /// Connects an output to a node. Streams of an environment that has been taken are refused.
  void connect(graph::node_id from, std::uint32_t port, graph::node_id to, const record_type& type,
               routing::partitioner_spec partitioning, bool by_user, std::uint32_t input = 0);
  [[nodiscard]] graph::edge& last_edge() noexcept;
  [[nodiscard]] graph::node& at(graph::node_id id) { return graph_.at(id); }
  /// The node behind `env.dead_letters()`, added when it is first asked for.
  graph::node_id dead_letters();
  /// What holds for operators that say nothing themselves.
  struct failure_defaults {
    std::optional<error_policy> on_error;
    std::shared_ptr<dead_letter_keeper> keeper;
  };
  /// Hands out what was declared and begins anew.
  [[nodiscard]] graph::logical_graph take(std::string name, const failure_defaults& defaults = {});
  [[nodiscard]] bool empty() const noexcept { return graph_.nodes.empty(); }
  /// Counts the takes: a stream declared before the last one is stale.
  [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

 private:
  void apply_default(error_policy policy);
  void add_keeper(const std::shared_ptr<dead_letter_keeper>& keeper);

  graph::logical_graph graph_;
  std::uint64_t generation_ = 0;
};

/// One output of one node, as streams hold it.
struct stream_origin {
  std::shared_ptr<graph_builder> builder;
  std::uint64_t generation = 0;
  graph::node_id node = 0;
  std::uint32_t port = 0;
  routing::partitioner_spec partitioning;  ///< of the edge to whatever comes next
  bool partitioning_by_user = false;

  /// The node, to set options on. Throws errc::invalid_argument when the environment has been taken since.
  [[nodiscard]] graph::node& at() const;
  /// Adds a node of `kind` behind this output and connects it.
  graph::node& append(std::string_view kind, const record_type& in) const;
  /// Connects this output to input `input` of `to`, a node behind `other`. Throws errc::invalid_argument when the two
  /// belong to different environments or either was taken since.
  void join(const stream_origin& other, graph::node_id to, const record_type& in, std::uint32_t input = 0) const;
  /// Leads this output back to the head of a loop; refuses what `join` refuses.
  void feed(const stream_origin& head, const record_type& in) const;
  /// This builder's output `port` of `of`.
  [[nodiscard]] stream_origin output_of(const graph::node& of, std::uint32_t port = 0) const;
  /// The port of the node on which its side output `name` leaves. Throws errc::invalid_argument when the node can
  /// have none, or has one of that name with another type.
  [[nodiscard]] stream_origin side_output(const std::string& name, const record_type& type) const;
};

}  // namespace sage::api
