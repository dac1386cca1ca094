/// The logical graph: what the user declared, as typed nodes behind untyped doors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/functions/error_policy.hpp"
#include "sage/functions/side_output.hpp"
#include "sage/model/record_type.hpp"
#include "sage/operators/operator.hpp"
#include "sage/operators/source.hpp"
#include "sage/routing/partitioner.hpp"
#include "sage/state/state_limits.hpp"

namespace sage::graph {

using node_id = std::uint32_t;

/// What a user may set on an operator; empty means "the optimizer decides".
struct operator_options {
  std::optional<std::size_t> parallelism;
  std::optional<std::size_t> batch_size;
  std::optional<error_policy> on_error;
  bool start_chain = false;
  bool blocking = false;                         ///< the function may block: the instance gets a thread of its own
  bool every_update = false;                     ///< aggregates: emit running values
  state::state_limits state_limits;              ///< keyed operators: what one instance may hold
  std::vector<functions::side_port> side_ports;  ///< of process functions: which side outputs are taken
  bool spills = false;               ///< keyed operators: what doesn't fit into memory goes to the job's store
  std::size_t memo_entries_max = 0;  ///< memoized maps: 0 is not memoized
  nanoseconds memo_ttl = 0;          ///< memoized maps: 0 is for ever
};

using operator_factory = std::function<operators::operator_ptr(const operator_options&)>;
using source_factory = std::function<operators::source_ptr()>;
using source_planner = std::function<source_plan()>;

/// How an aggregate may be taken apart around a shuffle. Present when it has `merge`.
struct partial_aggregation {
  operator_factory combine;  ///< before the shuffle: records to (key, accumulator)
  operator_factory merge;    ///< behind it
  const record_type* partial = nullptr;
  routing::key_hasher hasher;  ///< of the partial records
};

/// One operator of the user. Its factories are typed code that the API instantiated; all else is data.
struct node {
  node_id id = 0;
  std::string kind;  ///< "map", "filter", "source": the name of the API call
  std::string name;  ///< by the user, or kind and number
  std::string uid;   ///< stable across versions of the graph: by the user, or derived from the path
  bool uid_by_user = false;
  const record_type* in = nullptr;           ///< of input 0; null for a source
  std::vector<const record_type*> more_ins;  ///< of inputs 1, 2 …
  std::vector<const record_type*> outs;      ///< per port; empty for a sink
  operator_options options;

  operator_factory make;  ///< for all but sources
  source_factory make_source;
  source_planner plan_source;
  std::shared_ptr<const partial_aggregation> partial;

  bool one_to_one = false;  ///< every passed record becomes exactly one
  bool stateless = false;   ///< may run before or behind a shuffle alike
  bool keyed = false;
  bool waits = false;               ///< its calls wait for others: it must be there to hear them
  bool order_needed = false;        ///< parallelism 1 unless the user says otherwise: callable sinks, collect
  bool retries_by_itself = false;   ///< by its own options, whatever on_error says
  bool unsupported_retry = false;   ///< the function wants the record itself and the record can't be copied
  bool takes_dead_letters = false;  ///< the node behind env.dead_letters()
  bool has_side_outputs = false;    ///< its function may have some
  bool limits_state = false;        ///< keeps to its options' state_limits
  bool holds_source = false;        ///< may ask its source to wait: must stand right behind one
  bool follows = false;             ///< a source that ends when all those that don't have nothing more to read
  bool emits_at_end = false;        ///< keeps what it makes until time or its input ends: no part of a loop
  std::optional<node_id> loop;      ///< whose body it is part of, by its head; the head names itself

  // ---- filled in by the optimizer
  std::size_t parallelism = 0;
  std::size_t batch_size = 0;
  std::optional<source_plan> splits;
  std::vector<std::string> reasons;  ///< why it is as it is, for --explain
  bool removed = false;

  /// The record type of an input; null where there is no such input.
  [[nodiscard]] const record_type* input_type(std::uint32_t input) const noexcept {
    if (input == 0) return in;
    return input <= more_ins.size() ? more_ins[input - 1] : nullptr;
  }
  [[nodiscard]] bool is_source() const noexcept { return in == nullptr; }
  [[nodiscard]] bool is_sink() const noexcept { return outs.empty(); }
  [[nodiscard]] bool is_loop_head() const noexcept { return loop == id; }
};

/// A connection between an output port and an operator.
struct edge {
  node_id from = 0;
  std::uint32_t port = 0;
  node_id to = 0;
  std::uint32_t input = 0;  ///< of `to`: which of its inputs; several edges into one are a union
  routing::partitioner_spec partitioning;
  bool feedback = false;              ///< leads back to the head of a loop
  bool side_door = false;             ///< leads into the operator wherever it runs, and says nothing about time
  bool partitioning_by_user = false;  ///< rebalance, broadcast, route(partitioner): kept as it is
  const record_type* type = nullptr;

  // ---- filled in by the optimizer
  bool fused = false;         ///< both ends run in one instance
  bool router_fused = false;  ///< the router runs in its sender
};

/// Nodes and edges in the order they were declared.
struct logical_graph {
  std::string name;
  std::vector<node> nodes;
  std::vector<edge> edges;
  std::optional<node_id> letter_sink;  ///< what keeps dead letters beyond the life of the job

  [[nodiscard]] node& at(node_id id) { return nodes.at(id); }
  [[nodiscard]] const node& at(node_id id) const { return nodes.at(id); }
  [[nodiscard]] std::vector<std::size_t> edges_from(node_id id) const;
  [[nodiscard]] std::vector<std::size_t> edges_into(node_id id) const;
  /// The nodes that are left, every sender before its receivers, feedback left out. O(nodes x edges).
  [[nodiscard]] std::vector<node_id> in_order() const;
};

}  // namespace sage::graph
