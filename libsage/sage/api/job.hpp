/// A handle on a running job.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/observability/job_metrics.hpp"
#include "sage/runtime/job.hpp"

namespace sage {

/// How a job ended.
struct job_result {
  std::string name;
  job_state state = job_state::done;
  double seconds = 0;
  job_metrics metrics;
};

/// A light handle: copy it, use it from any thread. Outlives the job and its environment, and then reports how the
/// job ended.
class job {
 public:
  job(std::shared_ptr<runtime::job_record> record, std::shared_ptr<runtime::job_control> control)
      : record_(std::move(record)), control_(std::move(control)) {}

  [[nodiscard]] const std::string& name() const noexcept { return record_->settings().name; }
  [[nodiscard]] job_state state() const { return record_->state(); }
  /// The error of a job that has failed or was cancelled.
  [[nodiscard]] std::optional<error> problem() const;
  [[nodiscard]] job_metrics metrics() const;
  /// Stops everything as soon as each instance's current activation ends; sinks leave nothing behind. Returns at
  /// once.
  void cancel() const { control_->cancel(); }
  /// Stops the sources; what was read is processed and committed. Returns at once.
  void drain() const { control_->drain(); }
  /// Stops at a checkpoint, to be taken up again from there; where none are taken, as drain. Returns at once.
  void suspend() const { control_->suspend(); }
  /// What failed, whether the job began again or not, the oldest first; at most 100.
  [[nodiscard]] std::vector<error> failures() const { return record_->failures(); }
  /// What became of its checkpoints.
  [[nodiscard]] runtime::checkpoint_history checkpoints() const { return record_->checkpoints(); }
  /// Blocks until the job has ended. Throws the job's error when it failed or was cancelled.
  job_result wait() const;
  /// The same for at most `milliseconds`; nothing when the job is still running then.
  [[nodiscard]] std::optional<job_result> wait_for(std::int64_t milliseconds) const;

  /// For engines and tools.
  [[nodiscard]] const std::shared_ptr<runtime::job_record>& record() const noexcept { return record_; }
  [[nodiscard]] const std::shared_ptr<runtime::job_control>& control() const noexcept { return control_; }

 private:
  [[nodiscard]] job_result result() const;

  std::shared_ptr<runtime::job_record> record_;
  std::shared_ptr<runtime::job_control> control_;
};

}  // namespace sage
