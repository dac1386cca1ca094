/// The contract of every operator: typed batches in, typed batches out, nothing of channels, actors or time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/clock.hpp"
#include "sage/base/event_time.hpp"
#include "sage/functions/context.hpp"
#include "sage/model/batch.hpp"
#include "sage/model/record_packing.hpp"
#include "sage/state/snapshot.hpp"

namespace sage {

/// What a sink does with records when its job is taken up again from a checkpoint.
enum class sink_guarantee : std::uint8_t {
  none,           ///< it can't go on from a checkpoint: a job with checkpoints refuses it
  at_least_once,  ///< what it writes is out at once; what was written behind the last checkpoint is written again
  exactly_once,   ///< what was written behind the last checkpoint is taken back, or never seen
};
[[nodiscard]] constexpr std::string_view to_string(sink_guarantee guarantee) noexcept {
  return guarantee == sink_guarantee::none            ? "none"
         : guarantee == sink_guarantee::at_least_once ? "at least once"
                                                      : "exactly once";
}

}  // namespace sage

namespace sage::operators {

/// Whether a call is through or wants to be continued with `resume`.
enum class flow : std::uint8_t { done, suspended };

/// What became of the records an operator took in; the only ways out of it.
///
/// Law  in + restored = passed + filtered + dropped + dead + gone + late + held
struct fate {
  std::uint64_t passed = 0;    ///< processed by the operator's function
  std::uint64_t filtered = 0;  ///< given up by the user's own decision
  std::uint64_t dropped = 0;   ///< the function threw, policy drop
  std::uint64_t dead = 0;      ///< the function threw, sent to dead letters
  std::uint64_t gone = 0;      ///< nobody wants it any more: its item was stopped
  std::uint64_t late = 0;      ///< came when its window had been closed, and nobody takes what is late

  [[nodiscard]] std::uint64_t sum() const noexcept { return passed + filtered + dropped + dead + gone + late; }
};

/// What a keyed operator remembers.
struct state_size {
  std::uint64_t rows = 0;   ///< keys, in memory and beyond; or open windows, where that is what it keeps
  std::uint64_t bytes = 0;  ///< in memory: an estimate
};

/// Where an operator's results go: the next operator of its chain, or the gate behind the last one.
class output {
 public:
  /// Takes `records` in any case; returns whether more may be emitted now. On false, an operator with more to say
  /// remembers where it stands and returns `flow::suspended`. An empty batch goes nowhere.
  virtual bool emit(std::uint32_t port, batch_ref records) = 0;

 protected:
  ~output() = default;
};

/// One operator in one instance. Called by one thread at a time: open, then on_batch/resume in any number, on_end
/// once when all input has ended, then prepare and commit, or abort; close at last, whatever happened.
///
/// Contract  `on_batch` is never given an empty batch
/// Contract  after `suspended`, only `resume` (or abort, close) is called, until that returns `done`
/// Contract  items go where their records go: what is made of a record has its item (`carry_columns`), a record that
/// is
///           neither emitted nor answered has its item ended (`end_items`), so that whoever asked hears why
/// Contract  an exception from a user function leaves neither an output nor a state change of that record behind
class operator_base {
 public:
  virtual ~operator_base() = default;

  virtual void open(context& self) { static_cast<void>(self); }
  virtual flow on_batch(batch_ref records, output& out) = 0;
  /// For operators with several inputs: the records of one of them. Others have only input 0.
  virtual flow on_input(std::uint32_t input, batch_ref records, output& out) {
    static_cast<void>(input);
    return on_batch(std::move(records), out);
  }
  virtual flow resume(output& out) {
    static_cast<void>(out);
    return flow::done;
  }
  virtual flow on_end(output& out) {
    static_cast<void>(out);
    return flow::done;
  }
  /// Event time has come to `time` in front of the operator: no record with a time up to it is expected any more,
  /// what still comes is late. Times only grow; `end_of_time` comes before `on_end`. As `on_batch` it may be
  /// suspended.
  flow advance(event_time time, output& out) {
    input_watermark_ = time;
    return on_watermark(time, out);
  }
  [[nodiscard]] event_time input_watermark() const noexcept { return input_watermark_; }
  /// How far event time has come behind the operator. Whoever runs it passes that on after each call that is done.
  [[nodiscard]] virtual event_time watermark() const noexcept { return input_watermark_; }
  /// All its inputs have fallen silent, or one of them speaks again.
  void set_idle(bool idle) noexcept { input_idle_ = idle; }
  /// Whether those behind it should not wait for its watermarks: none will come for now.
  [[nodiscard]] virtual bool is_idle() const noexcept { return input_idle_; }
  /// For operators right behind a source: it begins with a split, or has come to its end.
  virtual void on_split(std::uint32_t split, bool begins) {
    static_cast<void>(split);
    static_cast<void>(begins);
  }

  /// Whether the source of its chain should wait for other sources. Whoever says so wakes the engine when it need
  /// not.
  [[nodiscard]] virtual bool is_ahead() { return false; }

