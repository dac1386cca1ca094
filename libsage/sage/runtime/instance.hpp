/// One parallel copy of an operator chain: the pure core of every operator, source, sink and router actor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "sage/base/ring_queue.hpp"
#include "sage/observability/operator_metrics.hpp"
#include "sage/operators/loop_gauge.hpp"
#include "sage/runtime/chain.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/flow_settings.hpp"
#include "sage/runtime/output_gate.hpp"

namespace sage::runtime {

/// Where in a loop an instance stands.
struct loop_place {
  std::shared_ptr<operators::loop_gauge> gauge;  ///< null outside of loops
  bool is_head = false;
  std::vector<channel_id> feedback;  ///< the head's inputs on which records come back
  std::vector<std::size_t> gates;    ///< those that lead further round
};

/// An input that leads to an operator in the middle of the chain, and says nothing about time.
struct side_door {
  channel_id channel = 0;
  std::size_t position = 0;  ///< of the operator
};

/// What an instance is made of. Everything in it is this instance's own.
struct instance_parts {
  instance_id id = 0;
  std::string name;  ///< "words+count[1]"
  std::vector<chained_operator> operators;
  std::vector<gate_binding> bindings;
  std::vector<std::unique_ptr<output_gate>> gates;
  std::vector<channel_id> inputs;
  std::vector<std::uint32_t> input_numbers;  ///< which input of the head each of them leads to; empty is 0 for all
  std::vector<side_door> side_doors;
  loop_place loop;
  std::shared_ptr<metrics_slot> metrics;
  bool has_sink = false;
  bool checkpointed = false;
  restored_ptr restored{};  ///< what it goes on from; null is from nothing
};

/// Events in, effects out; no actor, thread or I/O of its own. The engine around it calls one event handler at a
/// time and carries the effects out in order. After each event it calls `run` until that returns false.
///
/// Law  a batch is granted back after it was processed, never before
/// Law  records on a feedback channel are bounded by their loop instead of by credit
/// Law  end of input is when every input channel has ended, end of output when nothing waits in a gate
class instance {
 public:
  instance(instance_parts parts, const clock& time, const flow_settings& settings);

  /// Opens the operators: effect opened or failed.
  void open(effects& out);
  /// Begins to read, for those that have a source.
  void start(effects& out);
  /// A batch for the input channel. `sent_at` is when the sender let it go, `bytes` what it charged for it.
  /// `watermark` holds behind it.
  void on_batch(channel_id channel, batch_ref records, std::int64_t bytes, nanoseconds sent_at,
                event_time watermark = no_event_time);
  /// How far event time has come in the input channel, behind all its batches; `idle`: none are to be expected for
  /// now.
  void on_progress(channel_id channel, event_time watermark, bool idle);
  /// The sender of the input channel has ended.
  void on_end(channel_id channel);
  /// The barrier of a checkpoint, behind all that came in the channel. What comes in it later waits until the barrier
  /// has come in all others; then the snapshot is taken, effect snapshot.
  void on_barrier(channel_id channel, std::uint64_t epoch);
  /// For those that have a source: here the barrier begins.
  void begin_checkpoint(std::uint64_t epoch);
  /// The checkpoint is complete: what sinks prepared for it becomes visible. May fail.
  void on_checkpoint(std::uint64_t epoch, effects& out);
  /// Credit for the output channel.
  void on_credit(channel_id channel, std::uint32_t batches, std::int64_t bytes, effects& out);
  /// The answer to request_split; nothing when there are no more.
  void on_split(std::optional<split_position> part);
  /// A timer that was asked for, or a wake-up of an idle source.
  void on_wake() noexcept { idle_ = false; }
  /// The source stops reading as if its input had ended.
  void drain() noexcept { draining_ = true; }
  /// The source ends when it has nothing more for now.
  void run_out() noexcept { running_out_ = true; }
  /// Commits what was prepared and closes: effect closed or failed.
  void commit(effects& out);
  /// Leaves nothing behind and closes: effect closed.
  void abort(effects& out);

  /// Works for at most one activation. `input_waits` says whether the engine has more input for it already, so
  /// that part-filled batches may wait for it; `continues` that the last call has only just returned, so that its
  /// end is taken for the beginning of this one. Returns whether there is more to do right now.
  bool run(bool input_waits, effects& out, bool continues = false);

