/// Windows of event time on a grid, with more keys than memory holds.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "sage/operators/windows/window_operator.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/spilled_timers.hpp"
#include "sage/state/stored_value.hpp"

namespace sage::operators {

/// What pane_operator does, by keys instead of by panes: each key has a row with its slices, which may leave memory,
/// and is looked at when one of its windows ends.
///
/// Shape       keyed<K, T> -> R; n -> 1 per key and window (any number for `process`)
/// Emits       when time has come to the end of a window: in order of window ends, then of the keys' bytes; early by
///             processing time or number of records, and again for each late record within the lateness
/// Holds back, Drops, Fails, Completes, Items, Units: as pane_operator
/// Snapshot    slices and accumulators
/// Cost        O(slices of the key) per record; as many merges per key and window as it has slices. A read and a
/// write
///             of a row per record whose key is not in memory, and per window of such a key
template <class T, class Extract, class Fold, class Grid>
class spilled_windows final : public window_operator<T, Extract, Fold>, private state::row_values {
  using base = window_operator<T, Extract, Fold>;
  using accumulator = typename base::accumulator;
  struct slice {
    window bounds;
    std::uint32_t fresh = 0;  // records since it last spoke by their number
    bool changed = true;      // since it last spoke
    accumulator acc;
  };
  struct row_state {
    std::vector<slice> slices;  // in order of time
    event_time due = end_of_time;
    bool early_due = false;
  };
  using rows_type = state::keyed_rows<key_type_t<Extract, T>, row_state>;

 public:
  template <class Windows>
  spilled_windows(Extract extract, Fold fold, error_policy policy, const Windows& windows,
                  const window_settings& settings)
      : base(std::move(extract), std::move(fold), policy, settings), grid_(windows) {}

  void open(context& self) override {
    base::open(self);
    if constexpr (!state::is_storable<accumulator>) base::refuse_to_spill();
    rows_.spill_to(self.state_backend(), *this, self.operator_name(), self.instance());
    if (!rows_.spill()) return;
    due_.spill_to(*rows_.spill(), 'e');
    early_.spill_to(*rows_.spill(), 'p');
  }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (base::can_be_written) return std::nullopt;
    return base::not_writable;
  }
  void snapshot(state::snapshot_writer& to) override {
    if constexpr (base::can_be_written) {
      to.put_value("open_from", open_from_);
      to.put_value("spoken_to", spoken_to_);
      state::snapshot_rows(rows_, *this, to);
    }
  }
  void restore(const state::snapshot_reader& from) override {
    if constexpr (base::can_be_written) {
      open_from_ = from.get_least("open_from").value_or(no_event_time);
      speaking_to_ = spoken_to_ = from.get_least("spoken_to").value_or(no_event_time);
      state::restore_rows(rows_, *this, from, [this](std::size_t row) {
        const row_state& its = rows_.table().at(row).value;
        for (const slice& one : its.slices) this->restore_window(one.acc);
        if (its.due != end_of_time) due_.set(its.due, row);
        if (its.early_due) early_.set(wall(), row);
      });
    }
  }

  // Early firings are due at moments of processing time.
  [[nodiscard]] bool is_async() const noexcept override { return this->settings_.early_every > 0; }
  [[nodiscard]] bool has_news() const noexcept override { return !early_.empty() && early_.next() <= wall(); }
  [[nodiscard]] std::optional<nanoseconds> wake_at() const noexcept override {
    if (early_.empty()) return std::nullopt;
    return this->self_->time().now() + std::max<std::int64_t>(subtract_time(early_.next(), wall()), 0) * 1'000'000;
  }
  flow on_wake(output& out) override { return continue_time(out); }

