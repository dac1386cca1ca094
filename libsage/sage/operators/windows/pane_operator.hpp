/// Tumbling and sliding windows.
#pragma once

#include <algorithm>
#include <bit>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "sage/operators/windows/pane_slice.hpp"
#include "sage/operators/windows/pane_snapshot.hpp"
#include "sage/operators/windows/suffix_panes.hpp"
#include "sage/operators/windows/window_operator.hpp"

namespace sage::operators {

/// Groups the records of each key into windows of event time that lie on a grid, and folds each window.
///
/// Shape       keyed<K, T> -> R; n -> 1 per key and window (any number for `process`)
/// Emits       when time has come to the end of a window: in order of window ends, then of the keys' appearance;
///             early by processing time or number of records, and again for each late record within the lateness
/// Times       the last millisecond of the window. Those of late firings are at or before the watermark
/// Holds back  one record per key and slice until the last window over the slice is closed
/// Drops       records whose last window is closed: counted as late, or sent to the late output; records between two
///             windows: counted as filtered
/// Fails       by error policy: when `add` throws, a record without event time, at a limit (errc::limit); when
///             `merge` or `result` throw, the result is given up by the same policy, without retries
/// Completes   after end of all inputs, once every window was emitted
/// Items       ends them as aggregated; those of late records go with them
/// Snapshot    slices and accumulators, how far windows have spoken
/// Units       event time in milliseconds since the Unix epoch; the same of the wall clock, where windows go by that
/// Cost        O(1) per record, whatever windows overlap; three merges per key and sliding window. Memory per key and
///             slice sizeof(accumulator), twice that for sliding windows; keys that no slice uses are given back
/// Source      regular_grid.hpp, suffix_panes.hpp; Akidau et al., "The Dataflow Model", PVLDB 8(12), 2015, section 2
template <class T, class Extract, class Fold, class Grid>
class pane_operator final : public window_operator<T, Extract, Fold> {
  using base = window_operator<T, Extract, Fold>;
  using accumulator = typename base::accumulator;
  using result = typename base::result;
  using table_type = state::keyed_table<key_type_t<Extract, T>, row_usage>;
  using slice = pane_slice<accumulator>;
  using slice_list = std::vector<std::unique_ptr<slice>>;

 public:
  template <class Windows>
  pane_operator(Extract extract, Fold fold, error_policy policy, const Windows& windows,
                const window_settings& settings)
      : base(std::move(extract), std::move(fold), policy, settings), grid_(windows) {}

  // Early firings are due at moments of processing time, and so are windows over it.
  [[nodiscard]] bool is_async() const noexcept override {
    return this->settings_.early_every > 0 || this->settings_.processing_time;
  }
  [[nodiscard]] bool has_news() const noexcept override {
    const auto at = wake_at();
    return at && this->self_->time().now() >= *at;
  }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override {
    if (!this->settings_.processing_time || slices_.empty()) return early_at_;
    const auto due = first_window_with_records(slices_, grid_, spoken_to_);
    if (!due) return early_at_;
    const clock& time = this->self_->time();
    const nanoseconds at = time.now() + std::max<std::int64_t>(due->end - time.wall_ms(), 0) * 1'000'000;
    return early_at_ ? std::min(*early_at_, at) : at;
  }
  flow on_wake(output& out) override {
    if (early_at_ && this->self_->time().now() >= *early_at_) {
      early_at_.reset();
      early_from_ = spoken_to_;
    }
    return continue_time(out);
  }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (base::can_be_written) return std::nullopt;
    return base::not_writable;
  }
  void snapshot(state::snapshot_writer& to) override {
    to.put_value("open_from", open_from_);
    to.put_value("spoken_to", spoken_to_);
    if constexpr (base::can_be_written) snapshot_panes(rows_, slices_, to);
  }
  void restore(const state::snapshot_reader& from) override {
    open_from_ = from.get_least("open_from").value_or(no_event_time);
    spoken_to_ = from.get_least("spoken_to").value_or(no_event_time);
    if constexpr (base::can_be_written) {
      restore_panes(rows_, slices_, from, [this](const accumulator& acc) { this->restore_window(acc); });
    }
    plan_early();
  }

