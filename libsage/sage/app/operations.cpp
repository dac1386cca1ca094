#include "sage/app/operations.hpp"

#include <map>
#include <utility>

#include "sage/graph/render.hpp"
#include "sage/model/json_writer.hpp"
#include "sage/runtime/checkpoint/books.hpp"

namespace sage::apps {

result<std::optional<serving::address>> operations_address(const options& given) {
  const auto wanted = given.get<std::string>("operations");
  if (wanted.empty()) return std::optional<serving::address>();
  auto parsed = serving::parse_address(wanted);
  if (!parsed) return parsed.error().at(given.at("operations").place);
  const auto allowed = serving::check_exposure(*parsed, {false, given.get<bool>("insecure")});
  if (!allowed) {
    return error(errc::configuration, "operations: " + allowed.error().message(), parsed->to_string(),
                 "listen on 127.0.0.1, or take the risk with --insecure");
  }
  return std::optional<serving::address>(*std::move(parsed));
}

operations::operations(const serving::address& listen, bool insecure, std::function<bool()> is_stopping)
    : is_stopping_(std::move(is_stopping)) {
  serving::operations_view view;
  view.is_ready = [this] { return is_ready(); };
  view.metrics = [this] {
    const auto shown = current();
    return shown ? shown->metrics().to_prometheus() : std::string();
  };
  view.plan = [this] {
    const auto shown = current();
    if (!shown) return std::string();
    graph::render_settings settings;
    settings.format = graph::render_format::json;
    return graph::render(shown->record()->plan(), settings);
  };
  view.ledger = [this] {
    const auto shown = current();
    return shown ? ledger_json(*shown) : std::string();
  };
  server_ = std::make_unique<serving::operations_server>(listen, insecure, std::move(view));
}

void operations::job_started(job started) {
  const std::lock_guard lock(mutex_);
  job_ = std::move(started);
}

std::optional<job> operations::current() const {
  const std::lock_guard lock(mutex_);
  return job_;
}

bool operations::is_ready() const {
  const auto shown = current();
  return shown && shown->state() == job_state::running && !is_stopping_();
}

std::string ledger_json(const job& of) {
  const job_metrics metrics = of.metrics();
  std::string text;
  json_writer to(text, json_form::shown);
  const auto number = [&to](std::string_view name, std::uint64_t value) {
    to.write_key(name);
    to.write_uint64(value);
  };
  to.begin_map(4);
  number("version", 1);
  to.write_key("job");
  to.write_string(metrics.job);
  to.write_key("state");
  to.write_string(metrics.state);
  to.write_key("operators");
  const graph::physical_plan& plan = of.record()->plan();
  std::map<graph::node_id, runtime::operator_books> books;
  for (const graph::planned_instance& planned : plan.instances) {
    const instance_counters counters = of.record()->slot(planned.id)->read();
    for (std::size_t i = 0; i < planned.chain.size() && i < counters.operators.size(); ++i) {
      runtime::add_to_books(books[planned.chain[i]], counters.operators[i]);
    }
  }
  to.begin_list(plan.graph.nodes.size());
  for (const graph::node& one : plan.graph.nodes) {
    const runtime::operator_books& sum = books[one.id];
    to.begin_map(12);
    to.write_key("name");
    to.write_string(one.name);
    to.write_key("kind");
    to.write_string(one.kind);
    number("records_in", sum.in);
    number("records_out", sum.out);
    number("filtered", sum.filtered);
    number("dropped", sum.dropped);
    number("dead_lettered", sum.dead);
    number("restored", sum.restored);
    number("passed", sum.passed);
    number("gone", sum.gone);
    number("late", sum.late);
    number("held", sum.held);
    to.end_map();
  }
  to.end_list();
  to.end_map();
  return text;
}

}  // namespace sage::apps
