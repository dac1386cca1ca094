#include "sage/api/environment.hpp"

#include <algorithm>

#include "sage/api/checkpoints.hpp"
#include "sage/graph/checker.hpp"
#include "sage/graph/replays.hpp"
#include "sage/state/rocksdb_backend.hpp"

namespace sage {

namespace {

std::shared_ptr<state::state_backend> make_state_backend(const state_options& options,
                                                         const graph::logical_graph& graph) {
  if (options.place == state_place::memory) return nullptr;
  state::rocksdb_options made;
  made.directory = options.directory;
  made.memory_bytes = options.memory_bytes;
  made.rows_max = options.rows_max;
  made.instances = 0;
  for (const graph::node& n : graph.nodes) made.instances += n.keyed && !n.removed ? n.parallelism : 0;
  return state::make_rocksdb_backend(made);
}

}  // namespace

environment::environment(std::unique_ptr<runtime::engine> engine, environment_options options)
    : builder_(std::make_shared<api::graph_builder>()), engine_(std::move(engine)), options_(std::move(options)) {}

environment::~environment() {
  stop_all();
}

void environment::stop_all() noexcept {
  for (const job& running : jobs_) {
    if (!is_final(running.state())) running.cancel();
  }
  // The coordinator ends every job within the stop deadline; the margin is for a machine under load.
  for (const job& running : jobs_) running.record()->wait(options_.stop_deadline * 2);
  jobs_.clear();
}

data_stream<dead_letter> environment::dead_letters() {
  const graph::node_id id = builder_->dead_letters();
  return data_stream<dead_letter>(api::stream_origin{builder_, builder_->generation(), id, 0, {}, false});
}

graph::node& environment::add_loop_head(const feedback_options& options) {
  if (options.max_in_flight == 0) {
    throw error(errc::invalid_argument, "a loop without a bound may fill all memory", "feedback",
                "say how many records may be inside: env.feedback<T>({.max_in_flight = 1000})");
  }
  graph::node& n = builder_->add("feedback");
  n.loop = n.id;
  n.one_to_one = options.on_limit == loop_limit::fail;
  n.order_needed = true;
  return n;
}

graph::physical_plan environment::plan(std::string name, const optimizer::pass_observer& observer) {
  graph::logical_graph graph = builder_->take(std::move(name), {options_.on_error, options_.dead_letters});
  graph::check_or_throw(graph);
  if (options_.state.place != state_place::memory) {
    for (graph::node& n : graph.nodes) {
      n.options.spills = true;
      if (n.keyed) n.options.blocking = true;  // it may wait for the disk
    }
  }
  optimizer::optimizer_settings settings;
  settings.cores = options_.cores > 0 ? options_.cores : runtime::core_count();
  settings.parallelism = options_.parallelism;
  settings.batch_size = options_.batch_size;
  settings.disabled = options_.disabled_passes;
  optimizer::optimize(graph, settings, observer);
  if (graph.letter_sink) graph::add_replays(graph, options_.dead_letters, *graph.letter_sink);
  return graph::make_plan(std::move(graph));
}

job environment::submit(std::string name) {
  if (options_.flow.window_batches == 0 || options_.flow.window_bytes <= 0) {
    throw error(errc::configuration, "a window of nothing would let nothing through", name,
                "give flow.window_batches and flow.window_bytes 1 or more");
  }
  runtime::job_settings settings;
  settings.name = name;
  settings.flow = options_.flow;
  settings.seed = options_.seed;
  settings.stop_deadline = options_.stop_deadline;
  settings.blocking_threads_max = options_.blocking_threads_max;
  settings.spans = options_.spans;
  graph::physical_plan planned = plan(std::move(name));
  settings.state = make_state_backend(options_.state, planned.graph);
  settings.restarts = options_.restarts;
  if (!options_.checkpoints.directory.empty()) {
    settings.checkpoints = api::prepare_checkpoints(options_.checkpoints, settings.name, planned);
  }
  auto record = std::make_shared<runtime::job_record>(std::move(planned), std::move(settings),
                                                      options_.time ? *options_.time : system_clock());
  std::erase_if(jobs_, [](const job& known) { return is_final(known.state()); });
  jobs_.emplace_back(record, engine_->start(record));
  return jobs_.back();
}

job_result environment::execute(std::string name) {
  if (!engine_->may_wait()) {
    throw error(errc::invalid_argument, "execute would block the actor that calls it", name,
                "call submit and let the job's end come to you, with sage::actor_of(job)");
  }
  return submit(std::move(name)).wait();
}

local_environment::local_environment(environment_options options, runtime::local_engine_options engine)
    : environment(runtime::make_local_engine(engine), std::move(options)) {}

reference_environment::reference_environment(environment_options options)
    : environment(runtime::make_reference_engine(), std::move(options)) {}

}  // namespace sage