  /// Keys that are known, for tests of what is given back.
  [[nodiscard]] std::size_t keys() const noexcept { return rows_.size(); }

 private:
  // ---- records

  flow process(output& out) override {
    if (this->cursor_ == 0) {
      this->prepare_hashes();
      ++batch_;
    }
    current_ = nullptr;
    this->note_arrival();
    const std::size_t stop = this->stop_;
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    typename table_type::candidate candidates[keys_ahead];
    const std::uint64_t* const hashes = this->hashes_;
    const bool speaks_early = this->settings_.every_records > 0 || this->settings_.lateness_ms > 0;
    while (i < stop) {
      const std::size_t begin = i;
      const std::size_t end = std::min(begin + keys_ahead, stop);
      rows_.prefetch_slots(hashes + begin, end - begin);
      rows_.look_ahead(hashes + begin, end - begin, candidates);
      if (current_) {
        for (std::size_t k = 0; k < end - begin; ++k) current_->records.prefetch(candidates[k]);
      }
      while (i < end) {
        const std::size_t k = i;
        const std::size_t row = add(k, candidates[k - begin]);
        ++i;
        if (row != nowhere && speaks_early) {
          speak_after(row, out);
          if (this->is_full() && !this->flush(out)) return flow::suspended;
        }
      }
    }
    return flow::done;
  }

  // Adds the record at `i`; returns the row of its key, or nowhere for one that belongs to no open window.
  std::size_t add(std::size_t i, typename table_type::candidate known) {
    const T& record = std::as_const(this->template input<T>())[i];
    event_time time = grid_.within(this->needed_time(this->input_->times(), i));
    if (this->settings_.processing_time) time = std::max(time, open_from_);  // should the clock have been set back
    if (!current_ || !current_->bounds.contains(time)) {
      current_ = find_slice(time, i);
      if (!current_) return nowhere;
    }
    const std::size_t row =
        rows_.find_or_insert(this->key_of(record), this->hashes_[i], known, [] { return row_usage{}; });
    pane<accumulator>& records = current_->records;
    if (accumulator* const acc = records.find(row)) {
      this->add_to(*acc, record);
      ++this->fate_.passed;
    } else {
      row_usage& used = rows_.at(row).value;
      this->check_room(used.slices);
      records.put(row, this->begin_with(record));
      ++used.slices;
      this->hold();
    }
    records.note_change(row);
    if (!grid_.is_tumbling()) merged_.note_change(row, current_->bounds.end);
    this->end_gathered(i);
    return row;
  }

  // The slice that `time` belongs to, made when there is none; null for a record that is done with.
  slice* find_slice(event_time time, std::size_t position) {
    if (time < open_from_) {
      if (grid_.is_covered(grid_.slice_of(time))) {
        this->note_late(position);
      } else {
        this->note_between(position);
      }
      return nullptr;
    }
    const auto behind = std::upper_bound(slices_.begin(), slices_.end(), time,
                                         [](event_time t, const auto& s) { return t < s->bounds.start; });
    if (behind == slices_.begin() || !(*std::prev(behind))->bounds.contains(time)) {
      const window bounds = grid_.slice_of(time);
      if (!grid_.is_covered(bounds)) {
        this->note_between(position);
        return nullptr;
      }
      return kept(**slices_.insert(behind, std::make_unique<slice>(slice{bounds, {}, {}, {}, 0})));
    }
    return kept(**std::prev(behind));
  }
  slice* kept(slice& one) {
    if constexpr (holds_views<T>) {
      if (std::exchange(one.batch, batch_) != batch_) {
        one.blocks.insert(one.blocks.end(), this->input_->blocks().begin(), this->input_->blocks().end());
      }
    }
    return &one;
  }

