/// join(...).within(lower, upper): records that happened near each other.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sage/operators/joins/join_frame.hpp"

namespace sage::operators {

/// Joins records of one key whose times are near: `a.time + lower <= b.time <= a.time + upper`.
///
/// Shape       keyed<K, A>, keyed<K, B> -> U; 1 -> one per partner, and for outer joins one per record without
/// Emits       pairs as soon as the second of them comes; a record without partner when none can come any more
/// Times       of a pair, the later one; of a record without partner, its own: an outer join's time lags by its reach
/// Holds back  records in state, never credit: streams far apart in time make it grow up to its limits
/// Drops       records at or before the watermark: counted as late
/// Fails       by error policy: when the function throws, a record without event time, at a limit (errc::limit)
/// Completes   after end of both inputs, once all records without partner have left
/// Items       each pair inherits that of the record that came second; the other's has ended
/// Snapshot    the records kept, and which of them have met somebody
/// Units       milliseconds of event time
/// Cost        O(log n + partners) per record for n kept of its key; each record is kept once, until time has passed it
/// Source      the interval join of Apache Flink
template <class A, class B, class ExtractA, class ExtractB, class Out, class F>
class interval_join final : public several_inputs {
  using key_type = key_type_t<ExtractA, A>;
  using rows_type = join_rows<key_type, A, B>;

 public:
  interval_join(ExtractA first, ExtractB second, F function, event_time lower, event_time upper, join_kind kind,
                const join_limits& limits, error_policy policy)
      : function_(std::move(function)),
        lower_(lower),
        upper_(upper),
        first_open_(kind == join_kind::left_outer || kind == join_kind::full_outer),
        second_open_(kind == join_kind::right_outer || kind == join_kind::full_outer),
        limits_(limits),
        first_(std::move(first), *this, policy),
        second_(std::move(second), *this, policy) {
    add_half(first_);
    add_half(second_);
  }

  void open(context& self) override {
    self_ = &self;
    several_inputs::open(self);
    functions::open(function_, self);
  }
  void close() override { functions::close(function_); }

  /// What leaves alone is as old as the join reaches back.
  [[nodiscard]] event_time watermark() const noexcept override {
    const event_time now = this->input_watermark();
    if (now == end_of_time || now == no_event_time) return now;
    const event_time behind = std::max({event_time{0}, first_open_ ? upper_ : 0, second_open_ ? -lower_ : 0});
    return subtract_time(now, behind);
  }

  // ---- for the sides

  [[nodiscard]] rows_type& rows() noexcept { return rows_; }
  std::size_t begin_results() { return results_.begin(*self_); }
  void begin_batch(batch_base& records) {
    results_.keep_blocks(records, std::max({event_time{0}, upper_, -lower_}));
  }
  [[nodiscard]] batch<Out>& results() noexcept { return results_.made().records(); }
  void write_times(std::size_t before) { results_.write_times(before); }
  void forget_results() noexcept { results_.forget(); }
  [[nodiscard]] bool is_full() noexcept { return results_.made().has_batch() && results_.made().size() >= self_->batch_size(); }
  bool flush(output& out) { return results_.flush(out); }

  template <bool IsFirst, class T>
  bool meet(std::size_t number, event_time time, T& record, bool consume, const std::string& place) {
    auto& row = rows_.at(number);
    const event_time now = this->input_watermark();
    const event_time over = IsFirst ? add_time(time, upper_) : subtract_time(time, lower_);
    const bool is_kept = over > now;
    auto& own = [&]() -> auto& {
      if constexpr (IsFirst) {
        return row.first;
      } else {
        return row.second;
      }
    }();
    auto& others = [&]() -> auto& {
      if constexpr (IsFirst) {
        return row.second;
      } else {
        return row.first;
      }
    }();
    if (is_kept) check_room(own.size(), place);
    const auto partners = IsFirst ? others.between(add_time(time, lower_), add_time(time, upper_))
                                  : others.between(subtract_time(time, upper_), subtract_time(time, lower_));
    for (auto& partner : partners) {
      if constexpr (IsFirst) {
        call(std::as_const(record), std::as_const(partner.record));
      } else {
        call(std::as_const(partner.record), std::as_const(record));
      }
      results_.note_time(std::max(time, partner.time));
    }
    // Only now: had the function thrown, nobody would have met.
    for (auto& partner : partners) {
      if (!std::exchange(partner.open, false)) continue;
      if constexpr (IsFirst) {
        second_.count_passed();
      } else {
        first_.count_passed();
      }
    }
    const bool is_open = (IsFirst ? first_open_ : second_open_) && partners.empty();
    if (!is_kept) {
      if (!is_open) return true;
      leave_alone<IsFirst>(record);
      results_.note_time(time);
      return true;
    }
    if (consume) {
      own.add(time, is_open, std::move(record));
    } else if constexpr (std::copy_constructible<T>) {
      own.add(time, is_open, std::as_const(record));
    } else {
      own.add(time, is_open, std::move(record));  // never reached: the checker refuses such a graph
    }
    ++rows_.kept;
    rows_.look_at(number, over);
    return !is_open;
  }

