/// What an instance asks of the engine around it: values in a buffer that the engine reuses.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/base/error.hpp"
#include "sage/base/event_time.hpp"
#include "sage/model/batch.hpp"
#include "sage/runtime/checkpoint/instance_snapshot.hpp"

namespace sage::runtime {

/// The number of a channel in its plan: one sender instance to one receiver instance.
using channel_id = std::uint32_t;
/// The number of an instance in its plan.
using instance_id = std::uint32_t;

/// One effect. Which members count depends on `what`.
struct effect {
  enum class kind : std::uint8_t {
    send,           ///< `records` (`bytes`) to the receiver of `channel`, and behind them `watermark`
    send_progress,  ///< `watermark` and `idle` to the receiver of `channel`, which acknowledges with a grant
    send_end,       ///< end of stream to the receiver of `channel`
    grant,  ///< `batches` and `bytes` of credit back to the sender of `channel`; 0 batches acknowledge progress
    send_barrier,   ///< the barrier of checkpoint `epoch` to the receiver of `channel`, behind all that was sent
    snapshot,       ///< `part` is the instance's part of checkpoint `epoch`
    request_split,  ///< the source wants its next split
    set_timer,      ///< call `on_timer` at `at`
    opened,         ///< all operators are open
    finished,       ///< every record is through, sinks are prepared; with checkpoints, `part` says for what
    closed,         ///< committed or aborted, all operators are closed
    failed,         ///< `problem`; the instance has aborted and closed its operators
  };
  kind what;
  channel_id channel = 0;
  std::uint32_t batches = 0;
  std::int64_t bytes = 0;
  nanoseconds at = 0;
  batch_ref records{};
  std::shared_ptr<const error> problem{};
  event_time watermark = no_event_time;
  bool idle = false;
  std::uint64_t epoch = 0;
  snapshot_ptr part{};
};

using effects = std::vector<effect>;

}  // namespace sage::runtime