  // What the record in `row` makes its windows say at once: those that have spoken and are still open, and the one
  // that has its number of records.
  void speak_after(std::size_t row, output& out) {
    slice& now = *current_;
    for (window w = grid_.first_window_of(now.bounds); w.start < spoken_to_ && w.start <= now.bounds.start;
         w = grid_.next(w)) {
      if (w.start >= open_from_) speak_alone(row, w, out);
    }
    const std::uint32_t every = this->settings_.every_records;
    if (every == 0 || now.bounds.start < spoken_to_) return;
    if (row >= now.fresh.size()) now.fresh.resize(row + 1 + row / 2);
    if (++now.fresh[row] < every) return;
    now.fresh[row] = 0;
    speak_alone(row, now.bounds, out);
  }
  void speak_alone(std::size_t row, const window& w, output& out) {
    selected_ = slices_within(slices_, w);
    speak(row, w, this->settings_.purging, out);
  }

  void finish_batch(output& out) override {
    base::finish_batch(out);
    plan_early();
  }
  void plan_early() {
    if (this->settings_.early_every > 0 && !early_at_ && !slices_.empty()) {
      early_at_ = this->self_->time().now() + this->settings_.early_every;
    }
  }

  // ---- windows

  flow on_watermark(event_time time, output& out) override {
    static_cast<void>(time);
    return continue_time(out);
  }

  flow continue_time(output& out) override {
    if (early_from_) {
      if (speak_early(out) == flow::suspended) return flow::suspended;
    }
    const event_time now = this->time_now();
    for (;;) {
      if (!walk_.active) {
        const auto due = first_window_with_records(slices_, grid_, spoken_to_);
        if (!due || (due->end - 1 > now)) break;
        begin_walk(*due, false);
      }
      if (walk(out) == flow::suspended) return flow::suspended;
      spoken_to_ = grid_.next(walk_.when).start;
    }
    spoken_to_ = std::max(spoken_to_, grid_.open_from(now));
    retire(now);
    this->flush(out);
    return flow::done;
  }

  // All open windows that have changed since they last spoke.
  flow speak_early(output& out) {
    for (;;) {
      if (!walk_.active) {
        const auto next = first_window_with_records(slices_, grid_, *early_from_);
        if (!next) break;
        begin_walk(*next, true);
      }
      if (walk(out) == flow::suspended) return flow::suspended;
      early_from_ = grid_.next(walk_.when).start;
    }
    early_from_.reset();
    for (const auto& s : slices_) s->records.forget_changes();
    if (!this->flush(out)) return flow::suspended;
    return flow::done;
  }

  void begin_walk(const window& w, bool early) {
    selected_ = slices_within(slices_, w);
    walk_ = {true, early, w, 0, 0, 0};
    for (const auto& s : selected_) walk_.pages = std::max(walk_.pages, s->records.pages());
    if (walk_.pages > 0) walk_.left = rows_in(0);
    walk_.merged = false;
    if constexpr (Fold::is_mergeable && !Fold::gathers) {
      if (!early && !grid_.is_tumbling()) {
        merged_.prepare(w.start, w.end, selected_, this->function_);
        walk_.merged = true;
      }
    }
    if (auto* const made = this->results()) retain_for_results(*made);
  }
  [[nodiscard]] std::uint64_t rows_in(std::size_t page) const noexcept {
    std::uint64_t rows = 0;
    for (const auto& s : selected_) rows |= walk_.early ? s->records.changed(page) : s->records.present(page);
    return rows;
  }

