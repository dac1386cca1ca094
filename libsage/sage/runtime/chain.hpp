/// The fused operators of one instance: each emits straight into the next, the last one into the gates.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/observability/operator_metrics.hpp"
#include "sage/operators/operator.hpp"
#include "sage/operators/source.hpp"
#include "sage/runtime/checkpoint/restored_checkpoint.hpp"
#include "sage/runtime/effect.hpp"
#include "sage/runtime/output_gate.hpp"

namespace sage::runtime {

/// One operator with its surroundings, as the plan hands it to an instance.
struct chained_operator {
  std::string uid{};
  operators::operator_ptr logic;  ///< null for the source at the head of a chain
  operators::source_ptr source;   ///< only at the head
  std::unique_ptr<context> self;  ///< at a stable address: operators keep a pointer
};

/// Which gate takes what operator `position` emits on `port`.
struct gate_binding {
  std::size_t position;
  std::uint32_t port;
  std::size_t gate;
};

/// Runs batches through the operators. Emission is resumable: when a gate has no credit, or an operator waits for
/// a retry, the chain is not ready, and whoever was in the middle goes on at `resume()`.
///
/// Contract  on_batch and read only while is_ready()
class chain {
 public:
  chain(std::vector<chained_operator> operators, std::vector<gate_binding> bindings,
        std::vector<std::unique_ptr<output_gate>>& gates);
  ~chain();
  chain(const chain&) = delete;
  chain& operator=(const chain&) = delete;

  /// Opens the operators in order. When one throws, those before it are closed again in reverse order.
  void open();
  /// Records for the operator at `position`, for the input with this number.
  void on_batch(std::uint32_t input, batch_ref records, nanoseconds now, effects& out, std::size_t position = 0);
  /// Records that come back to the head of a loop, which takes them at any time.
  void on_feedback(batch_ref records, nanoseconds now, effects& out);
  /// Event time has come to `time` in front of the head; `idle` says that nothing more is to be expected for now.
  void on_progress(event_time time, bool idle, nanoseconds now, effects& out);
  /// Lets the source at the head read and emit one batch.
  read_status read(nanoseconds now, effects& out);
  /// Whether the last read brought less than a batch: there is nothing more to be had at this moment.
  [[nodiscard]] bool has_read_short() const noexcept { return read_short_; }
  void start_split(const split& part, std::uint64_t position);
  /// Where in the split that is being read the next record begins.
  [[nodiscard]] std::uint64_t position() const { return source_->position(); }
  /// Whether the source should wait: an operator behind it has come too far in event time.
  [[nodiscard]] bool is_ahead();
  /// Tells the source that the job drains; returns whether it may stop at once.
  bool drain_source();
  /// Lets suspended operators go on, the last one first; returns is_ready().
  bool resume(nanoseconds now, effects& out);
  /// Tells the operators in order that there is no more input; call again after resume() until it returns true.
  bool end(nanoseconds now, effects& out);
  /// Lets async operators go on with what has been completed meanwhile, where their output is ready.
  void attend(nanoseconds now, effects& out);
  [[nodiscard]] bool is_async() const noexcept { return !async_.empty(); }
  /// The next moment at which an async operator wants to be woken.
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept;
  /// Tells the operators in order that a barrier comes: they let go of what they only keep back. To be called again
  /// after resume() until it returns true.
  bool let_go(nanoseconds now, effects& out);
  /// Whether nothing is under way that a barrier has to wait for.
  [[nodiscard]] bool is_drained() const noexcept;
  /// Writes what the operators remember; of those that have `finished`, only what their sink has prepared.
  void snapshot(state::snapshot_writer& to, bool finished);
  /// Reads it back, behind open().
  void restore(const restored_checkpoint& from);
  /// Whether the operators had seen their last record when that checkpoint was taken.
  [[nodiscard]] bool has_finished(const restored_checkpoint& in) const;
  void prepare(std::uint64_t epoch);
  void commit(std::uint64_t epoch);
  void abort() noexcept;
  /// Closes what is open, in reverse order of opening. Every operator is closed, then the first error is thrown.
  void close();

  /// Records inside of which more may come: 0 means that nothing will before the next batch.
  [[nodiscard]] std::uint64_t held() const noexcept;
  [[nodiscard]] bool is_ready() const noexcept;
  /// Whether somebody is suspended only because its turn was over: `resume()` would get on.
  [[nodiscard]] bool has_yielded() const noexcept;
  /// Tells the operators that a batch took longer than a turn should.
  void on_slow_batch() noexcept;
  /// The moment a retry waits for, if one does whose moment was not taken yet.
  [[nodiscard]] std::optional<nanoseconds> take_retry_at() noexcept;
  [[nodiscard]] bool has_source() const noexcept { return !links_.empty() && source_ != nullptr; }
  [[nodiscard]] bool empty() const noexcept { return links_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return links_.size(); }
  [[nodiscard]] const context& self(std::size_t position) const noexcept;
  /// By how much the source at the head has come forward, in positions of its splits (bytes, records).
  [[nodiscard]] std::uint64_t positions() const noexcept { return positions_; }
  /// Writes what the operators have counted, and what they have emitted per port.
  void count(instance_counters& to) const;
  /// Which operator is at work: for the message when something throws.
  [[nodiscard]] std::string place() const;

 private:
  class link;
  bool emit(std::size_t position, std::uint32_t port, batch_ref records);
  void feed(std::size_t position, batch_ref records, std::uint32_t input);
  void suspend(link& l) noexcept;
  nanoseconds start_timing(link& l);
  void stop_timing(std::size_t position, nanoseconds begun);
  [[nodiscard]] bool gates_ready() const noexcept;
  void advance(std::size_t position, event_time time);
  void pass_on_progress();

  std::vector<std::unique_ptr<link>> links_;
  std::vector<std::size_t> async_;  // positions of operators that others complete work for
  operators::source_base* source_ = nullptr;
  std::vector<std::unique_ptr<output_gate>>& gates_;
  std::size_t opened_ = 0;
  std::size_t at_ = 0;        // the operator at work
  std::size_t ended_ = 0;     // operators that have been told of the end
  std::size_t let_go_ = 0;    // operators that have been told of the barrier under way
  bool end_is_near_ = false;  // the next one to be told knows that its time has come to an end
  std::size_t suspended_ = 0;
  std::uint64_t taken_ = 0;  // batches taken in at the head
  bool read_short_ = false;
  bool timing_ = false;             // whether the batch at work is one that is timed
  std::uint32_t split_number_ = 0;  // of the split that is read
  std::uint64_t split_begin_ = 0;
  std::uint64_t split_size_ = 0;  // 0 when it isn't known
  std::uint64_t positions_ = 0;
  std::uint64_t positions_before_ = 0;  // when that split began
  nanoseconds now_ = 0;
  effects* out_ = nullptr;  // where gates put effects during a call
};

}  // namespace sage::runtime
