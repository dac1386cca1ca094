/// Session windows.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sage/operators/windows/window_operator.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/spilled_timers.hpp"
#include "sage/state/stored_value.hpp"

namespace sage::operators {

/// Groups the records of each key into sessions: records that are at most `gap` apart belong together. A record may
/// join two sessions into one.
///
/// Shape       keyed<K, T> -> R; n -> 1 per key and session (any number for `process`)
/// Emits       when time has come to `gap` behind the last record of a session, in order of that; again for each late
///             record within the lateness
/// Times       the last millisecond of the session, which ends `gap` behind its last record
/// Holds back  one record per session until it is closed
/// Drops       records that belong to no open session and whose own would be over: counted as late, or sent to the
/// late
///             output
/// Fails       by error policy: when `add` or `merge` throw, a record without event time, at a limit (errc::limit),
/// also
///             of a session's length; when `result` throws, the result is given up by the same policy, without
///             retries
/// Completes   after end of all inputs, once every session was emitted
/// Items       ends them as aggregated; those of late records go with them
/// Snapshot    sessions and accumulators
/// Units       event time in milliseconds since the Unix epoch
/// Cost        O(sessions of the key that are open) per record, mostly one; keys without session are given back
/// Source      Akidau et al., "The Dataflow Model", PVLDB 8(12), 2015, section 2.2.2 (merging windows)
template <class T, class Extract, class Fold>
class session_operator final : public window_operator<T, Extract, Fold>, private state::row_values {
  static_assert(Fold::is_mergeable,
                "a session may join two: its aggregate needs merge(accumulator&, const accumulator&)");
  using base = window_operator<T, Extract, Fold>;
  using accumulator = typename base::accumulator;
  struct session {
    window bounds;
    accumulator acc;
    bool spoken = false;
  };
  struct row_state {
    std::vector<session> sessions;  // in order of time
    event_time due = end_of_time;
  };
  using rows_type = state::keyed_rows<key_type_t<Extract, T>, row_state>;
  using table_type = typename rows_type::table_type;

 public:
  session_operator(Extract extract, Fold fold, error_policy policy, std::int64_t gap_ms,
                   const window_settings& settings)
      : base(std::move(extract), std::move(fold), policy, settings), gap_(gap_ms) {
    static_assert(!holds_views<accumulator> || !holds_views<T> || std::copy_constructible<accumulator>);
  }

  void open(context& self) override {
    base::open(self);
    if (!self.state_backend()) return;
    if constexpr (!state::is_storable<accumulator>) base::refuse_to_spill();
    rows_.spill_to(self.state_backend(), *this, self.operator_name(), self.instance());
    due_.spill_to(*rows_.spill(), 'e');
  }

  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (base::can_be_written) return std::nullopt;
    return base::not_writable;
  }
  void snapshot(state::snapshot_writer& to) override {
    if constexpr (base::can_be_written) state::snapshot_rows(rows_, *this, to);
  }
  void restore(const state::snapshot_reader& from) override {
    if constexpr (base::can_be_written) {
      state::restore_rows(rows_, *this, from, [this](std::size_t row) {
        const row_state& its = rows_.table().at(row).value;
        for (const session& one : its.sessions) this->restore_window(one.acc);
        if (its.due != end_of_time) due_.set(its.due, row);
      });
    }
  }

  /// Keys that are known, for tests of what is given back.
  [[nodiscard]] std::size_t keys() const noexcept { return rows_.rows(); }

 private:
  flow process(output& out) override {
    if (this->cursor_ == 0) {
      this->prepare_hashes();
      keep_blocks();
      fetched_ = 0;
    }
    const std::size_t stop = this->stop_;
    auto& table = rows_.table();
    std::size_t i = this->cursor_;
    const cursor_guard cursor(this->cursor_, i);
    typename table_type::candidate candidates[keys_ahead];
    std::size_t first = i;
    std::size_t looked_up = i;  // candidates are those of the records up to here
    while (i < stop) {
      if (i == looked_up) {
        if (i >= fetched_) fetched_ = fetch(i);
        first = i;
        looked_up = std::min({i + keys_ahead, stop, fetched_});
        table.prefetch_slots(this->hashes_ + i, looked_up - i);
        table.look_ahead(this->hashes_ + i, looked_up - i, candidates);
      }
      session* const late = add(i, candidates[i - first]);
      ++i;
      if (!late) continue;
      this->add_result(table.at(row_).key, late->bounds, accumulator(late->acc), out);
      if (this->is_full() && !this->flush(out)) return flow::suspended;
    }
    return flow::done;
  }

