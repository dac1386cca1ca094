/// The frame of operators whose function is a coroutine: capacity, order, time-outs, retries, backpressure.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/ring_queue.hpp"
#include "sage/functions/error_policy.hpp"
#include "sage/operators/async_core.hpp"
#include "sage/operators/async_options.hpp"
#include "sage/operators/call_queue.hpp"
#include "sage/operators/operator.hpp"

namespace sage::operators {

/// Takes records out of its input into calls, runs them, and emits what they return.
///
/// Law  at most `capacity` calls run; at most `waiting_max` records more are held
/// Law  unordered: a call waits for nobody; ordered: for capacity only; by key: for capacity and its key's calls
/// Law  a call's fate is decided once; what comes late finds nobody
/// Law  a call whose item is stopped or late is given up at once, running or waiting, and its place is free
class async_operator : public operator_base {
 public:
  async_operator(async_options bounds, error_policy policy);

  void open(context& self) override;
  flow on_batch(batch_ref records, output& out) final;
  flow resume(output& out) final { return drive(out); }
  flow on_end(output& out) final;
  flow on_wake(output& out) final { return drive(out); }
  void attend() final;
  [[nodiscard]] bool is_async() const noexcept final { return true; }
  [[nodiscard]] bool has_news() const noexcept final;
  [[nodiscard]] bool has_yielded() const noexcept final { return yielded_; }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept final;
  [[nodiscard]] std::uint64_t held(std::uint64_t taken) const noexcept final {
    static_cast<void>(taken);
    return held_ + (input_ ? input_->size() - cursor_ : 0) + (recovered_ ? recovered_->size() : 0);
  }
  /// Time passes when all records that came before it have left.
  [[nodiscard]] event_time watermark() const noexcept final { return watermark_; }
  void close() final;
  /// Its calls can't be written, so a barrier waits for those that run; what was not called yet is held back before.
  [[nodiscard]] bool must_drain() const noexcept final { return true; }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return std::nullopt; }

  /// Calls whose task lives.
  [[nodiscard]] std::size_t running() const noexcept { return running_; }
  /// Records held that don't run.
  [[nodiscard]] std::size_t waiting() const noexcept { return held_ - running_; }

 protected:
  [[nodiscard]] virtual std::shared_ptr<async_core> make_core(context& self) = 0;
  /// Moves (or copies) record `position` of the input into `call`.
  virtual void load(async_call& call, std::size_t position, bool consume) = 0;
  /// Appends the call's results to the batch that is being made; returns how many records that batch has now.
  virtual std::size_t take_result(async_call& call) = 0;
  /// Appends what the call has emitted so far; as take_result.
  virtual std::size_t take_emitted(async_call& call) = 0;
  /// Takes what was made, or null.
  [[nodiscard]] virtual batch_ref take_made() = 0;
  /// The queue of the key of record `position`.
  virtual call_queue& queue_of(std::size_t position) {
    static_cast<void>(position);
    return no_key_;
  }
  /// The queue has become empty.
  virtual void drop_queue(call_queue& queue) { static_cast<void>(queue); }
  [[nodiscard]] virtual std::string show_record(const async_call& call) const = 0;
  /// Null when the record is gone.
  [[nodiscard]] virtual const void* record_of(const async_call& call) const noexcept = 0;
  [[nodiscard]] virtual std::string_view record_name() const noexcept = 0;
  /// Whether a record may come to nothing.
  [[nodiscard]] virtual bool makes_any_number() const noexcept = 0;
  virtual void open_function(context& self) = 0;
  virtual void close_function() = 0;

  flow on_watermark(event_time time, output& out) final;

  /// Records of a life before this one, to be called first; for open_function.
  void set_recovered(batch_ref records) noexcept {
    if (records && !records->empty()) {
      restored_ += records->size();
      recovered_ = std::move(records);
    }
  }

  context* self_ = nullptr;
  error_policy policy_;
  batch_ref input_;
  std::shared_ptr<async_core> core_;

 private:
  flow drive(output& out);
  bool admit();
  void start(async_call& call);
  void settle_ended();
  void settle(async_call& call);
  void on_problem(async_call& call, const std::exception_ptr& problem);
  void finish_call(async_call& call);
  void release(async_call& call) noexcept;
  void free(async_call& call) noexcept;
  void retire(async_call& call) noexcept;
  void give_up(async_call& call, const std::exception_ptr& problem);
  void give_up_gone(async_call& call);
  void take_columns(async_call& call, bool consume);
  void let_go(const async_call& call) noexcept;
  void settle_watermark() noexcept;
  void begin_span(async_call& call);
  void leave_key(async_call& call);
  void set_aside(async_call& call);
  void end_without_results(async_call& call);
  bool emit_results(output& out);
  bool emit_in_order(output& out);
  bool emit_as_ready(output& out);
  bool emit_made(output& out);
  void sweep_pinned();
  void add_dead_letter(const async_call& call, const std::exception_ptr& problem);
  [[nodiscard]] bool is_over() const noexcept {
    return held_ == 0 && results_.empty() && in_order_.empty() && !recovered_;
  }

  async_options bounds_;
  nanoseconds timeout_;
  std::size_t cursor_ = 0;
  std::size_t running_ = 0;
  std::size_t held_ = 0;  // calls whose fate is open or whose result hasn't left
  bool finishing_ = false;
  bool yielded_ = false;
  batch_ref recovered_;
  ring_queue<async_call*> in_order_;  // ordered: all calls, as they came
  ring_queue<async_call*> results_;   // others: calls with a result
  startable_keys startable_;          // by key: whose first call waits for capacity
  std::vector<async_call*> pinned_;   // given up or to be tried again, once their blocking code is through
  // The records taken in between two watermarks: how many of them are held, and the watermark behind them.
  struct epoch {
    std::size_t held = 0;
    event_time until = no_event_time;
  };
  std::deque<epoch> epochs_{1};    // the last one is still growing
  std::uint64_t first_epoch_ = 0;  // the number of the first of them
  event_time watermark_ = no_event_time;
  batch_ref dead_;
  call_queue no_key_;
};

}  // namespace sage::operators
