/// Windows without end: by count, or by a trigger of the user's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/timers.hpp"
#include "sage/operators/windows/window_operator.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/stored_value.hpp"

namespace sage::operators {

/// Gathers the records of each key into one window without end, which speaks when its trigger says so.
///
/// Shape       keyed<K, T> -> R; n -> 1 per firing (any number for `process`)
/// Emits       when the trigger fires; when the input has ended, once more where records have come since
/// Times       the event time of its latest record; none where records have none
/// Holds back  one record per window until it begins anew
/// Fails       by error policy: when `add` or the trigger throw, at a limit (errc::limit); when `result` throws, the
///             result is given up by the same policy, without retries. A trigger that throws in `on_timer` fails the
///             job
/// Completes   after end of input
/// Items       ends them as aggregated
/// Snapshot    accumulators, the states of triggers, timers
/// Cost        O(1) per record; a merge per part and firing; keys without window are given back
/// Source      Akidau et al., "The Dataflow Model", PVLDB 8(12), 2015, section 2.3 (triggers)
template <class T, class Extract, class Fold, class Windows>
class trigger_operator final : public window_operator<T, Extract, Fold>, private state::row_values {
  using base = window_operator<T, Extract, Fold>;
  using accumulator = typename base::accumulator;
  using trigger_type = decltype(Windows::trigger);
  using trigger_state = typename trigger_type::state;
  struct part {
    accumulator acc;
    std::uint32_t records = 0;
    window bounds{end_of_time, no_event_time};
  };
  struct row_state {
    std::vector<part> parts;  // the oldest first
    trigger_state trigger{};
    std::uint64_t fresh = 0;  // records since it last spoke
  };
  using rows_type = state::keyed_rows<key_type_t<Extract, T>, row_state>;
  using table_type = typename rows_type::table_type;
  static constexpr bool is_storable = state::is_storable<accumulator> && encodable<trigger_state>;
  static constexpr bool has_timers =
      requires(trigger_type & t, trigger_state& s, const timer& at, trigger_timers& to) {
    t.on_timer(s, at, to);
  };

 public:
  trigger_operator(Extract extract, Fold fold, error_policy policy, const Windows& windows,
                   const window_settings& settings)
      : base(std::move(extract), std::move(fold), policy, settings), windows_(windows) {}

  void open(context& self) override {
    base::open(self);
    timers_.emplace(store_, self.time());
    if (!self.state_backend()) return;
    if constexpr (!is_storable) base::refuse_to_spill();
    rows_.spill_to(self.state_backend(), *this, self.operator_name(), self.instance());
    timers_->spill_to(*rows_.spill());
  }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (base::can_be_written && is_storable) return std::nullopt;
    return base::not_writable;
  }
  void snapshot(state::snapshot_writer& to) override {
    if constexpr (base::can_be_written && is_storable) {
      state::snapshot_rows(rows_, *this, to);
      state::snapshot_timers(rows_, timers_->of_events(), state::event_timer_table, to);
      state::snapshot_timers(rows_, timers_->of_processing(), state::wall_timer_table, to);
    }
  }
  void restore(const state::snapshot_reader& from) override {
    if constexpr (base::can_be_written && is_storable) {
      state::restore_rows(rows_, *this, from, [this](std::size_t row) {
        // A window counts once, however many parts it has; all of them are given back together.
        const auto& parts = rows_.table().at(row).value.parts;
        this->restore_window(parts.front().acc);
        for (auto next = parts.begin() + 1; next != parts.end(); ++next) this->count_bytes(next->acc);
      });
      state::restore_timers(rows_, timers_->of_events(), state::event_timer_table, from);
      state::restore_timers(rows_, timers_->of_processing(), state::wall_timer_table, from);
    }
  }
  [[nodiscard]] bool is_async() const noexcept override { return has_timers; }
  [[nodiscard]] bool has_news() const noexcept override {
    const auto at = wake_at();
    return at && this->self_->time().now() >= *at;
  }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override {
    return timers_ ? timers_->wake_at() : std::nullopt;
  }
  flow on_wake(output& out) override { return continue_time(out); }

  /// Keys that are known, for tests of what is given back.
  [[nodiscard]] std::size_t keys() const noexcept { return rows_.rows(); }

 private:
  // ---- records

