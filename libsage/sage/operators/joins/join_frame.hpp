/// What all joins share: the rows of keys, when each has to be looked at again, the limits, the results.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sage/base/error.hpp"
#include "sage/functions/collector.hpp"
#include "sage/functions/function.hpp"
#include "sage/functions/joins.hpp"
#include "sage/model/show.hpp"
#include "sage/operators/joins/join_buffer.hpp"
#include "sage/operators/joins/join_results.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/several_inputs.hpp"
#include "sage/state/keyed_rows.hpp"
#include "sage/state/rows_snapshot.hpp"
#include "sage/state/spilled_timers.hpp"
#include "sage/state/state_limits.hpp"
#include "sage/state/value_bytes.hpp"

namespace sage::operators {

/// The rows of a join by key, each with the moment of event time at which something in it is over.
template <class K, class A, class B>
struct join_rows {
  struct row {
    join_buffer<A> first;
    join_buffer<B> second;
    event_time due = end_of_time;  // what is asked for in `due`
  };
  state::keyed_rows<K, row> by_key;
  state::row_timers due;
  std::size_t kept = 0;  // records in all rows

  row& at(std::size_t number) noexcept { return by_key.table().at(number).value; }
  [[nodiscard]] const row& at(std::size_t number) const noexcept { return by_key.table().at(number).value; }
  /// Asks to look at a row when time has come to `time`, unless that is asked for earlier.
  void look_at(std::size_t number, event_time time) {
    row& its = at(number);
    if (time >= its.due) return;
    its.due = time;
    due.set(time, number);
  }
};

/// One input of a join: finds time, row and limits of each record and gives it to `Join::meet`, which returns whether
/// its fate is known.
template <class T, class Extract, class Join, bool IsFirst>
class join_side final : public record_operator {
 public:
  join_side(Extract extract, Join& join, error_policy policy)
      : record_operator(policy), extract_(std::move(extract)), join_(join) {}

  [[nodiscard]] const record_packing* packing(std::uint32_t input) const noexcept override {
    return input == 0 ? record_packing_of<T>() : nullptr;
  }
  void count_passed() noexcept { ++fate_.passed; }
  void count_filtered() noexcept { ++fate_.filtered; }
  /// In the handler of what the function threw for a record whose fate was open.
  void give_up(const T& record, output& out) { give_up_result(show(record), true, out); }

 private:
  flow process(output& out) override {
    batch<T>& in = this->template input<T>();
    if (cursor_ == 0) {
      hashes_ = key_hashes(in, extract_, room_);
      join_.begin_batch(*input_);
      fetched_ = 0;
    }
    const bool consume = may_consume();
    auto& rows = join_.rows();
    using rows_type = std::decay_t<decltype(rows)>;
    auto& table = rows.by_key.table();
    typename decltype(rows_type::by_key)::candidate candidates[keys_ahead];
    std::size_t looked_up = cursor_;  // candidates are those of the records up to here
    std::size_t first = cursor_;
    std::size_t i = cursor_;
    const cursor_guard cursor(cursor_, i);
    while (i < stop_) {
      if (i == looked_up) {
        if (i >= fetched_) {
          fetched_ = rows.by_key.fetch(i, in.size(), hashes_, [&](std::size_t k) -> decltype(auto) {
            return std::invoke(extract_, std::as_const(in[k]));
          });
        }
        first = i;
        looked_up = std::min({i + keys_ahead, stop_, fetched_});
        table.prefetch_slots(hashes_ + i, looked_up - i);
        table.look_ahead(hashes_ + i, looked_up - i, candidates);
      }
      const event_time time = this->time_of(i);
      if (time == no_event_time) {
        throw error(errc::invalid_argument, "a record without event time came to a join", self_->place(),
                    "call assign_timestamps before the join");
      }
      if (time <= join_.input_watermark()) {
        ++fate_.late;
        if (has_items()) end_item(i, item_end_reason::filtered, "it came too late to be joined");
        ++i;
        continue;
      }
      const std::size_t row = table.find_or_insert(std::invoke(extract_, std::as_const(in[i])), hashes_[i],
                                                   candidates[i - first], [] { return typename rows_type::row{}; });
      show_columns(i);
      const std::size_t before = join_.begin_results();
      const bool is_settled = join_.template meet<IsFirst>(row, time, in[i], consume);
      hand_down(i, join_.results(), before);
      join_.write_times(before);
      if (is_settled) ++fate_.passed;
      ++i;
      if (join_.is_full() && !join_.flush(out)) return flow::suspended;
    }
    return flow::done;
  }
  void discard_record() noexcept override { join_.forget_results(); }
  void finish_batch(output& out) override { join_.flush(out); }
  void emit_part(output& out) override { join_.flush(out); }
  std::string show_record(std::size_t position) const override { return show(this->template input<T>()[position]); }