  [[nodiscard]] instance_id id() const noexcept { return id_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::vector<channel_id>& inputs() const noexcept { return inputs_; }
  [[nodiscard]] bool is_over() const noexcept { return phase_ == phase::closed; }
  /// Batches that wait to be processed: at most the credit granted to all senders.
  [[nodiscard]] std::size_t queued() const noexcept { return queue_.size() + set_aside_.size() - queued_control_; }
  /// The counters as of now.
  [[nodiscard]] instance_counters counters() const { return counters(false); }
  void publish_metrics() { metrics_->publish(counters()); }

 private:
  enum class phase : std::uint8_t { created, opened, running, ending, flushing, finished, closed };
  struct queued_batch {
    channel_id channel = 0;
    batch_ref records;  // null for progress alone
    std::int64_t bytes = 0;
    nanoseconds sent_at = 0;
    event_time watermark = no_event_time;
    bool idle = false;
    std::uint64_t barrier = 0;
    bool end = false;
  };
  struct input_channel {
    std::uint32_t number = 0;              // of the input of the head
    event_time watermark = no_event_time;  // behind what was processed
    bool idle = false;
    bool progress_queued = false;
    bool is_feedback = false;
    bool is_side_door = false;
    std::size_t position = 0;         // of the operator it leads to
    std::uint32_t taken_batches = 0;  // processed, not yet granted back
    std::int64_t taken_bytes = 0;
    std::uint64_t records = 0;  // processed so far
    bool ended = false;
    bool end_seen = false;  // behind all its batches
    bool aligned = false;   // its barrier has come: what follows waits
  };

  bool work(bool input_waits, effects& out);
  bool step(effects& out);
  void process(effects& out);
  void process_feedback(effects& out);
  void count_loop();
  [[nodiscard]] bool loop_is_empty() const;
  void take_progress(input_channel& from, event_time watermark, bool idle);
  void combine_progress();
  void read(effects& out);
  void drain_source();
  [[nodiscard]] instance_counters counters(bool at_barrier) const;
  void align();
  bool pass_barrier(effects& out);
  void release_inputs();
  [[nodiscard]] snapshot_ptr take_snapshot(bool finished);
  void restore();
  void finish_input(effects& out);
  void give_back(channel_id channel, std::size_t records, std::int64_t bytes, effects& out);
  void flush(effects& out);
  void track_blocked();
  void ask_for_timer(effects& out);
  void fail(effects& out);
  [[nodiscard]] bool input_has_ended() const noexcept;

  instance_id id_;
  std::string name_;
  const clock& time_;
  flow_settings settings_;
  std::vector<channel_id> inputs_;
  std::vector<std::unique_ptr<output_gate>> gates_;
  chain chain_;
  std::shared_ptr<metrics_slot> metrics_;
  bool has_sink_;

  phase phase_ = phase::created;
  ring_queue<queued_batch> queue_;
  ring_queue<queued_batch> returning_;  // to the head of a loop: served first
  loop_place loop_;
  std::uint64_t loop_taken_ = 0;   // records that came from within the loop
  std::int64_t loop_counted_ = 0;  // what the gauge knows of this instance
  std::unordered_map<channel_id, input_channel> channels_;
  std::size_t open_inputs_;
  std::size_t queued_control_ = 0;      // entries that are no batches
  ring_queue<queued_batch> set_aside_;  // of aligned channels
  std::uint64_t aligning_ = 0;          // the checkpoint whose barrier has come in some channel
  std::uint64_t barrier_ = 0;           // in all: the snapshot is due
  bool source_aligned_ = false;         // the source reads no more until the barrier has come in all side doors
  bool checkpointed_;
  restored_ptr restored_;      // until it is open
  bool was_finished_ = false;  // in the checkpoint it went on from
  std::vector<std::uint32_t> splits_done_;
  event_time watermark_ = no_event_time;  // of all inputs together
  bool idle_inputs_ = false;
  bool progress_is_new_ = false;  // the chain doesn't know of it yet
  bool draining_ = false;         // the job drains
  bool running_out_ = false;      // the others have nothing more to read
  bool drain_told_ = false;       // the source knows
  bool idle_ = false;             // the source has nothing to read now
  bool reading_ = false;          // a split is under way
  bool split_requested_ = false;
  std::optional<split_position> next_split_;
  split reading_split_;
  bool source_ended_ = false;
  nanoseconds now_ = 0;
  nanoseconds started_at_ = 0;
  nanoseconds published_at_ = 0;
  std::vector<nanoseconds> asked_;  // timers under way for async operators, the earliest last
  nanoseconds blocked_at_ = 0;      // since when the outputs hold this instance up
  std::size_t records_this_time_ = 0;
  instance_counters counters_;
};

}  // namespace sage::runtime