  flow process(output& out) override {
    if (this->cursor_ == 0) {
      this->prepare_hashes();
      fetched_ = 0;
    }
    const batch<T>& in = this->template input<T>();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    while (i < this->stop_) {
      if (i >= fetched_) {
        fetched_ = rows_.fetch(i, in.size(), this->hashes_,
                               [&](std::size_t k) -> decltype(auto) { return this->key_of(in[k]); });
      }
      const std::size_t row = rows_.fetch_one(this->key_of(in[i]), this->hashes_[i]);
      const trigger_action action = add(row, i);
      this->end_gathered(i);
      ++i;
      act(row, action, out);
      if (this->is_full() && !this->flush(out)) return flow::suspended;
    }
    return flow::done;
  }

  // Adds the record at `i`. Nothing is changed before all that may throw is done.
  trigger_action add(std::size_t row, std::size_t i) {
    const T& record = std::as_const(this->template input<T>())[i];
    row_state& its = rows_.table().at(row).value;
    const event_time time = this->time_of(i);
    if (its.parts.empty()) this->check_room(0);
    store_.begin_record(row, true);
    trigger_timers timers(*timers_);
    timers.set_timestamp(time);
    trigger_state after = its.trigger;
    const trigger_action action = windows_.trigger.on_record(after, record, timers);
    const bool opens =
        its.parts.empty() || (windows_.part_records > 0 && its.parts.back().records >= windows_.part_records);
    if (opens) {
      part next{this->begin_with(record)};
      if (its.parts.empty()) {
        this->hold();
      } else {
        ++this->fate_.passed;
      }
      its.parts.push_back(std::move(next));
      if (its.parts.size() > windows_.parts_max) {
        this->give_back(its.parts.front().acc);
        its.parts.erase(its.parts.begin());
      }
    } else {
      this->add_to(its.parts.back().acc, record);
      ++this->fate_.passed;
    }
    part& last = its.parts.back();
    ++last.records;
    if (time != no_event_time) {
      last.bounds.start = std::min(last.bounds.start, time);
      last.bounds.end = std::max(last.bounds.end, time + 1);
    }
    its.trigger = std::move(after);
    ++its.fresh;
    timers_->commit();
    return action;
  }
  void discard_record() noexcept override { timers_->rollback(); }

  void act(std::size_t row, trigger_action action, output& out) {
    if (action == trigger_action::wait) return;
    auto& entry = rows_.table().at(row);
    const bool purges = action != trigger_action::fire;
    if (purges) give_back_parts(entry.value);
    if (action != trigger_action::purge) speak(entry.key, entry.value, purges, out);
    if (!purges) return;
    if (!entry.value.parts.empty()) this->release(1);
    entry.value = {};
  }

  // To be called before they are moved away.
  void give_back_parts(const row_state& its) noexcept {
    for (const part& each : its.parts) this->give_back(each.acc);
  }

  void speak(const typename base::key& of, row_state& its, bool last_word, output& out) {
    its.fresh = 0;
    if (its.parts.empty()) return;
    window when = its.parts.front().bounds;
    for (const part& each : its.parts) {
      when.start = std::min(when.start, each.bounds.start);
      when.end = std::max(when.end, each.bounds.end);
    }
    if (when.end <= when.start) when = {0, 0};
    std::optional<accumulator> all;
    try {
      all = last_word ? std::move(its.parts.front().acc) : its.parts.front().acc;
      if constexpr (Fold::is_mergeable) {
        for (auto next = its.parts.begin() + 1; next != its.parts.end(); ++next)
          this->function_.merge(*all, next->acc);
      }
    } catch (...) {
      this->give_up_window(of, when, out);
      return;
    }
    this->add_result(of, when, *std::move(all), out);
  }

  void finish_batch(output& out) override {
    base::finish_batch(out);
    if (rows_.spill() || rows_.table().size() < sweep_at_) return;
    std::vector<bool> timed(rows_.table().end());
    const auto note = [&](std::uint32_t row) { timed[row] = true; };
    timers_->of_events().for_each_row(note);
    timers_->of_processing().for_each_row(note);
    table_type& table = rows_.table();
    for (std::size_t row = table.end(); row-- > 0;) {
      if (row < table.end() && table.has(row) && !timed[row] && is_empty(row)) table.erase(row);
    }
    sweep_at_ = std::max(sweep_min, 2 * table.size());
  }