  std::size_t fetch(std::size_t from) {
    const batch<T>& in = this->template input<T>();
    return rows_.fetch(from, in.size(), this->hashes_,
                       [&](std::size_t k) -> decltype(auto) { return this->key_of(in[k]); });
  }

  // Adds the record at `i`; returns its session if that has spoken and must speak again.
  session* add(std::size_t i, typename table_type::candidate known) {
    const T& record = std::as_const(this->template input<T>())[i];
    const event_time time = within(this->needed_time(this->input_->times(), i));
    const window own{time, time + gap_};
    row_ = rows_.table().find_or_insert(this->key_of(record), this->hashes_[i], known, [] { return row_state{}; });
    std::vector<session>& sessions = rows_.table().at(row_).value.sessions;
    const auto first =
        std::find_if(sessions.begin(), sessions.end(), [&](const session& s) { return s.bounds.end >= own.start; });
    auto last = first;
    while (last != sessions.end() && last->bounds.start <= own.end) ++last;
    if (first == last) {
      if (own.end - 1 <= closed_to()) {
        this->note_late(i);
        return nullptr;
      }
      this->check_room(sessions.size());
      const auto made =
          sessions.insert(first, session{own, this->begin_with(record), own.end - 1 <= this->input_watermark()});
      this->hold();
      return settle(i, *made);
    }
    const window joined{std::min(own.start, first->bounds.start), std::max(own.end, std::prev(last)->bounds.end)};
    if (joined.end - joined.start > this->settings_.limits.session_ms_max) {
      throw error(errc::limit,
                  "a session would last " + std::to_string(joined.end - joined.start) + " ms, more than " +
                      std::to_string(this->settings_.limits.session_ms_max),
                  this->self_->place(), "raise it with .limits({.session_ms_max = ...}), or take a shorter gap");
    }
    // Nothing is changed before all that may throw is done.
    if (std::next(first) == last) {
      this->add_to(first->acc, record);
    } else {
      accumulator all = first->acc;
      std::size_t before = this->counted_bytes(all);
      for (auto other = std::next(first); other != last; ++other) {
        this->function_.merge(all, other->acc);
        before += this->counted_bytes(other->acc);
      }
      this->function_.add(all, record);
      this->take_over(first->acc, std::move(all), before);
    }
    ++this->fate_.passed;
    first->bounds = joined;
    first->spoken = joined.end - 1 <= this->input_watermark();
    this->release(static_cast<std::size_t>(last - first) - 1);
    sessions.erase(std::next(first), last);
    return settle(i, *first);
  }
  session* settle(std::size_t i, session& one) {
    this->end_gathered(i);
    if (one.spoken) {
      look_at(row_, over_at(one));
      return &one;
    }
    look_at(row_, one.bounds.end - 1);
    return nullptr;
  }

  [[nodiscard]] static event_time within(event_time time) noexcept {
    constexpr event_time far = event_time{1} << 61;  // so that no sum overflows
    return std::clamp(time, -far, far);
  }
  [[nodiscard]] event_time over_at(const session& one) const noexcept {
    return add_time(one.bounds.end - 1, this->settings_.lateness_ms);
  }
  // Sessions that end up to here are gone.
  [[nodiscard]] event_time closed_to() const noexcept {
    const event_time now = this->input_watermark();
    return now == no_event_time || now == end_of_time ? now : subtract_time(now, this->settings_.lateness_ms);
  }
  void look_at(std::size_t row, event_time time) {
    row_state& its = rows_.table().at(row).value;
    if (time >= its.due) return;
    its.due = time;
    due_.set(time, row);
  }