  flow walk(output& out) {
    const bool last_word = this->settings_.purging || (this->settings_.lateness_ms == 0 && grid_.is_tumbling());
    const bool take = walk_.early ? this->settings_.purging : last_word;
    for (;;) {
      while (walk_.left == 0) {
        if (++walk_.page >= walk_.pages) {
          walk_.active = false;
          return flow::done;
        }
        walk_.left = rows_in(walk_.page);
      }
      const auto in_page = static_cast<std::size_t>(std::countr_zero(walk_.left));
      walk_.left &= walk_.left - 1;
      speak(walk_.page * pane<accumulator>::page_rows + in_page, walk_.when, take, out);
      if (this->is_full() && !this->flush(out)) return flow::suspended;
    }
  }

  // The result of one key in the window of the selected slices; with `take`, nothing is left of it.
  void speak(std::size_t row, const window& w, bool take, output& out) {
    const auto& of = rows_.at(row).key;
    if (selected_.size() == 1) {
      slice& only = *selected_.front();
      accumulator* const acc = only.records.find(row);
      if (!acc) return;
      if (!take) {
        this->add_result(of, w, accumulator(*acc), out);
        return;
      }
      this->give_back(*acc);
      this->add_result(of, w, std::move(*acc), out);
      only.records.erase(row);
      --rows_.at(row).value.slices;
      this->release(1);
      return;
    }
    if constexpr (Fold::is_mergeable) {
      std::optional<accumulator> all;
      try {
        all = merged(row);
      } catch (...) {
        this->give_up_window(of, w, out);
        return;
      }
      if (all) this->add_result(of, w, *std::move(all), out);
    }
  }
  std::optional<accumulator> merged(std::size_t row) {
    std::optional<accumulator> all;
    const auto add = [&](const accumulator* acc) {
      if (acc && all) this->function_.merge(*all, *acc);
      if (acc && !all) all = *acc;
    };
    if (walk_.active && walk_.merged && !merged_.is_stale(row)) {
      add(merged_.older(row));
      add(merged_.newer(row));
    } else {
      for (const auto& s : selected_) add(std::as_const(s->records).find(row));
    }
    return all;
  }

  void retain_for_results(batch<result>& records) override {
    if constexpr (holds_views<T> && holds_views<result>) {
      for (const auto& s : selected_) {
        for (const auto& block : s->blocks) records.retain(block);
      }
    }
  }

  // ---- giving back

  void retire(event_time now) {
    if (rows_.size() >= sweep_at_) sweep();
    const event_time kept_to = now == end_of_time ? now : subtract_time(now, this->settings_.lateness_ms);
    open_from_ = std::max(open_from_, grid_.open_from(kept_to));
    std::size_t over = 0;
    for (; over < slices_.size() && slices_[over]->bounds.start < open_from_; ++over) {
      pane<accumulator>& records = slices_[over]->records;
      records.for_each([&](std::size_t row, accumulator& acc) {
        this->give_back(acc);
        --rows_.at(row).value.slices;
      });
      this->release(records.size());
    }
    selected_ = {};
    current_ = nullptr;
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(over));
    if (slices_.empty()) merged_.clear();
  }

  void sweep() {
    if (forget_unused_rows(rows_, slices_)) merged_.clear();
    sweep_at_ = std::max(sweep_min, rows_.size() * 2);
  }

  static constexpr std::size_t nowhere = ~std::size_t{0};
  static constexpr std::size_t sweep_min = 4096;  // fewer keys aren't worth the look
  Grid grid_;
  table_type rows_;
  slice_list slices_;  // in order of time
  slice* current_ = nullptr;
  std::uint64_t batch_ = 0;
  std::span<std::unique_ptr<slice>> selected_;  // of the window at hand
  suffix_panes<Fold> merged_;
  window_walk walk_;
  event_time open_from_ = no_event_time;  // windows that begin before are closed
  event_time spoken_to_ = no_event_time;  // windows that begin before have spoken
  std::optional<event_time> early_from_;  // how far the early firing under way has come
  std::optional<nanoseconds> early_at_;
  std::size_t sweep_at_ = sweep_min;
};

}  // namespace sage::operators
