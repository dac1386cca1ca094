/// process: a function with keyed state and timers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/collector.hpp"
#include "sage/functions/keyed_state.hpp"
#include "sage/model/show.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/state_rows.hpp"
#include "sage/operators/timer_calls.hpp"

namespace sage::operators {

/// Calls a function for each record of a key, with state of that key, and takes any number of results.
///
/// Shape       keyed<K, T> -> U; 1 -> 0..n, and 0..n per timer
/// Emits       full batches as they fill, the rest at the end of the input batch; in order. What event-time timers
/// make
///             when time has come to them, in order of their times; what processing-time timers make when they are
///             due
/// Times       of its record; of an event-time timer, its own; of a processing-time timer, none
/// Holds back  while its output has no credit
/// Fails       by error policy; outputs, state changes and timers of a call that threw are undone. An `on_timer` that
///             throws fails the job: there is no record that a policy could be applied to
/// Items       each result inherits that of the record at hand; a record without results ends its item
/// Snapshot    the states declared in `open`, the timers
/// Holds       a row per key that has state or timers, within state_limits; a record beyond them fails (errc::limit)
/// Cost        O(1) per state access: a row of a column; an undo copy of what is written unless the policy is fail
template <class T, class Extract, class Out, class F>
class process_operator final : public keyed_operator<T, Extract, F> {
 public:
  process_operator(Extract extract, F function, error_policy policy, const state::state_limits& limits = {},
                   std::vector<functions::side_port> sides = {})
      : keyed_operator<T, Extract, F>(std::move(extract), std::move(function), policy),
        rows_(limits),
        sides_(std::move(sides)) {}

  void open(context& self) override {
    rows_.open(self, is_timed);
    self.set_side_outputs(&sides_);
    keyed_operator<T, Extract, F>::open(self);
    has_ttl_ = rows_.store().has_ttl();
    if (!sides_.slots().empty()) this->use_side_outputs(sides_);
  }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override { return rows_.snapshot_problem(); }
  void snapshot(state::snapshot_writer& to) override { rows_.snapshot(to); }
  void restore(const state::snapshot_reader& from) override { rows_.restore(from); }

  [[nodiscard]] bool is_async() const noexcept override { return is_timed; }
  [[nodiscard]] bool has_news() const noexcept override {
    const auto at = wake_at();
    return at && this->self_->time().now() >= *at;
  }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override {
    return rows_.timers() ? rows_.timers()->wake_at() : std::nullopt;
  }
  flow on_wake(output& out) override { return continue_time(out); }
  [[nodiscard]] state_size state_size_now() const noexcept override { return rows_.size_now(); }

 private:
  using key_type = state::owned_key_t<key_type_t<Extract, T>>;
  using table_type = typename state_rows<key_type_t<Extract, T>>::table_type;
  static constexpr bool is_timed = has_on_timer<F, key_type, Out>;

  flow process(output& out) override {
    if (this->cursor_ == 0) {
      this->prepare_hashes();
      fetched_ = 0;
    }
    batch<T>& in = this->template input<T>();
    const std::size_t full = this->self_->batch_size();
    const bool consume = this->may_consume();
    const bool columns = this->has_columns();
    const bool undoable = !this->policy_.fails();
    const bool checked = undoable || rows_.is_checked();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    typename table_type::candidate candidates[keys_ahead];
    std::size_t first = i;
    std::size_t looked_up = i;  // candidates are those of the records up to here
    while (i < this->stop_) {
      if (i == looked_up) {
        if (i >= fetched_) fetched_ = fetch(i);
        first = i;
        looked_up = std::min({i + keys_ahead, fetched_, this->stop_});
        look_ahead(first, looked_up, candidates);
      }
      if (!made_.has_batch()) begin(full);
      before_ = made_.size();
      rows_.store().begin_record(rows_.row_of(this->key_of(in[i]), this->hashes_[i], candidates[i - first]),
                                 undoable);
      if (has_ttl_) this->show_columns(i);
      this->begin_side_outputs();
      if (consume) {
        apply(i, std::move(in[i]));
      } else {
        apply(i, std::as_const(in[i]));
      }
      if (checked) rows_.commit();
      bool goes_on = this->settle_side_outputs(i, out);
      if (columns) this->hand_down(i, made_.records(), before_);
      ++this->fate_.passed;
      ++i;
      if (made_.size() >= full) goes_on = out.emit(main_port, made_.take()) && goes_on;
      if (!goes_on) return flow::suspended;
    }
    return flow::done;
  }

  std::size_t fetch(std::size_t from) {
    const batch<T>& in = this->template input<T>();
    return rows_.fetch(from, in.size(), this->hashes_,
                       [&](std::size_t k) -> decltype(auto) { return this->key_of(in[k]); });
  }
  void look_ahead(std::size_t from, std::size_t to, typename table_type::candidate* candidates) const {
    const table_type& keys = rows_.table();
    keys.prefetch_slots(this->hashes_ + from, to - from);
    keys.look_ahead(this->hashes_ + from, to - from, candidates);
    rows_.store().prefetch(candidates, to - from);
  }

  template <class Record>
  void apply(std::size_t position, Record&& record) {
    if constexpr (functions::callable<F, Record, collector<Out>&>) {
      this->call(position, std::forward<Record>(record), made_);
    } else {
      this->call(position, this->taken(std::forward<Record>(record)), made_);
    }
  }

  void begin(std::size_t full) {
    made_.begin(this->self_->pool(), full + full / 4);
    made_.records().header = this->input_->header;
    if constexpr (holds_views<Out>) made_.records().retain_blocks_of(*this->input_);
  }
  void emit_part(output& out) override {
    if (made_.has_batch() && made_.size() > 0) out.emit(main_port, made_.take());
  }
  void finish_batch(output& out) override {
    rows_.tidy();
    if (!made_.has_batch()) return;
    batch_ref made = made_.take();
    if (!made->empty()) out.emit(main_port, std::move(made));
  }
  void discard_record() noexcept override {
    rows_.rollback();
    if (made_.has_batch()) made_.truncate(before_);
  }

  // ---- timers

  flow on_watermark(event_time time, output& out) override {
    static_cast<void>(time);
    return continue_time(out);
  }
  flow continue_time(output& out) override {
    if constexpr (is_timed) {
      return calls_.fire_due(rows_, sides_, this->function_, *this->self_, this->input_watermark(), out);
    } else {
      static_cast<void>(out);
      return flow::done;
    }
  }

  state_rows<key_type_t<Extract, T>> rows_;
  functions::side_outputs sides_;
  bool has_ttl_ = false;
  std::size_t fetched_ = 0;  // the rows of the records up to here are in memory
  timer_calls<key_type_t<Extract, T>, Out> calls_;
  collector<Out> made_;
  std::size_t before_ = 0;
};

}  // namespace sage::operators