  Extract extract_;
  Join& join_;
  const std::uint64_t* hashes_ = nullptr;
  std::vector<std::uint64_t> room_;
  std::size_t fetched_ = 0;  // the rows of the records up to here are in memory
};

/// What joins of two keyed streams have in common: rows, limits, the user's function, results with their times. A
/// derived class has `meet<IsFirst>` for the sides and says in `settle_row` what time's coming on sets off in a row.
template <class K, class A, class B, class Out, class F>
class join_operator : public several_inputs, private state::row_values {
 public:
  using rows_type = join_rows<K, A, B>;

  void open(context& self) override {
    self_ = &self;
    several_inputs::open(self);
    functions::open(function_, self);
    if (!self.state_backend()) return;
    if constexpr (!encodable<A> || !encodable<B>) {
      throw error(errc::unsupported, "the records of a join can't be written to a store", self.place(),
                  "describe their type with SAGE_DESCRIBE, or keep state in memory");
    }
    rows_.by_key.spill_to(self.state_backend(), *this, self.operator_name(), self.instance());
    rows_.due.spill_to(*rows_.by_key.spill(), 'e');
  }
  void close() override { functions::close(function_); }
  [[nodiscard]] std::optional<std::string> snapshot_problem() const override {
    if constexpr (can_be_written) return std::nullopt;
    return "its keys or records can't be written: describe their types with SAGE_DESCRIBE";
  }
  void snapshot(state::snapshot_writer& to) override {
    if constexpr (can_be_written) state::snapshot_rows(rows_.by_key, *this, to);
  }
  void restore(const state::snapshot_reader& from) override {
    if constexpr (can_be_written) {
      state::restore_rows(rows_.by_key, *this, from, [this](std::size_t number) {
        const auto& row = rows_.at(number);
        if (row.due != end_of_time) rows_.due.set(row.due, number);
        restore_buffer(row.first);
        restore_buffer(row.second);
      });
    }
  }
  [[nodiscard]] state_size state_size_now() const noexcept override {
    const std::size_t all = account_.is_limited() ? account_.bytes() : rows_.kept * std::max(sizeof(A), sizeof(B));
    return {rows_.by_key.rows(), rows_.by_key.table().bytes() + all};
  }

  // ---- for the sides

  [[nodiscard]] rows_type& rows() noexcept { return rows_; }
  void begin_batch(batch_base& records) { results_.keep_blocks(records, reach_); }
  std::size_t begin_results() { return results_.begin(*self_); }
  [[nodiscard]] batch<Out>& results() noexcept { return results_.made().records(); }
  void write_times(std::size_t before) { results_.write_times(before); }
  void forget_results() noexcept { results_.forget(); }
  [[nodiscard]] bool is_full() noexcept {
    return results_.made().has_batch() && results_.made().size() >= self_->batch_size();
  }
  bool flush(output& out) { return results_.flush(out); }

 protected:
  static constexpr bool can_be_written = encodable<state::owned_key_t<K>> && encodable<A> && encodable<B>;

  /// `reach`: how long beyond its time a record is kept at most.
  join_operator(F function, const join_limits& limits, event_time reach, const state::state_limits& bytes)
      : function_(std::move(function)), limits_(limits), reach_(reach), account_(bytes) {}

  /// The buffer of one stream in a row.
  template <bool IsFirst>
  static auto& buffer_of(typename rows_type::row& row) noexcept {
    if constexpr (IsFirst) {
      return row.first;
    } else {
      return row.second;
    }
  }

  /// Keeps a record that `over` is the end of.
  template <bool IsFirst, class T>
  void keep(std::size_t number, event_time time, bool open, T& record, bool consume, event_time over) {
    auto& own = buffer_of<IsFirst>(rows_.at(number));
    if (account_.is_limited()) account_.change(0, state::value_bytes(record), 0);  // check_room saw to the key
    if (consume || !std::copy_constructible<T>) {  // the checker refuses a graph in which the latter alone holds
      own.add(time, open, std::move(record));
    } else if constexpr (std::copy_constructible<T>) {
      own.add(time, open, std::as_const(record));
    }
    ++rows_.kept;
    rows_.look_at(number, over);
  }
  template <class T>
  void check_room(std::size_t of_key, const T& record) const {
    if (account_.is_limited()) {  // as if all of the key were like this one: O(1)
      const std::size_t more = state::value_bytes(record);
      account_.check_room(more, (of_key + 1) * more);
    }
    if (rows_.kept < limits_.records_max && of_key < limits_.records_per_key_max) return;
    const bool all = rows_.kept >= limits_.records_max;
    throw error(errc::limit,
                "a join keeps " + std::to_string(all ? rows_.kept : of_key) +
                    (all ? " records in all" : " records of one key"),
                self_->place(), "raise it with .limits(...), narrow the interval, or let the slower stream come on");
  }

  template <class T>
  void drop_front(join_buffer<T>& own) {
    if (account_.is_limited()) account_.give_back(state::value_bytes(own.front().record));
    own.pop_front();
    --rows_.kept;
  }

