/// The sending end of an edge in one instance: partitions batches, keeps to the credit, coalesces small batches.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "sage/observability/operator_metrics.hpp"
#include "sage/routing/partitioner.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/flow_settings.hpp"

namespace sage::runtime {

/// What a gate needs to know of its edge.
enum class edge_kind : std::uint8_t {
  forward,
  feedback,  ///< back to the head of a loop, which bounds it: it takes no credit, and no time passes along it
};

/// Pure state machine. A batch pushed is always taken; `is_ready()` tells whether the next one should wait.
///
/// Law  batches in flight per channel <= window_batches; bytes in flight < window_bytes + one batch
/// Law  records of one channel leave in the order they were pushed
class output_gate {
 public:
  output_gate(std::unique_ptr<routing::partitioner> policy, std::vector<channel_id> channels, std::size_t batch_size,
              const flow_settings& settings, edge_kind kind = edge_kind::forward);

  /// Partitions `records` and sends what credit allows.
  void push(batch_ref records, nanoseconds now, effects& out);
  /// Adds credit to the channel and sends what waited for it.
  void on_credit(channel_id channel, std::uint32_t batches, std::int64_t bytes, nanoseconds now, effects& out);
  /// Event time has come to `time` behind everything pushed so far. It leaves with the next batch of each channel, or
  /// by itself when there is none: see `send_progress`.
  void on_progress(event_time time, bool idle);
  /// Lets part-filled batches go: nothing more can be processed now.
  void flush(nanoseconds now, effects& out);
  /// An activation ends: lets progress go by itself where no batch is under way to take it along, and where one has
  /// been for long, that one too.
  void send_progress(nanoseconds now, effects& out);
  /// Sends the barrier of a checkpoint behind everything pushed so far, part-filled batches included. It takes no
  /// credit, but waits behind what does.
  void barrier(std::uint64_t epoch, nanoseconds now, effects& out);
  /// Announces the end of stream on every channel. Precondition: is_empty().
  void end(effects& out);

  /// Whether every channel could take another batch.
  [[nodiscard]] bool is_ready() const noexcept { return waiting_ == 0; }
  /// Whether nothing waits here, neither for credit nor to be filled up.
  [[nodiscard]] bool is_empty() const noexcept;
  /// Since when the gate has been without credit for something it wants to send; 0 when it isn't.
  [[nodiscard]] nanoseconds blocked_since() const noexcept { return blocked_since_; }

  /// Records for all targets together that were pushed so far: a broadcast record counts for each of them.
  [[nodiscard]] std::uint64_t entrusted() const noexcept { return entrusted_; }
  /// Records pushed so far; batches and bytes sent.
  [[nodiscard]] std::uint64_t records() const noexcept { return records_; }
  [[nodiscard]] std::uint64_t batches() const noexcept { return batches_; }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  /// What was pushed, and what was sent per channel; with `waiting`, also what waits for credit, which is in front of
  /// a barrier as what was sent.
  [[nodiscard]] gate_counters counters(bool waiting = false) const;
  [[nodiscard]] const std::vector<channel_id>& channels() const noexcept { return channels_; }
  [[nodiscard]] bool has_channel(channel_id channel) const noexcept;

 private:
  struct complete_batch {
    batch_ref records;
    event_time watermark;       // that holds behind it
    std::uint64_t barrier = 0;  // instead of records
  };
  struct target {
    std::uint32_t credit_batches;
    std::int64_t credit_bytes;
    batch_ref partial;                   // being filled up, behind whatever waits
    std::deque<complete_batch> waiting;  // without credit
    event_time told = no_event_time;     // what has left, or waits with a batch
    bool told_idle = false;
    bool told_by_itself = false;   // progress is under way that wasn't acknowledged
    nanoseconds behind_since = 0;  // since when a part-filled batch holds progress back
    std::uint64_t records = 0;
    [[nodiscard]] bool has_credit() const noexcept { return credit_batches > 0 && credit_bytes > 0; }
  };

  void push_to(std::size_t index, batch_ref records, nanoseconds now, effects& out);
  void scatter(batch_base& records, nanoseconds now, effects& out);
  void complete(std::size_t index, nanoseconds now, effects& out);
  void send_or_wait(std::size_t index, batch_ref records, nanoseconds now, effects& out);
  void send(std::size_t index, complete_batch records, nanoseconds now, effects& out);
  void send_barrier(std::size_t index, std::uint64_t epoch, effects& out);
  void tell(std::size_t index, effects& out);
  [[nodiscard]] bool has_news(const target& to) const noexcept {
    return to.told < watermark_ || to.told_idle != idle_;
  }

  std::unique_ptr<routing::partitioner> policy_;
  std::vector<channel_id> channels_;
  std::size_t batch_size_;
  std::vector<target> targets_;
  std::unique_ptr<bool[]> free_;
  std::vector<std::uint32_t> choice_;                  // target per record, reused
  std::vector<std::vector<std::uint32_t>> positions_;  // records per target, reused
  event_time watermark_ = no_event_time;               // behind all that was pushed
  bool idle_ = false;
  std::size_t waiting_ = 0;  // targets that wait for credit
  nanoseconds blocked_since_ = 0;
  edge_kind kind_;
  std::uint64_t entrusted_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t batches_ = 0;
  std::uint64_t bytes_ = 0;
};

}  // namespace sage::runtime
