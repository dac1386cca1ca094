/// Every message that travels between SAGE's actors in one process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include "sage/base/error.hpp"
#include "sage/model/batch.hpp"
#include "sage/operators/source.hpp"
#include "sage/runtime/coordinator.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/order.hpp"

namespace sage::actors {

/// A batch on a channel. Handlers take it as `envelope&` and move the batch out: no copy, one owner.
struct envelope {
  runtime::channel_id channel = 0;
  std::int64_t bytes = 0;
  nanoseconds sent_at = 0;
  batch_ref records;
  event_time watermark = no_event_time;  // holds behind them
};

/// How far event time has come in a channel without a batch to take it along. Answered with credit of no batches.
struct progress {
  runtime::channel_id channel = 0;
  event_time watermark = no_event_time;
  bool idle = false;
};

/// The sender of a channel has nothing more.
struct end_of_stream {
  runtime::channel_id channel = 0;
};

/// The barrier of a checkpoint, behind all that was sent before.
struct barrier {
  runtime::channel_id channel = 0;
  std::uint64_t epoch = 0;
};

/// Credit back to the sender of a channel.
struct credit {
  runtime::channel_id channel = 0;
  std::uint32_t batches = 0;
  std::int64_t bytes = 0;
};

/// Who is who: the actors of a job by instance number. The first message an instance gets.
struct wiring {
  std::shared_ptr<const std::vector<caf::actor>> instances;
};

/// What the supervisor asks of an instance.
struct command {
  enum class kind : std::uint8_t {
    open,
    start,
    give_split,
    drain,
    run_out,
    commit,
    abort,
    send_barrier,
    commit_checkpoint
  };
  kind what = kind::open;
  std::optional<split_position> part;
  std::uint64_t epoch = 0;
};

/// What an instance reports to its supervisor.
struct report {
  enum class kind : std::uint8_t { opened, request_split, finished, snapshot };
  kind what = kind::opened;
  runtime::instance_id who = 0;
  std::uint64_t epoch = 0;
  runtime::snapshot_ptr part{};
};

/// The last words of an instance: it has closed, with or without a problem.
struct closing {
  runtime::instance_id who = 0;
  std::shared_ptr<const error> problem;
};

/// To oneself: go on where the last activation stopped.
struct run_again {};
/// A timer or an idle source wants attention.
struct wake_up {};
/// To the supervisor, from handles.
struct cancel_job {};
struct drain_job {};
struct suspend_job {};
/// To the supervisor, from itself: a moment that was asked for has come.
struct job_moment {
  runtime::job_timer what = runtime::job_timer::stop_deadline;
  std::uint64_t epoch = 0;
};
/// To the supervisor, from the checkpoint port: an event for the coordinator.
struct job_event {
  std::shared_ptr<const std::function<void(runtime::coordinator&, std::vector<runtime::order>&)>> what;
};

}  // namespace sage::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::envelope)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::progress)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::end_of_stream)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::credit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::wiring)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::report)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::closing)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::run_again)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::wake_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::cancel_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::drain_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::suspend_job)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::barrier)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::job_moment)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::job_event)
