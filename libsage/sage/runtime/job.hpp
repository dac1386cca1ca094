/// A running job as its handles see it, and the port through which engines are reached.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking_port.hpp"
#include "sage/graph/physical_plan.hpp"
#include "sage/observability/operator_metrics.hpp"
#include "sage/observability/spans.hpp"
#include "sage/operators/loop_gauge.hpp"
#include "sage/runtime/checkpoint/checkpoint_port.hpp"
#include "sage/runtime/checkpoint/history.hpp"
#include "sage/runtime/checkpoint/tracker.hpp"
#include "sage/runtime/flow_settings.hpp"
#include "sage/runtime/restart_policy.hpp"
#include "sage/state/ordered_store.hpp"

namespace sage {

/// The states of a job. From `done` on they are final; a `suspended` one has stopped at a checkpoint, to be taken up
/// again.
enum class job_state : std::uint8_t {
  opening,
  running,
  draining,
  committing,
  stopping,
  restarting,
  done,
  failed,
  cancelled,
  suspended
};
[[nodiscard]] std::string_view to_string(job_state state) noexcept;
[[nodiscard]] constexpr bool is_final(job_state state) noexcept {
  return state >= job_state::done;
}

}  // namespace sage

namespace sage::runtime {

/// How a job takes checkpoints, and where.
struct checkpoint_plan {
  std::shared_ptr<checkpoint_port> port;
  checkpoint_settings settings;
  restored_ptr restored;           ///< what it goes on from at first; null is from the start
  std::vector<error> passed_over;  ///< newer ones that were damaged
};

/// What an engine needs to know to run a plan.
struct job_settings {
  std::string name;
  flow_settings flow;
  std::uint64_t seed = 1;
  std::shared_ptr<span_recorder> spans = nullptr;         ///< null: nobody records any
  std::shared_ptr<state::state_backend> state = nullptr;  ///< null: keyed state stays in memory
  std::optional<checkpoint_plan> checkpoints{};           ///< none are taken without
  restart_settings restarts;
  std::size_t blocking_threads_max = 16;      ///< for run_blocking; started when first needed
  nanoseconds stop_deadline = 5'000'000'000;  ///< after which an instance that doesn't stop is left behind, by name
};

/// The shared record of one job: engines report to it, handles read from it. Thread-safe.
class job_record {
 public:
  job_record(graph::physical_plan plan, job_settings settings, const clock& time);

  [[nodiscard]] const graph::physical_plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const job_settings& settings() const noexcept { return settings_; }
  [[nodiscard]] const clock& time() const noexcept { return time_; }
  /// The threads for blocking code of its coroutines.
  [[nodiscard]] const std::shared_ptr<functions::blocking_port>& blocking() const noexcept { return blocking_; }
  [[nodiscard]] const std::shared_ptr<metrics_slot>& slot(std::size_t instance) const { return slots_.at(instance); }

  /// What counts the records inside the loop with this head.
  [[nodiscard]] const std::shared_ptr<operators::loop_gauge>& loop(graph::node_id head) const {
    return loops_.at(head);
  }

  [[nodiscard]] job_state state() const;
  /// The error of a job that has failed or was cancelled.
  [[nodiscard]] std::shared_ptr<const error> problem() const;
  void report(job_state state, std::shared_ptr<const error> problem = nullptr);
  /// Blocks until the job has ended, or until `wait_ns` have passed when that isn't negative.
  job_state wait(nanoseconds wait_ns = -1) const;

  /// Something failed and begins again, or a checkpoint was completed or given up: for handles and metrics.
  void note_failure(const error& problem);
  [[nodiscard]] std::vector<error> failures() const;
  void note_checkpoint(const checkpoint_news& news);
  [[nodiscard]] checkpoint_history checkpoints() const;

  [[nodiscard]] nanoseconds started_at() const noexcept { return started_at_; }
  /// 0 while it runs.
  [[nodiscard]] nanoseconds ended_at() const;

 private:
  graph::physical_plan plan_;
  job_settings settings_;
  const clock& time_;
  std::shared_ptr<functions::blocking_port> blocking_;
  std::vector<std::shared_ptr<metrics_slot>> slots_;
  std::map<graph::node_id, std::shared_ptr<operators::loop_gauge>> loops_;
  nanoseconds started_at_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  job_state state_ = job_state::opening;
  nanoseconds ended_at_ = 0;
  std::shared_ptr<const error> problem_;
  std::vector<error> failures_;
  checkpoint_history checkpoints_;
};

/// The hands on a running job. Thread-safe, may be called in any state.
class job_control {
 public:
  virtual ~job_control() = default;
  virtual void cancel() = 0;
  virtual void drain() = 0;
  /// Stops at a checkpoint, where the job takes any; else as drain.
  virtual void suspend() = 0;
};

/// A place where plans run. The reference engine and the actor engine are behind it.
class engine {
 public:
  virtual ~engine() = default;
  /// Starts the job and returns at once; all that follows is reported to `job`.
  virtual std::shared_ptr<job_control> start(std::shared_ptr<job_record> job) = 0;
  /// Whether the calling thread may block until a job ends. False within an actor of the engine's system.
  [[nodiscard]] virtual bool may_wait() const { return true; }
};

/// How the engine of a local environment is made.
struct local_engine_options {
  std::size_t threads = 0;  ///< of the scheduler; 0 is one per core
  std::string scheduler = "sharing";
  std::size_t throughput = 32;  ///< messages per activation
};

/// The single-threaded engine without actors: deterministic, for tests and as the reference of all others.
[[nodiscard]] std::unique_ptr<engine> make_reference_engine();

/// The engine of `local_environment`. Declared here, defined by the room that has the actors.
[[nodiscard]] std::unique_ptr<engine> make_local_engine(const local_engine_options& options);

/// How many cores this process may use.
[[nodiscard]] std::size_t core_count() noexcept;

}  // namespace sage::runtime
