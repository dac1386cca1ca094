#include "sage/graph/render_parts.hpp"
#include "sage/model/json_writer.hpp"

namespace sage::graph::rendering {

namespace {

class plan_writer {
 public:
  explicit plan_writer(std::string& to) : out_(to, json_form::shown) {}

  void write(const physical_plan& plan, const render_settings& settings) {
    out_.begin_map(0);
    number("version", 1);
    text("name", plan.graph.name);
    write_graph(plan.graph, settings.explain);
    out_.write_key("instances");
    out_.begin_list(0);
    for (const planned_instance& one : plan.instances) write_instance(plan.graph, one);
    out_.end_list();
    out_.write_key("channels");
    out_.begin_list(0);
    for (const planned_channel& one : plan.channels) {
      out_.begin_map(0);
      number("id", one.id);
      number("from", one.from);
      number("to", one.to);
      number("edge", one.edge);
      out_.end_map();
    }
    out_.end_list();
    if (settings.explain) write_steps(settings.steps);
    out_.end_map();
  }

 private:
  void text(std::string_view name, std::string_view value) {
    out_.write_key(name);
    out_.write_string(value);
  }
  void number(std::string_view name, std::uint64_t value) {
    out_.write_key(name);
    out_.write_uint64(value);
  }
  void truth(std::string_view name, bool value) {
    out_.write_key(name);
    out_.write_bool(value);
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    out_.write_key(name);
    out_.begin_list(0);
    for (const std::string& value : values) out_.write_string(value);
    out_.end_list();
  }

  void write_graph(const logical_graph& graph, bool explain) {
    out_.write_key("operators");
    out_.begin_list(0);
    for (const node_id id : graph.in_order()) write_operator(graph.at(id), explain);
    out_.end_list();
    out_.write_key("edges");
    out_.begin_list(0);
    // By their place in the graph, as channels name them; edges of removed operators keep theirs.
    for (std::size_t i = 0; i < graph.edges.size(); ++i) {
      const edge& e = graph.edges[i];
      if (!graph.at(e.from).removed && !graph.at(e.to).removed) write_edge(e, i);
    }
    out_.end_list();
  }

  void write_operator(const node& n, bool explain) {
    out_.begin_map(0);
    number("id", n.id);
    text("name", n.name);
    text("kind", n.kind);
    text("uid", n.uid);
    if (n.in != nullptr) text("in", type_text(n.in->name));
    if (!n.more_ins.empty()) {
      std::vector<std::string> ins;
      for (const record_type* in : n.more_ins) ins.push_back(type_text(in->name));
      texts("more_in", ins);
    }
    std::vector<std::string> outs;
    for (const record_type* out : n.outs) outs.push_back(type_text(out->name));
    texts("out", outs);
    number("parallelism", n.parallelism);
    number("batch_size", n.batch_size);
    text("on_error", n.options.on_error.value_or(error_policy{}).to_string());
    truth("blocking", n.options.blocking || (n.splits && n.splits->blocking));
    if (n.splits) {
      number("splits", n.splits->splits.size());
      number("bytes", n.splits->bytes_total);
      number("records", n.splits->records_total);
    }
    if (explain) texts("reasons", n.reasons);
    out_.end_map();
  }

  void write_edge(const edge& e, std::size_t index) {
    out_.begin_map(0);
    number("id", index);
    number("from", e.from);
    number("to", e.to);
    if (e.port == operators::dead_letter_port) {
      text("output", "dead_letters");
    } else {
      text("output", std::to_string(e.port));
    }
    if (e.input > 0) number("input", e.input);
    text("type", type_text(e.type->name));
    text("partitioning", routing::to_string(e.partitioning.kind));
    truth("fused", e.fused);
    truth("router_fused", e.router_fused);
    if (e.feedback) truth("feedback", true);
    out_.end_map();
  }

  void write_instance(const logical_graph& graph, const planned_instance& one) {
    out_.begin_map(0);
    number("id", one.id);
    text("name", one.name);
    text("kind", one.is_router() ? "router" : "chain");
    std::vector<std::string> names;
    for (const node_id id : one.chain) names.push_back(graph.at(id).name);
    texts("operators", names);
    number("number", one.number);
    number("parallelism", one.parallelism);
    number("batch_size", one.batch_size);
    truth("blocking", one.blocking);
    out_.end_map();
  }

  void write_steps(std::span<const pass_step> steps) {
    out_.write_key("passes");
    out_.begin_list(0);
    for (const pass_step& step : steps) {
      out_.begin_map(0);
      text("pass", step.pass);
      text("brief", step.brief);
      write_graph(step.graph, true);
      out_.end_map();
    }
    out_.end_list();
  }

  json_writer out_;
};

}  // namespace

std::string render_json(const physical_plan& plan, const render_settings& settings) {
  std::string to;
  plan_writer(to).write(plan, settings);
  return to + "\n";
}

}  // namespace sage::graph::rendering
