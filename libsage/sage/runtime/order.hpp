/// What the coordinator asks of the engine: values in a buffer that the engine reuses.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/operators/source.hpp"
#include "sage/runtime/checkpoint/history.hpp"
#include "sage/runtime/checkpoint/instance_snapshot.hpp"
#include "sage/runtime/checkpoint/manifest.hpp"
#include "sage/runtime/checkpoint/restored_checkpoint.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/job.hpp"

namespace sage::runtime {

/// What a moment was asked for.
enum class job_timer : std::uint8_t {
  stop_deadline,        ///< instances should have stopped by now
  checkpoint_due,       ///< the next one
  checkpoint_deadline,  ///< the one under way should be complete by now
  restart,              ///< the pause after a failure is over
};

/// One order. Which members count depends on `what`.
struct order {
  enum class kind : std::uint8_t {
    open,        ///< instance, open your operators
    start,       ///< instance, begin
    give_split,  ///< instance, read `part`, or there are no more
    drain,       ///< instance, stop reading
    run_out,     ///< instance, let your source end when it has nothing more
    commit,      ///< instance, commit and close
    abort,       ///< instance, leave nothing behind and close
    report,      ///< tell the job's record `state` and `problem`; a final state ends the coordinator
    set_timer,   ///< call on_timer(timer, epoch) after `wait`; `epoch` is for the coordinator alone

    begin_checkpoint,     ///< to the port: begin `epoch`; only a problem is told, by on_checkpoint_problem
    send_barrier,         ///< instance, take your part in checkpoint `epoch` and send its barrier
    write_part,           ///< to the port: `snapshot` of instance in `epoch`; then on_written
    complete_checkpoint,  ///< to the port: `content`; then on_complete
    discard_checkpoint,   ///< to the port: `epoch`
    commit_checkpoint,    ///< instance, `epoch` is complete
    load_checkpoint,      ///< to the port: the newest; then on_loaded
    rebuild,              ///< make all instances anew, from `restored`; or on_rebuild_failed
    note_checkpoint,      ///< tell the job's record `news`
    note_failure,         ///< tell the job's record `problem`
  };
  kind what;
  instance_id instance = 0;
  std::optional<split_position> part{};
  job_state state = job_state::running;
  std::shared_ptr<const error> problem{};
  job_timer timer = job_timer::stop_deadline;
  nanoseconds wait = 0;
  std::uint64_t epoch = 0;
  snapshot_ptr snapshot{};
  std::shared_ptr<const manifest> content{};
  restored_ptr restored{};
  checkpoint_news news{};
};

}  // namespace sage::runtime