  flow on_watermark(event_time time, output& out) override {
    static_cast<void>(time);
    return continue_time(out);
  }
  flow continue_time(output& out) override {
    const event_time now = this->input_watermark();
    do {
      for (; next_due_ < due_rows_.size(); ++next_due_) {
        if (!speak(due_rows_[next_due_].row, now, out)) return flow::suspended;
      }
      next_due_ = 0;
    } while (due_.take_due(now, due_rows_));
    this->flush(out);
    if (!rows_.spill() && rows_.table().size() >= sweep_at_) sweep();
    std::erase_if(blocks_, [&](const kept_blocks& each) { return each.until <= closed_to(); });
    return flow::done;
  }
  // Lets the sessions of a row speak whose end has come, and forgets those that are over.
  bool speak(std::size_t row, event_time now, output& out) {
    if (row >= rows_.table().end() || !rows_.table().has(row)) return true;  // it was given back
    auto& entry = rows_.table().at(row);
    std::vector<session>& sessions = entry.value.sessions;
    entry.value.due = end_of_time;
    for (std::size_t i = 0; i < sessions.size();) {
      session& one = sessions[i];
      if (one.bounds.end - 1 > now) break;
      const bool is_over = now == end_of_time || over_at(one) <= now;
      if (is_over) this->give_back(one.acc);
      if (!std::exchange(one.spoken, true)) {
        this->add_result(entry.key, one.bounds, is_over ? std::move(one.acc) : accumulator(one.acc), out);
      }
      if (is_over) {
        sessions.erase(sessions.begin() + static_cast<std::ptrdiff_t>(i));
        this->release(1);
      } else {
        ++i;
      }
      if (this->is_full() && !this->flush(out)) return false;
    }
    for (const session& one : sessions) look_at(row, one.spoken ? over_at(one) : one.bounds.end - 1);
    return true;
  }

  // Forgets keys without session: O(1) per key that came. A row that is asked for later may be another key's by then:
  // looking at it too early does no harm.
  void sweep() {
    table_type& table = rows_.table();
    for (std::size_t row = table.end(); row-- > 0;) {
      if (row < table.end() && table.has(row) && table.at(row).value.sessions.empty()) table.erase(row);
    }
    sweep_at_ = std::max(sweep_min, table.size() * 2);
  }

  // ---- row_values

  bool is_empty(std::size_t row) const override { return rows_.table().at(row).value.sessions.empty(); }
  void write(std::size_t row, value_writer& out) const override {
    if constexpr (state::is_storable<accumulator>) {
      const row_state& its = rows_.table().at(row).value;
      out.begin_list(1 + 4 * its.sessions.size());
      out.write_int64(its.due);
      for (const session& one : its.sessions) {
        out.write_int64(one.bounds.start);
        out.write_int64(one.bounds.end);
        out.write_bool(one.spoken);
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
      if (!in.begin_list(all) || !next() || !read_value(in, its.due)) return false;
      while (next()) {
        session& one = its.sessions.emplace_back();
        if (!read_value(in, one.bounds.start) || !next() || !read_value(in, one.bounds.end) || !next() ||
            !in.read_bool(one.spoken) || !next() || !state::read_stored(in, one.acc)) {
          return false;
        }
      }
      return !in.failed();
    } else {
      return false;
    }
  }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

  // What accumulators may point into stays as long as any of their sessions may.
  void keep_blocks() {
    if constexpr (holds_views<T>) {
      if (this->input_->blocks().empty()) return;
      blocks_.push_back({end_of_time, this->input_->blocks()});
    }
  }
  void retain_for_results(batch<typename base::result>& records) override {
    if constexpr (holds_views<T> && holds_views<typename base::result>) {
      for (const kept_blocks& each : blocks_) {
        for (const auto& block : each.blocks) records.retain(block);
      }
    }
  }

  static constexpr std::size_t sweep_min = 4096;

  struct kept_blocks {
    event_time until;
    std::vector<ref<byte_block>> blocks;
  };

  std::int64_t gap_;
  rows_type rows_;
  std::size_t fetched_ = 0;  // the rows of the records up to here are in memory
  std::size_t row_ = 0;      // of the record at hand
  state::row_timers due_;
  std::vector<state::timer_queue::due_timer> due_rows_;
  std::size_t next_due_ = 0;
  std::vector<kept_blocks> blocks_;
  std::size_t sweep_at_ = sweep_min;
};

}  // namespace sage::operators
