/// What an instance counts about itself, and the slot through which others read it.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "sage/base/event_time.hpp"
#include "sage/observability/histogram.hpp"

namespace sage {

/// The counters of one operator in one instance. Plain numbers, owned by the instance's thread, counted per batch.
struct operator_counters {
  std::uint64_t records_in = 0;
  std::uint64_t batches_in = 0;
  std::uint64_t records_out = 0;
  std::uint64_t batches_out = 0;
  std::uint64_t passed = 0;
  std::uint64_t filtered = 0;
  std::uint64_t dropped = 0;
  std::uint64_t dead = 0;
  std::uint64_t gone = 0;
  std::uint64_t late = 0;
  std::uint64_t held = 0;                ///< their fate is open
  std::uint64_t restored = 0;            ///< were held in the checkpoint that the job went on from
  std::uint64_t state_rows = 0;          ///< what it remembers now
  std::uint64_t state_bytes = 0;         ///< of it in memory
  std::uint64_t service_ns = 0;          ///< time in the operator itself, scaled up from the batches that were timed
  event_time watermark = no_event_time;  ///< how far event time has come behind it
};

/// What went over one channel, as one of its ends has counted it.
struct channel_counters {
  std::uint32_t channel = 0;
  std::uint64_t records = 0;
};

/// What one operator of a chain has emitted on one port.
struct port_counters {
  std::size_t position = 0;  ///< of the operator in its chain
  std::uint32_t port = 0;
  std::uint64_t records = 0;
};

/// What one gate was given and what it has sent.
struct gate_counters {
  std::uint64_t records = 0;
  std::vector<channel_counters> sent;
};

/// The counters of one instance: of its operators in chain order, and of the actor around them. Counted per batch.
struct instance_counters {
  std::vector<operator_counters> operators;
  std::vector<port_counters> emitted;   ///< of every port on which something was emitted
  std::vector<gate_counters> gates;     ///< in the order of the plan
  std::vector<channel_counters> taken;  ///< of every input, in the order of the plan
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t source_positions = 0;  ///< how far its source has come, in positions of its splits
  std::uint64_t busy_ns = 0;           ///< processing
  std::uint64_t blocked_ns = 0;        ///< had input, but an output was without credit
  std::uint64_t alive_ns = 0;          ///< since the start; idle is the rest
  std::uint64_t queue_batches = 0;
  std::uint64_t queue_batches_max = 0;
  histogram wait;     ///< ns from the sender's send to the beginning of processing, per batch
  histogram service;  ///< ns of processing, per batch
  histogram blocked;  ///< ns of each time without credit
};

/// Where an instance leaves a copy of its counters now and then (per activation, never per record), and others
/// take it. Thread-safe.
class metrics_slot {
 public:
  void publish(const instance_counters& now) {
    const std::lock_guard lock(mutex_);
    latest_ = now;
  }
  [[nodiscard]] instance_counters read() const {
    const std::lock_guard lock(mutex_);
    return latest_;
  }

  /// The instance works, since this moment on the job's clock; 0 is that it doesn't. Once per activation.
  void set_working_since(std::int64_t moment) noexcept { working_since_.store(moment, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t working_since() const noexcept { return working_since_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> working_since_{0};
  mutable std::mutex mutex_;
  instance_counters latest_;
};

}  // namespace sage