  /// Calls the function with a pair, in the shape in which it takes one.
  void call(const A& first, const B& second) {
    if constexpr (takes<const A&, const B&>) {
      call_as<const A&, const B&>(first, second);
    } else if constexpr (takes<const A&, const B*>) {
      call_as<const A&, const B*>(first, &second);
    } else if constexpr (takes<const A*, const B&>) {
      call_as<const A*, const B&>(&first, second);
    } else {
      call_as<const A*, const B*>(&first, &second);
    }
  }
  /// Calls it with one that nobody came for. The API has seen to it that it takes that.
  template <bool IsFirst, class T>
  void call_alone(const T& record) {
    if constexpr (IsFirst && takes<const A&, const B*>) {
      call_as<const A&, const B*>(record, nullptr);
    } else if constexpr (IsFirst && takes<const A*, const B*>) {
      call_as<const A*, const B*>(&record, nullptr);
    } else if constexpr (!IsFirst && takes<const A*, const B&>) {
      call_as<const A*, const B&>(nullptr, record);
    } else if constexpr (!IsFirst && takes<const A*, const B*>) {
      call_as<const A*, const B*>(nullptr, &record);
    }
  }
  /// Makes the results of a record that was kept: its fate is known then.
  template <class Side, class T, class Make>
  void make_results(Side& side, const T& record, event_time time, output& out, Make&& make) {
    const std::size_t before = results_.begin(*self_);
    try {
      make();
    } catch (...) {
      results_.forget();
      side.give_up(record, out);
      return;
    }
    results_.note_time(time);
    results_.write_times(before);
    side.count_passed();
  }

  /// Does what is due in a row; false when the output wants a pause, then it is called again.
  virtual bool settle_row(std::size_t number, event_time now, output& out) = 0;

  F function_;
  join_limits limits_;
  event_time reach_;
  state::byte_account account_;
  context* self_ = nullptr;
  rows_type rows_;
  join_results<Out> results_;

 private:
  template <class First, class Second>
  static constexpr bool takes =
      functions::callable<F, First, Second> || functions::callable<F, First, Second, collector<Out>&>;

  template <class First, class Second>
  void call_as(First first, Second second) {
    if constexpr (functions::callable<F, First, Second, collector<Out>&>) {
      functions::call(function_, *self_, first, second, results_.made());
    } else {
      results_.made().push(functions::call(function_, *self_, first, second));
    }
  }

  template <class T>
  void restore_buffer(const join_buffer<T>& buffer) {
    rows_.kept += buffer.size();
    for (const auto& one : buffer) {
      if (account_.is_limited()) account_.change(0, state::value_bytes(one.record), 0);
      restored_ += one.open ? 1 : 0;
    }
  }

  flow on_time(output& out) final {
    const event_time now = this->input_watermark();
    do {
      for (; next_due_ < due_.size(); ++next_due_) {
        const std::size_t number = due_[next_due_].row;
        if (number >= rows_.by_key.table().end() || !rows_.by_key.table().has(number)) continue;  // it was given back
        rows_.at(number).due = end_of_time;
        if (!settle_row(number, now, out)) return flow::suspended;
      }
      next_due_ = 0;
    } while (rows_.due.take_due(now, due_));
    results_.flush(out);
    results_.drop_blocks(now);
    if (!rows_.by_key.spill() && rows_.by_key.table().size() >= sweep_at_) sweep();
    return flow::done;
  }

  // Forgets keys of which nothing is kept: O(1) per key that came. A row that is due later may be another key's by
  // then: looking at it too early does no harm.
  void sweep() {
    auto& table = rows_.by_key.table();
    for (std::size_t row = table.end(); row-- > 0;) {
      if (row < table.end() && table.has(row) && is_empty(row)) table.erase(row);
    }
    sweep_at_ = std::max(sweep_min, table.size() * 2);
  }

  // ---- row_values

  bool is_empty(std::size_t row) const override {
    return rows_.at(row).first.empty() && rows_.at(row).second.empty();
  }
  void write(std::size_t row, value_writer& out) const override {
    if constexpr (encodable<A> && encodable<B>) {
      out.begin_list(3);
      out.write_int64(rows_.at(row).due);
      rows_.at(row).first.write(out);
      rows_.at(row).second.write(out);
      out.end_list();
    }
  }
  bool read(std::size_t row, value_reader& in) override {
    if constexpr (encodable<A> && encodable<B>) {
      container_cursor all;
      const auto next = [&] { return in.next_element(all) == container_step::element; };
      return in.begin_list(all) && next() && read_value(in, rows_.at(row).due) && next() &&
             rows_.at(row).first.read(in) && next() && rows_.at(row).second.read(in) &&
             in.next_element(all) == container_step::end;
    } else {
      return false;
    }
  }
  void clear(std::size_t row) noexcept override { static_cast<void>(row); }

  static constexpr std::size_t sweep_min = 4096;  // fewer keys aren't worth the look

  std::vector<state::timer_queue::due_timer> due_;
  std::size_t next_due_ = 0;
  std::size_t sweep_at_ = sweep_min;
};

}  // namespace sage::operators
