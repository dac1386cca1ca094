/// Drives one job through its life: the pure core of the supervisor actor and of the reference engine.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sage/operators/source.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/job.hpp"

namespace sage::runtime {

/// What the coordinator asks of the engine.
struct order {
  enum class kind : std::uint8_t {
    open,          ///< instance, open your operators
    start,         ///< instance, begin
    give_split,    ///< instance, read `part`, or there are no more
    drain,         ///< instance, stop reading
    commit,        ///< instance, commit and close
    abort,         ///< instance, leave nothing behind and close
    report,        ///< tell the job's record `state` and `problem`; a final state ends the coordinator
    set_deadline,  ///< call on_deadline after the stop deadline
  };
  kind what;
  instance_id instance = 0;
  std::optional<split> part{};
  job_state state = job_state::running;
  std::shared_ptr<const error> problem{};
};

/// Events in, orders out.
///
/// Law  no record is read before every instance is open
/// Law  nothing is committed unless every instance has finished and the books balance
/// Law  the first problem is the job's problem; everything else is aborted
class coordinator {
 public:
  /// `audit` checks the books once all instances have finished.
  coordinator(const graph::physical_plan& plan, std::function<std::optional<error>()> audit);

  void begin(std::vector<order>& out);
  void on_opened(instance_id who, std::vector<order>& out);
  void on_request_split(instance_id who, std::vector<order>& out);
  void on_finished(instance_id who, std::vector<order>& out);
  void on_closed(instance_id who, std::vector<order>& out);
  /// The instance has failed, aborted and closed by itself; or its actor is gone.
  void on_failed(instance_id who, std::shared_ptr<const error> problem, std::vector<order>& out);
  void cancel(std::vector<order>& out);
  void drain(std::vector<order>& out);
  /// The stop deadline has passed: reports what is known and names who is still there.
  void on_deadline(std::vector<order>& out);

  [[nodiscard]] job_state state() const noexcept { return state_; }

 private:
  enum class stage : std::uint8_t { starting, open, finished, closed };

  void stop(job_state reason, std::shared_ptr<const error> problem, std::vector<order>& out);
  void order_all(order::kind what, std::vector<order>& out) const;
  void end_if_all_closed(std::vector<order>& out);
  void report(job_state state, std::vector<order>& out);

  const graph::physical_plan& plan_;
  std::function<std::optional<error>()> audit_;
  job_state state_ = job_state::opening;
  job_state outcome_ = job_state::done;  // of a job that is stopping
  bool drains_ = false;                  // was told so, perhaps before it ran
  std::shared_ptr<const error> problem_;
  std::vector<stage> stages_;
  std::map<graph::node_id, std::deque<split>> splits_;
  std::size_t opened_ = 0;
  std::size_t finished_ = 0;
  std::size_t closed_ = 0;
};

}  // namespace sage::runtime
