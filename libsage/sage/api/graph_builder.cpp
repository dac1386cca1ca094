#include "sage/api/graph_builder.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/graph/loops.hpp"
#include "sage/model/batch.hpp"
#include "sage/operators/collect.hpp"

namespace sage::api {

graph::node& graph_builder::add(std::string_view kind) {
  graph::node added;
  added.id = static_cast<graph::node_id>(graph_.nodes.size());
  added.kind = std::string(kind);
  added.name = added.kind + "_" + std::to_string(added.id + 1);
  added.uid = added.name;
  graph_.nodes.push_back(std::move(added));
  return graph_.nodes.back();
}

graph::edge& graph_builder::last_edge() noexcept {
  return graph_.edges.back();
}

void graph_builder::connect(graph::node_id from, std::uint32_t port, graph::node_id to, const record_type& type,
                            routing::partitioner_spec partitioning, bool by_user, std::uint32_t input) {
  graph::edge added;
  added.from = from;
  added.port = port;
  added.to = to;
  added.input = input;
  added.type = &type;
  added.partitioning = std::move(partitioning);
  added.partitioning_by_user = by_user;
  graph_.edges.push_back(std::move(added));
}

graph::node_id graph_builder::dead_letters() {
  for (const graph::node& known : graph_.nodes) {
    if (known.takes_dead_letters) return known.id;
  }
  graph::node& added = add("dead_letters");
  added.name = added.uid = "dead_letters";
  added.in = &record_type_of<dead_letter>();
  added.outs = {added.in};
  added.one_to_one = true;
  added.order_needed = true;
  added.takes_dead_letters = true;
  added.make = [](const graph::operator_options&) { return std::make_unique<operators::pass_operator>(); };
  return added.id;
}

namespace {

bool gives_letters(const graph::node& n) {
  return n.options.on_error && n.options.on_error->then == error_policy::action::dead_letter;
}

}  // namespace

// Operators that handle dead letters are left out: whatever they can't handle fails the job.
void graph_builder::apply_default(error_policy policy) {
  std::vector<bool> spared(graph_.nodes.size(), false);
  for (const graph::node& n : graph_.nodes) spared[n.id] = n.is_source() || n.takes_dead_letters || n.is_loop_head();
  for (bool grown = true; grown;) {
    grown = false;
    for (const graph::edge& e : graph_.edges) {
      const bool behind = graph_.at(e.from).takes_dead_letters || (spared[e.from] && !graph_.at(e.from).is_source());
      if (!behind || spared[e.to] || graph_.at(e.from).is_loop_head()) continue;
      spared[e.to] = grown = true;
    }
  }
  for (graph::node& n : graph_.nodes) {
    if (!spared[n.id] && !n.options.on_error) n.options.on_error = policy;
  }
}

void graph_builder::add_keeper(const std::shared_ptr<dead_letter_keeper>& keeper) {
  if (std::none_of(graph_.nodes.begin(), graph_.nodes.end(), gives_letters)) return;
  const graph::node_id letters = dead_letters();
  graph::node& sink = add("dead_letter_queue");
  sink.name = sink.uid = "dead_letter_queue";
  sink.in = &record_type_of<dead_letter>();
  sink.order_needed = true;
  sink.options.blocking = true;  // it waits for the disk
  sink.options.parallelism = 1;
  sink.make = [keeper](const graph::operator_options&) { return keeper->make_sink(); };
  graph_.letter_sink = sink.id;
  connect(letters, operators::main_port, sink.id, record_type_of<dead_letter>(), {}, false);
}

graph::logical_graph graph_builder::take(std::string name, const failure_defaults& defaults) {
  if (defaults.on_error) apply_default(*defaults.on_error);
  if (defaults.keeper) add_keeper(defaults.keeper);
  // The dead letters of every operator that keeps them flow into one node.
  for (const graph::node& taker : graph_.nodes) {
    if (!taker.takes_dead_letters) continue;
    for (const graph::node& giver : graph_.nodes) {
      if (gives_letters(giver)) {
        connect(giver.id, operators::dead_letter_port, taker.id, record_type_of<dead_letter>(), {}, false);
      }
    }
  }
  graph::mark_loops(graph_);
  graph_.name = std::move(name);
  ++generation_;
  return std::exchange(graph_, graph::logical_graph{});
}

graph::node& stream_origin::at() const {
  if (generation != builder->generation()) {
    throw error(errc::invalid_argument, "this stream belongs to a pipeline that has been executed or submitted", "",
                "declare the pipeline again from a source");
  }
  return builder->at(node);
}

graph::node& stream_origin::append(std::string_view kind, const record_type& in) const {
  static_cast<void>(at());
  graph::node& added = builder->add(kind);
  added.in = &in;
  builder->connect(node, port, added.id, in, partitioning, partitioning_by_user);
  return added;
}

void stream_origin::join(const stream_origin& other, graph::node_id to, const record_type& in,
                         std::uint32_t input) const {
  const std::string& name = at().name;
  if (builder != other.builder) {
    throw error(errc::invalid_argument, "the streams belong to different environments", name,
                "declare both from sources of one environment");
  }
  builder->connect(node, port, to, in, partitioning, partitioning_by_user, input);
}

void stream_origin::feed(const stream_origin& head, const record_type& in) const {
  join(head, head.node, in);
  builder->last_edge().feedback = true;
}

stream_origin stream_origin::output_of(const graph::node& of, std::uint32_t output) const {
  return stream_origin{builder, generation, of.id, output, {}, false};
}

stream_origin stream_origin::side_output(const std::string& name, const record_type& type) const {
  graph::node& n = at();
  if (!n.has_side_outputs) {
    throw error(errc::invalid_argument, "a " + n.kind + " has no side outputs", n.name,
                "process, co_process and the process of broadcast streams have");
  }
  for (const functions::side_port& known : n.options.side_ports) {
    if (known.name != name) continue;
    if (known.type != &type) {
      throw error(errc::invalid_argument, "the side output '" + name + "' is taken with two types", n.name,
                  "use one output_tag for both");
    }
    return output_of(n, known.port);
  }
  const auto port = static_cast<std::uint32_t>(n.outs.size());
  n.outs.push_back(&type);
  n.options.side_ports.push_back({name, &type, port});
  return output_of(n, port);
}

}  // namespace sage::api