  // ---- checkpoints: between two batches, while not suspended. on_barrier until it returns done, then prepare and
  // snapshot. The commit of that epoch follows when every other instance's snapshot is durable, too; or never.

  /// Why the operator can't be part of a checkpoint; nothing when it can. One that remembers nothing says so by
  /// returning nothing.
  [[nodiscard]] virtual std::optional<std::string> snapshot_problem() const {
    return "it doesn't say what it remembers: override snapshot_problem, snapshot and restore";
  }
  /// Sinks: what they do with records when the job is taken up again. Operators change their state exactly once.
  [[nodiscard]] virtual sink_guarantee guarantee() const { return sink_guarantee::at_least_once; }
  /// Lets go of what is only kept back to be combined. As `on_batch` it may be suspended.
  virtual flow on_barrier(output& out) {
    static_cast<void>(out);
    return flow::done;
  }
  /// Whether a barrier waits until nothing is held: calls of others that are under way.
  [[nodiscard]] virtual bool must_drain() const noexcept { return false; }
  /// Writes what it remembers.
  virtual void snapshot(state::snapshot_writer& to) { static_cast<void>(to); }
  /// Reads it back, behind `open`, before anything else. Throws for what it hasn't written.
  virtual void restore(const state::snapshot_reader& from) { static_cast<void>(from); }
  /// The time that a snapshot was taken at holds again. For whoever runs it.
  void restore_watermark(event_time time) noexcept { input_watermark_ = time; }
  /// Records that were held when a snapshot was taken and are held again.
  [[nodiscard]] std::uint64_t restored() const noexcept { return restored_; }

  /// Sinks: make everything written so far durable under a temporary name. Epoch 0 is the end of the job. Throws
  /// what went wrong.
  virtual void prepare(std::uint64_t epoch) { static_cast<void>(epoch); }
  /// Sinks: make what was prepared visible.
  virtual void commit(std::uint64_t epoch) { static_cast<void>(epoch); }
  /// Sinks: leave nothing behind.
  virtual void abort() noexcept {}
  virtual void close() {}

  /// The sum over all records so far.
  [[nodiscard]] const fate& fates() const noexcept { return fate_; }
  /// Of `taken` records, how many are still inside: their fate is open, or what was made of them hasn't left.
  [[nodiscard]] virtual std::uint64_t held(std::uint64_t taken) const noexcept {
    return taken + restored_ - fate_.sum();
  }
  /// How much a keyed operator remembers now; nothing for others.
  [[nodiscard]] virtual state_size state_size_now() const noexcept { return {}; }
  /// The head of a loop: records that come back, also while it is suspended because it may admit no more.
  virtual flow on_feedback(batch_ref records, output& out) { return on_batch(std::move(records), out); }
  /// How records of an input are kept when the operator gives up on them; null where they can't be.
  [[nodiscard]] virtual const record_packing* packing(std::uint32_t input) const noexcept {
    static_cast<void>(input);
    return nullptr;
  }
  /// When a suspended operator waits for a moment rather than for its output: that moment.
  [[nodiscard]] virtual std::optional<nanoseconds> retry_at() const noexcept { return std::nullopt; }
  /// Whether a suspended operator waits for nothing but its next turn: it has used the time that one may take.
  [[nodiscard]] virtual bool has_yielded() const noexcept { return false; }
  /// A batch took its chain longer than a turn should: whoever can, takes the next ones in smaller parts.
  virtual void on_slow_batch() noexcept {}

  /// Whether the operator has work of its own between batches: calls that other threads complete.
  [[nodiscard]] virtual bool is_async() const noexcept { return false; }
  /// Async operators: whether `on_wake` would find anything to do.
  [[nodiscard]] virtual bool has_news() const noexcept { return false; }
  /// Async operators: goes on with what other threads or timers have completed; as `resume`, while not suspended.
  virtual flow on_wake(output& out) { return resume(out); }
  /// Async operators: takes in what came from outside (a stop frees its capacity) without emitting anything.
  virtual void attend() {}
  /// Async operators: the moment at which they want to be woken.
  [[nodiscard]] virtual std::optional<nanoseconds> wake_at() const noexcept { return std::nullopt; }

 protected:
  /// What the operator does when time advances; nothing by default.
  virtual flow on_watermark(event_time time, output& out) {
    static_cast<void>(time);
    static_cast<void>(out);
    return flow::done;
  }
  [[nodiscard]] bool is_input_idle() const noexcept { return input_idle_; }

  fate fate_;
  std::uint64_t restored_ = 0;

 private:
  event_time input_watermark_ = no_event_time;
  bool input_idle_ = false;
};

using operator_ptr = std::unique_ptr<operator_base>;

/// The port of ordinary results. Operators with several outputs number them from here.
inline constexpr std::uint32_t main_port = 0;
/// The port on which dead letters leave, beside whatever ports an operator has.
inline constexpr std::uint32_t dead_letter_port = 0xffff;

}  // namespace sage::operators
