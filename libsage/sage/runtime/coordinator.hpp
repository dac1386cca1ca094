/// Drives one job through its life: the pure core of the supervisor actor and of the reference engine.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sage/base/result.hpp"
#include "sage/operators/source.hpp"
#include "sage/runtime/checkpoint/tracker.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/job.hpp"
#include "sage/runtime/order.hpp"
#include "sage/runtime/restart_policy.hpp"

namespace sage::runtime {

/// Events in, orders out.
///
/// Law  no record is read before every instance is open
/// Law  nothing is committed unless every instance has finished and the books balance; with checkpoints, unless what
///      will be committed is on the disk
/// Law  the first problem is the job's problem; everything else is aborted
/// Law  a job with checkpoints that fails for a cause that may pass goes on from the newest one, all of it
class coordinator {
 public:
  /// Checks the books: of instances that have all finished, or (`at_barrier`) of a checkpoint.
  using auditor = std::function<std::optional<error>(const std::vector<instance_counters>* at_barrier)>;

  coordinator(const graph::physical_plan& plan, const job_settings& settings, const clock& time, auditor audit);

  void begin(std::vector<order>& out);
  /// Before `begin`: another checkpoint than the job's settings name; null is from the start.
  void go_on_from(const restored_ptr& restored);
  void on_opened(instance_id who, std::vector<order>& out);
  void on_request_split(instance_id who, std::vector<order>& out);
  /// `part` is there with checkpoints.
  void on_finished(instance_id who, snapshot_ptr part, std::vector<order>& out);
  void on_closed(instance_id who, std::vector<order>& out);
  /// The instance has failed, aborted and closed by itself; or its actor is gone.
  void on_failed(instance_id who, std::shared_ptr<const error> problem, std::vector<order>& out);
  void cancel(std::vector<order>& out);
  void drain(std::vector<order>& out);
  /// Stops at a checkpoint; without checkpoints, as drain.
  void suspend(std::vector<order>& out);
  void on_timer(job_timer what, std::uint64_t epoch, std::vector<order>& out);

  void on_snapshot(instance_id who, std::uint64_t epoch, snapshot_ptr part, std::vector<order>& out);
  void on_checkpoint_problem(std::uint64_t epoch, const error& problem, std::vector<order>& out);
  void on_written(instance_id who, std::uint64_t epoch, result<manifest_file> file, std::vector<order>& out);
  void on_complete(std::uint64_t epoch, const result<void>& came, std::vector<order>& out);
  void on_loaded(const result<restored_ptr>& from, std::vector<order>& out);
  void on_rebuild_failed(std::shared_ptr<const error> problem, std::vector<order>& out);

  [[nodiscard]] job_state state() const noexcept { return state_; }

 private:
  enum class stage : std::uint8_t { starting, open, finished, closed };

  void stop(job_state reason, std::shared_ptr<const error> problem, std::vector<order>& out);
  void order_all(order::kind what, std::vector<order>& out) const;
  void order_checkpoint(order::kind what, std::uint64_t epoch, std::vector<order>& out) const;
  static void set_timer(job_timer what, nanoseconds wait, std::uint64_t epoch, std::vector<order>& out);
  void end_if_all_closed(std::vector<order>& out);
  void report(job_state state, std::vector<order>& out);
  void note_ran_out(instance_id who, std::vector<order>& out);
  void on_stop_deadline(std::vector<order>& out);
  [[nodiscard]] bool is_at_work() const noexcept {
    return state_ == job_state::running || state_ == job_state::draining;
  }
  [[nodiscard]] bool reads(const graph::planned_instance& one) const;

  /// Until the next checkpoint: who wants to stop at one doesn't wait for it.
  [[nodiscard]] nanoseconds interval() const noexcept {
    constexpr nanoseconds soon = 10'000'000;
    return suspends_ && checkpoints_.interval > soon ? soon : checkpoints_.interval;
  }
  void load_splits();
  void begin_checkpoint(bool last, std::vector<order>& out);
  void write_part(instance_id who, std::vector<order>& out);
  void give_up_checkpoint(const error& problem, std::vector<order>& out);
  void end_all_finished(std::vector<order>& out);
  void commit_all(std::vector<order>& out);
  [[nodiscard]] std::optional<nanoseconds> pause_before_restart(const error& problem);

  const graph::physical_plan& plan_;
  nanoseconds stop_deadline_;
  const clock& time_;
  auditor audit_;
  job_state state_ = job_state::opening;
  job_state outcome_ = job_state::done;  // of a job that is stopping
  bool drains_ = false;                  // was told so, perhaps before it ran
  bool suspends_ = false;
  std::shared_ptr<const error> problem_;
  std::vector<stage> stages_;
  std::vector<bool> ran_out_;  // instances with a source that have been given all they will
  std::map<graph::node_id, std::deque<split_position>> splits_;
  std::size_t opened_ = 0;
  std::size_t finished_ = 0;
  std::size_t closed_ = 0;

  std::optional<checkpoint_tracker> tracker_;  // none are taken without
  checkpoint_settings checkpoints_;
  restart_policy restarts_;
  std::uint64_t generation_ = 0;  // how often it has begun again
  nanoseconds pause_ = 0;         // before the restart that the job stops for
  nanoseconds checkpoint_begun_ = 0;
  std::uint64_t suspend_epoch_ = 0;  // the checkpoint to stop at
};

}  // namespace sage::runtime