 private:
  [[nodiscard]] event_time wall() const noexcept { return this->self_->time().wall_ms(); }

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
      const event_time time = grid_.within(this->needed_time(this->input_->times(), i));
      const std::size_t at = i;
      if (const auto bounds = open_slice(time, at)) {
        const std::size_t row = rows_.fetch_one(this->key_of(in[at]), this->hashes_[at]);
        add(row, *bounds, in[at]);
        this->end_gathered(at);
        ++i;
        speak_after(row, *bounds, out);
      } else {
        ++i;
      }
      if (this->is_full() && !this->flush(out)) return flow::suspended;
    }
    return flow::done;
  }

  std::optional<window> open_slice(event_time time, std::size_t position) {
    const window bounds = grid_.slice_of(time);
    if (!grid_.is_covered(bounds)) {
      this->note_between(position);
      return std::nullopt;
    }
    if (time < open_from_) {
      this->note_late(position);
      return std::nullopt;
    }
    return bounds;
  }

  void add(std::size_t row, const window& bounds, const T& record) {
    row_state& its = rows_.table().at(row).value;
    const auto at = std::lower_bound(its.slices.begin(), its.slices.end(), bounds.start,
                                     [](const slice& s, event_time t) { return s.bounds.start < t; });
    if (at != its.slices.end() && at->bounds == bounds) {
      this->add_to(at->acc, record);
      at->changed = true;
      ++this->fate_.passed;
    } else {
      this->check_room(its.slices.size());
      its.slices.insert(at, slice{bounds, 0, true, this->begin_with(record)});
      this->hold();
    }
    look_at(row, next_look(bounds, spoken_to_));
    if (this->settings_.early_every > 0 && !std::exchange(its.early_due, true)) {
      early_.set(add_time(wall(), std::max<std::int64_t>(this->settings_.early_every / 1'000'000, 1)), row);
    }
  }
  // When the first of the windows over a slice speaks that begins at `from` or later, or else when the slice is over.
  [[nodiscard]] event_time next_look(const window& bounds, event_time from) const {
    const window first = first_from(bounds, from);
    return first.start <= bounds.start ? first.end - 1 : over_at(bounds);
  }
  [[nodiscard]] window first_from(const window& bounds, event_time from) const {
    const window first = grid_.first_window_of(bounds);
    return first.start >= from ? first : grid_.window_from(from);
  }
  // When the last window over a slice is closed.
  [[nodiscard]] event_time over_at(const window& bounds) const {
    return add_time(grid_.last_window_of(bounds).end - 1, this->settings_.lateness_ms);
  }
  void look_at(std::size_t row, event_time time) {
    row_state& its = rows_.table().at(row).value;
    if (time >= its.due) return;
    its.due = time;
    due_.set(time, row);
  }

  // What a record makes its windows say at once: those that have spoken and are still open, and the one that has its
  // number of records.
  void speak_after(std::size_t row, const window& bounds, output& out) {
    if (this->settings_.lateness_ms > 0) {
      for (window w = grid_.first_window_of(bounds); w.start < spoken_to_ && w.start <= bounds.start;
           w = grid_.next(w)) {
        if (w.start >= open_from_) speak(row, w, this->settings_.purging, out);
      }
    }
    const std::uint32_t every = this->settings_.every_records;
    if (every == 0 || bounds.start < spoken_to_) return;
    auto& slices = rows_.table().at(row).value.slices;
    const auto at = std::find_if(slices.begin(), slices.end(), [&](const slice& s) { return s.bounds == bounds; });
    if (at == slices.end() || ++at->fresh < every) return;
    at->fresh = 0;
    speak(row, bounds, this->settings_.purging, out);
  }

  // ---- windows

  flow on_watermark(event_time time, output& out) override {
    static_cast<void>(time);
    return continue_time(out);
  }
  flow continue_time(output& out) override {
    const event_time now = this->input_watermark();
    for (;;) {
      while (next_due_ < due_rows_.size()) {
        const auto due = due_rows_[next_due_++];
        if (is_early_) {
          speak_early(due.row, out);
        } else {
          settle(due.row, due.time, out);
        }
        if (this->is_full() && !this->flush(out)) return flow::suspended;
      }
      next_due_ = 0;
      is_early_ = false;
      if (due_.take_due(now, due_rows_)) {
        // Rows that are due at one time may come in several groups.
        if (due_rows_.front().time > settled_to_) spoken_to_ = std::max(spoken_to_, speaking_to_);
        settled_to_ = due_rows_.front().time;
        continue;
      }
      is_early_ = true;
      if (this->settings_.early_every == 0 || !early_.take_due(wall(), due_rows_)) break;
    }
    is_early_ = false;
    spoken_to_ = std::max({spoken_to_, speaking_to_, grid_.open_from(now)});
    open_from_ = std::max(open_from_, grid_.open_from(kept_to(now)));
    this->flush(out);
    return flow::done;
  }
  [[nodiscard]] event_time kept_to(event_time now) const noexcept {
    return now == end_of_time ? now : subtract_time(now, this->settings_.lateness_ms);
  }

  // What a row has to do when time has come to `time`: its window that ends then speaks, its slices that are over go.
  void settle(std::size_t row, event_time time, output& out) {
    row_state& its = rows_.table().at(row).value;
    its.due = end_of_time;
    if (its.slices.empty()) return;
    event_time from = spoken_to_;
    for (const slice& s : its.slices) {
      const window ending = first_from(s.bounds, spoken_to_);
      if (ending.start > s.bounds.start || ending.end - 1 != time) continue;
      from = ending.start + 1;
      speaking_to_ = std::max(speaking_to_, from);
      speak(row, ending, this->settings_.purging, out);
      break;
    }
    const auto stays =
        std::find_if(its.slices.begin(), its.slices.end(), [&](const slice& s) { return over_at(s.bounds) > time; });
    std::for_each(its.slices.begin(), stays, [this](const slice& s) { this->give_back(s.acc); });
    this->release(static_cast<std::size_t>(stays - its.slices.begin()));
    its.slices.erase(its.slices.begin(), stays);
    event_time next = end_of_time;
    for (const slice& s : its.slices) next = std::min(next, next_look(s.bounds, from));
    if (next != end_of_time) look_at(row, next);
  }
  // All open windows of a key that have changed since they last spoke.
  void speak_early(std::size_t row, output& out) {
    row_state& its = rows_.table().at(row).value;
    its.early_due = false;
    event_time said_to = no_event_time;
    for (std::size_t i = 0; i < its.slices.size(); ++i) {
      const window bounds = its.slices[i].bounds;
      if (!its.slices[i].changed) continue;
      for (window w = first_from(bounds, spoken_to_); w.start <= bounds.start; w = grid_.next(w)) {
        if (w.start <= said_to) continue;
        said_to = w.start;
        speak(row, w, this->settings_.purging, out);
      }
    }
    for (slice& s : its.slices) s.changed = false;
  }

  // The result of one key in one window; with `take`, nothing is left of it.
  void speak(std::size_t row, const window& w, bool take, output& out) {
    auto& entry = rows_.table().at(row);
    auto& slices = entry.value.slices;
    const auto first = std::lower_bound(slices.begin(), slices.end(), w.start,
                                        [](const slice& s, event_time t) { return s.bounds.start < t; });
    auto last = first;
    while (last != slices.end() && last->bounds.end <= w.end) ++last;
    if (first == last) return;
    std::optional<accumulator> all;
    try {
      all = first->acc;
      if constexpr (Fold::is_mergeable) {
        for (auto next = std::next(first); next != last; ++next) this->function_.merge(*all, next->acc);
      }
    } catch (...) {
      this->give_up_window(entry.key, w, out);
      return;
    }
    this->add_result(entry.key, w, *std::move(all), out);
    if (!take) return;
    std::for_each(first, last, [this](const slice& s) { this->give_back(s.acc); });
    this->release(static_cast<std::size_t>(last - first));
    slices.erase(first, last);
  }

  // ---- row_values

  bool is_empty(std::size_t row) const override { return rows_.table().at(row).value.slices.empty(); }
  void write(std::size_t row, value_writer& out) const override {
    if constexpr (state::is_storable<accumulator>) {
      const row_state& its = rows_.table().at(row).value;
      out.begin_list(2 + 5 * its.slices.size());
      out.write_int64(its.due);
      out.write_bool(its.early_due);
      for (const slice& one : its.slices) {
        out.write_int64(one.bounds.start);
        out.write_int64(one.bounds.end);
        out.write_uint64(one.fresh);
        out.write_bool(one.changed);
        state::write_stored(out, one.acc);
      }
      out.end_list();
    }
  }
  bool read(std::size_t row, value_reader& in) override {
    if constexpr (state::is_storable<accumulator>) {
      row_state& its = rows_.table().at(row).value;
      container_cursor all;
      const auto next = [&] { return in.next_element(all) == container_step::element; };
      if (!in.begin_list(all) || !next() || !read_value(in, its.due) || !next() || !in.read_bool(its.early_due)) {
        return false;
      }
      while (next()) {
        slice& one = its.slices.emplace_back(slice{{}, 0, true, accumulator{}});
        if (!read_value(in, one.bounds.start) || !next() || !read_value(in, one.bounds.end) || !next() ||
            !read_value(in, one.fresh) || !next() || !in.read_bool(one.changed) || !next() ||
            !state::read_stored(in, one.acc)) {
          return false;
        }
      }
      return !in.failed();
    } else {
      return false;
    }
  }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

  Grid grid_;
  rows_type rows_;
  std::size_t fetched_ = 0;  // the rows of the records up to here are in memory
  state::row_timers due_;    // per key, when it has to be looked at next
  state::row_timers early_;
  std::vector<state::timer_queue::due_timer> due_rows_;  // of one time
  std::size_t next_due_ = 0;
  bool is_early_ = false;                   // they are of `early_`
  event_time open_from_ = no_event_time;    // windows that begin before are closed
  event_time spoken_to_ = no_event_time;    // windows that begin before have spoken
  event_time settled_to_ = no_event_time;   // rows that were due up to here have been looked at
  event_time speaking_to_ = no_event_time;  // will have, when all rows that are due have been looked at
};

}  // namespace sage::operators