  // ---- time

  flow on_watermark(event_time time, output& out) override {
    if (time == end_of_time) timers_->end();
    return continue_time(out);
  }
  flow continue_time(output& out) override {
    if constexpr (has_timers) {
      for (;;) {
        while (next_due_ < due_.size()) {
          fire(due_[next_due_++], out);
          if (this->is_full() && !this->flush(out)) return flow::suspended;
        }
        next_due_ = 0;
        kind_ = timer_kind::event_time;
        if (timers_->of_events().take_due(this->input_watermark(), due_)) continue;
        kind_ = timer_kind::processing_time;
        if (!timers_->of_processing().take_due(timers_->now(), due_)) break;
      }
    }
    this->flush(out);
    return flow::done;
  }
  void fire(const state::timer_queue::due_timer& due, output& out) {
    if constexpr (has_timers) {
      if (!rows_.table().has(due.row)) return;
      store_.begin_record(due.row, false);
      trigger_timers timers(*timers_);
      row_state& its = rows_.table().at(due.row).value;
      act(due.row, windows_.trigger.on_timer(its.trigger, timer{due.time, kind_}, timers), out);
    }
  }

  /// What has not been said when the input ends is said now.
  flow finish_input(output& out) override {
    table_type& table = rows_.table();
    if (!finishing_) {
      finishing_ = true;
      if (rows_.spill() && rows_.spill()->has_written()) rows_.spill()->empty_memory();
    }
    for (;;) {
      for (; next_row_ < table.end(); ++next_row_) {
        if (!table.has(next_row_) || table.at(next_row_).value.parts.empty()) continue;
        if (this->is_full() && !this->flush(out)) return flow::suspended;
        auto& entry = table.at(next_row_);
        give_back_parts(entry.value);
        if (entry.value.fresh > 0) speak(entry.key, entry.value, true, out);
        entry.value = {};
        this->release(1);
      }
      table.clear();
      next_row_ = 0;
      if (!rows_.spill() || !rows_.spill()->bring_next_in(walked_, state::rows_ahead)) break;
    }
    this->flush(out);
    return flow::done;
  }

  // ---- row_values

  bool is_empty(std::size_t row) const override { return rows_.table().at(row).value.parts.empty(); }
  void write(std::size_t row, value_writer& out) const override {
    if constexpr (is_storable) {
      const row_state& its = rows_.table().at(row).value;
      out.begin_list(2 + 4 * its.parts.size());
      write_value(out, its.trigger);
      out.write_uint64(its.fresh);
      for (const part& each : its.parts) {
        out.write_uint64(each.records);
        out.write_int64(each.bounds.start);
        out.write_int64(each.bounds.end);
        state::write_stored(out, each.acc);
      }
      out.end_list();
    }
  }
  bool read(std::size_t row, value_reader& in) override {
    if constexpr (is_storable) {
      row_state& its = rows_.table().at(row).value;
      container_cursor all;
      const auto next = [&] { return in.next_element(all) == container_step::element; };
      if (!in.begin_list(all) || !next() || !read_value(in, its.trigger) || !next() || !read_value(in, its.fresh)) {
        return false;
      }
      while (next()) {
        part& one = its.parts.emplace_back(part{accumulator{}});
        if (!read_value(in, one.records) || !next() || !read_value(in, one.bounds.start) || !next() ||
            !read_value(in, one.bounds.end) || !next() || !state::read_stored(in, one.acc)) {
          return false;
        }
      }
      return !in.failed();
    } else {
      return false;
    }
  }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

  static constexpr std::size_t sweep_min = 4096;  // fewer keys aren't worth the look

  Windows windows_;
  rows_type rows_;
  std::size_t fetched_ = 0;   // the rows of the records up to here are in memory
  state::keyed_store store_;  // says which row is at hand
  std::optional<timer_service> timers_;
  std::vector<state::timer_queue::due_timer> due_;  // of one time
  std::size_t next_due_ = 0;
  timer_kind kind_ = timer_kind::event_time;
  bool finishing_ = false;
  std::size_t next_row_ = 0;
  std::string walked_;  // how far the store has been emitted
  std::size_t sweep_at_ = sweep_min;
};

}  // namespace sage::operators
