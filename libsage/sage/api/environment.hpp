/// Where pipelines are declared and started.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/api/data_stream.hpp"
#include "sage/api/feedback_stream.hpp"
#include "sage/api/job.hpp"
#include "sage/api/timestamped_stream.hpp"
#include "sage/base/file_system.hpp"
#include "sage/functions/dead_letter.hpp"
#include "sage/operators/dead_letter_keeper.hpp"
#include "sage/operators/source.hpp"
#include "sage/optimizer/optimizer.hpp"
#include "sage/runtime/job.hpp"

namespace sage {

/// What `from_source` takes: a source descriptor, by value or by reference.
template <class S>
concept source_like = source_descriptor<std::decay_t<S>>;

/// Where keyed state is kept.
enum class state_place : std::uint8_t {
  memory,
  rocksdb,  ///< the keys in use in memory, the others on disk: for state larger than memory
};

/// How jobs keep keyed state.
struct state_options {
  state_place place = state_place::memory;
  std::string directory;                  ///< of temporary files on disk; empty: the system's
  std::size_t memory_bytes = 256u << 20;  ///< rocksdb: rows, caches and write buffers of a job in memory
  std::size_t rows_max = 0;               ///< rocksdb: rows of an instance in memory; 0 is by memory_bytes
};

/// Which checkpoint a job goes on from.
struct restore_from {
  enum class kind : std::uint8_t {
    nothing,  ///< from the start; refused where there are checkpoints
    latest,   ///< the newest that is whole; from the start where there is none at all
    epoch,    ///< the one with this number
  };
  kind what = kind::nothing;
  std::uint64_t epoch = 0;
  std::string path;  ///< of another folder of checkpoints; empty is the job's own
};

/// How jobs take checkpoints: of an environment with a directory, one job at a time.
struct checkpoint_options {
  std::string directory;  ///< empty: none are taken
  std::chrono::milliseconds interval{1000};
  std::chrono::milliseconds deadline{60'000};  ///< one that takes longer is given up
  std::size_t kept = 3;                        ///< complete ones; older ones are removed
  restore_from restore;
  bool allow_lost_state = false;  ///< what operators that are gone had remembered may be dropped
  file_system* files = &system_files();
  /// Makes the port behind which the store is; empty is a thread of its own. For simulations.
  std::function<std::shared_ptr<runtime::checkpoint_port>(std::unique_ptr<runtime::checkpoint_store>, std::size_t)>
      make_port;
};

/// What holds for every job of an environment, unless an operator says otherwise.
struct environment_options {
  std::size_t cores = 0;                     ///< the optimizer's idea of the machine; 0 is what it has
  std::size_t parallelism = 0;               ///< of operators left open; 0 is inferred
  std::size_t batch_size = 0;                ///< of operators left open; 0 is chosen by record size
  std::vector<std::string> disabled_passes;  ///< see optimizer::passes()
  runtime::flow_settings flow;
  state_options state;
  checkpoint_options checkpoints;
  runtime::restart_settings restarts;    ///< of jobs that take checkpoints
  std::optional<error_policy> on_error;  ///< of operators that don't say; fail where this doesn't, either
  /// Keeps dead letters beyond the life of a job, and gives them back: see sage::dead_letter_queue. One job at a
  /// time.
  std::shared_ptr<dead_letter_keeper> dead_letters = nullptr;
  std::uint64_t seed = 1;
  nanoseconds stop_deadline = 5'000'000'000;
  std::size_t blocking_threads_max = 16;           ///< per job, for run_blocking; started when first needed
  const clock* time = nullptr;                     ///< null is the system's; it outlives the environment
  std::shared_ptr<span_recorder> spans = nullptr;  ///< who records spans of requests; null is nobody
};

/// Declares pipelines and runs them. Derived classes differ only in where. A builder belongs to one thread; the
/// destructor cancels what runs and waits for it, at most for the stop deadline.
class environment {
 public:
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;
  virtual ~environment();

  /// Begins a stream with a source descriptor.
  template <source_like S>
  auto from_source(S&& source) {
    using record = typename std::decay_t<S>::record_type;
    graph::node& n = builder_->add("source");
    if constexpr (requires { source.kind(); }) {
      n.kind = source.kind();
      n.name = n.uid = n.kind + "_" + std::to_string(n.id + 1);
    }
    n.outs = {&record_type_of<record>()};
    auto shared = std::make_shared<const std::decay_t<S>>(std::forward<S>(source));
    n.plan_source = [shared] { return shared->plan(); };
    n.make_source = [shared]() -> operators::source_ptr {
      return std::make_unique<operators::source_operator<record>>(shared->make_reader());
    };
    return data_stream<record>(api::stream_origin{builder_, builder_->generation(), n.id, 0, {}, false});
  }

  /// Begins a loop of records of type `T`: see feedback_stream. Throws errc::invalid_argument without a bound.
  template <record T>
  feedback_stream<T> feedback(feedback_options options) {
    graph::node& n = add_loop_head(options);
    n.in = &record_type_of<T>();
    n.outs = {n.in};
    return feedback_stream<T>(api::stream_origin{builder_, builder_->generation(), n.id, 0, {}, false}, options);
  }

  /// The dead letters of every operator with the policy `sage::dead_letters`.
  data_stream<dead_letter> dead_letters();

  /// Runs what was declared since the last call and waits for its end. Throws sage::error when the graph is wrong,
  /// the job fails or is cancelled, or when the calling thread must not block (within an actor: use submit).
  job_result execute(std::string name);
  /// Starts what was declared since the last call and returns at once. Throws when the graph is wrong or a source
  /// can't be planned.
  job submit(std::string name);

  /// Takes what was declared, checks and optimizes it, and returns the plan instead of running it.
  graph::physical_plan plan(std::string name, const optimizer::pass_observer& observer = {});

  [[nodiscard]] environment_options& options() noexcept { return options_; }
  [[nodiscard]] const environment_options& options() const noexcept { return options_; }

 protected:
  environment(std::unique_ptr<runtime::engine> engine, environment_options options);
  /// Cancels all jobs and waits; for derived classes whose engine needs something that dies before the base.
  void stop_all() noexcept;

 private:
  struct started;

  graph::node& add_loop_head(const feedback_options& options);

  std::shared_ptr<api::graph_builder> builder_;
  std::unique_ptr<runtime::engine> engine_;
  environment_options options_;
  std::vector<job> jobs_;
};

/// Runs jobs in this process, on actors over all cores.
class local_environment : public environment {
 public:
  explicit local_environment(environment_options options = {}, runtime::local_engine_options engine = {});
};

/// Runs jobs in this process on one thread, without actors: deterministic, for tests.
class reference_environment : public environment {
 public:
  explicit reference_environment(environment_options options = {});
};

}  // namespace sage