 private:
  template <class First, class Second>
  void call(const First& first, const Second& second) {
    if constexpr (functions::callable<F, const First&, const Second&, collector<Out>&> ||
                  functions::callable<F, const First&, const Second&>) {
      call_join<Out, F, const First&, const Second&>(function_, *self_, first, second, results_.made());
    } else if constexpr (functions::callable<F, const First&, const Second*> ||
                         functions::callable<F, const First&, const Second*, collector<Out>&>) {
      call_join<Out, F, const First&, const Second*>(function_, *self_, first, &second, results_.made());
    } else if constexpr (functions::callable<F, const First*, const Second&> ||
                         functions::callable<F, const First*, const Second&, collector<Out>&>) {
      call_join<Out, F, const First*, const Second&>(function_, *self_, &first, second, results_.made());
    } else {
      call_join<Out, F, const First*, const Second*>(function_, *self_, &first, &second, results_.made());
    }
  }
  template <bool IsFirst, class T>
  void leave_alone(const T& record) {
    if constexpr (IsFirst) {
      if constexpr (functions::callable<F, const A&, const B*> || functions::callable<F, const A&, const B*, collector<Out>&>) {
        call_join<Out, F, const A&, const B*>(function_, *self_, record, nullptr, results_.made());
      } else if constexpr (functions::callable<F, const A*, const B*> ||
                           functions::callable<F, const A*, const B*, collector<Out>&>) {
        call_join<Out, F, const A*, const B*>(function_, *self_, &record, nullptr, results_.made());
      }
    } else {
      if constexpr (functions::callable<F, const A*, const B&> || functions::callable<F, const A*, const B&, collector<Out>&>) {
        call_join<Out, F, const A*, const B&>(function_, *self_, nullptr, record, results_.made());
      } else if constexpr (functions::callable<F, const A*, const B*> ||
                           functions::callable<F, const A*, const B*, collector<Out>&>) {
        call_join<Out, F, const A*, const B*>(function_, *self_, nullptr, &record, results_.made());
      }
    }
  }

  void check_room(std::size_t of_key, const std::string& place) const {
    if (rows_.kept < limits_.records_max && of_key < limits_.records_per_key_max) return;
    const bool all = rows_.kept >= limits_.records_max;
    throw error(errc::limit,
                "a join keeps " + std::to_string(all ? rows_.kept : of_key) +
                    (all ? " records in all" : " records of one key"),
                place, "raise it with .limits(...), narrow the interval, or let the slower stream come on");
  }

  // Time has come to the end of what some rows have kept.
  flow on_time(output& out) override {
    const event_time now = this->input_watermark();
    for (;;) {
      while (next_due_ < due_.size()) {
        const std::size_t number = due_[next_due_].row;
        if (!evict<true>(number, now, out) || !evict<false>(number, now, out)) return flow::suspended;
        ++next_due_;
        auto& row = rows_.at(number);
        row.due = end_of_time;
        if (!row.first.empty()) rows_.look_at(number, add_time(row.first.front().time, upper_));
        if (!row.second.empty()) rows_.look_at(number, subtract_time(row.second.front().time, lower_));
      }
      next_due_ = 0;
      if (!rows_.due.take_due(now, due_)) break;
    }
    results_.flush(out);
    results_.drop_blocks(now);
    return flow::done;
  }

  template <bool IsFirst>
  bool evict(std::size_t number, event_time now, output& out) {
    auto& row = rows_.at(number);
    auto& own = [&]() -> auto& {
      if constexpr (IsFirst) {
        return row.first;
      } else {
        return row.second;
      }
    }();
    auto& side = [&]() -> auto& {
      if constexpr (IsFirst) {
        return first_;
      } else {
        return second_;
      }
    }();
    while (!own.empty()) {
      const auto& oldest = own.front();
      if ((IsFirst ? add_time(oldest.time, upper_) : subtract_time(oldest.time, lower_)) > now) break;
      if (oldest.open) {
        const std::size_t before = results_.begin(*self_);
        try {
          leave_alone<IsFirst>(oldest.record);
          results_.note_time(oldest.time);
          results_.write_times(before);
          side.count_passed();
        } catch (...) {
          results_.forget();
          side.give_up(oldest.record, out);
        }
      }
      own.pop_front();
      --rows_.kept;
      if (is_full() && !flush(out)) return false;
    }
    return true;
  }

  F function_;
  event_time lower_;
  event_time upper_;
  bool first_open_;
  bool second_open_;
  join_limits limits_;
  context* self_ = nullptr;
  rows_type rows_;
  join_results<Out> results_;
  std::vector<state::timer_queue::due_timer> due_;
  std::size_t next_due_ = 0;
  join_side<A, ExtractA, interval_join, true> first_;
  join_side<B, ExtractB, interval_join, false> second_;
};

}  // namespace sage::operators
