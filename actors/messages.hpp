/// Every message that travels between SAGE's actors in one process.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>

#include "sage/base/error.hpp"
#include "sage/model/batch.hpp"
#include "sage/operators/source.hpp"
#include "sage/runtime/effect.hpp"

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
  enum class kind : std::uint8_t { open, start, give_split, drain, commit, abort };
  kind what = kind::open;
  std::optional<split> part;
};

/// What an instance reports to its supervisor.
struct report {
  enum class kind : std::uint8_t { opened, request_split, finished };
  kind what = kind::opened;
  runtime::instance_id who = 0;
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
/// To the supervisor, from itself: the stop deadline has passed.
struct stop_deadline {};

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
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sage::actors::stop_deadline)
