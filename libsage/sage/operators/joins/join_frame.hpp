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

#include "sage/functions/collector.hpp"
#include "sage/functions/function.hpp"
#include "sage/functions/joins.hpp"
#include "sage/operators/joins/join_buffer.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "sage/operators/several_inputs.hpp"
#include "sage/state/keyed_table.hpp"
#include "sage/state/timer_queue.hpp"

namespace sage::operators {

/// The rows of a join by key, each with the moment of event time at which something in it is over.
template <class K, class A, class B>
struct join_rows {
  struct row {
    join_buffer<A> first;
    join_buffer<B> second;
    event_time due = end_of_time;  // what is asked for in `due`
  };
  state::keyed_table<K, row> by_key;
  state::timer_queue due;
  std::size_t kept = 0;  // records in all rows

  row& at(std::size_t number) noexcept { return by_key.at(number).value; }
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

  void count_passed() noexcept { ++fate_.passed; }
  /// In the handler of what the function threw for a record whose fate was open.
  void give_up(const T& record, output& out) { give_up_result(show(record), true, out); }

 private:
  flow process(output& out) override {
    batch<T>& in = this->template input<T>();
    if (cursor_ == 0) {
      hashes_ = key_hashes(in, extract_, room_);
      join_.begin_batch(*input_);
    }
    const bool consume = may_consume();
    std::size_t i = cursor_;
    const cursor_guard cursor(cursor_, i);
    while (i < stop_) {
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
      auto& rows = join_.rows();
      const std::size_t row = rows.by_key.find_or_insert(std::invoke(extract_, std::as_const(in[i])), hashes_[i],
                                                         [] { return typename std::decay_t<decltype(rows)>::row{}; });
      show_columns(i);
      const std::size_t before = join_.begin_results();
      const bool is_settled = join_.template meet<IsFirst>(row, time, in[i], consume, self_->place());
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
};

/// Gathers the results of a join with their times.
template <class Out>
class join_results {
 public:
  /// Returns how many there are before the next call.
  std::size_t begin(context& self) {
    if (!made_.has_batch()) {
      made_.begin(self.pool(), self.batch_size() + self.batch_size() / 4);
      made_.records().add_times();
      if constexpr (holds_views<Out>) {
        for (const kept_blocks& each : blocks_) {
          for (const auto& block : each.blocks) made_.records().retain(block);
        }
      }
    }
    before_ = made_.size();
    times_.clear();
    return before_;
  }
  /// What was pushed since the last note belongs to `time`.
  void note_time(event_time time) { times_.resize(made_.size() - before_, time); }
  void write_times(std::size_t before) {
    if (times_.empty()) return;
    event_time* const times = made_.records().add_times();
    std::copy(times_.begin(), times_.end(), times + before);
  }
  void forget() noexcept {
    if (made_.has_batch()) made_.truncate(before_);
  }
  [[nodiscard]] collector<Out>& made() noexcept { return made_; }
  /// Keeps what the records of a batch may point into as long as the join keeps them: `reach` beyond their times.
  void keep_blocks(const batch_base& records, event_time reach) {
    if (records.blocks().empty() || !records.times()) return;
    const event_time newest = *std::max_element(records.times(), records.times() + records.size());
    blocks_.push_back({add_time(newest, reach), records.blocks()});
    if constexpr (holds_views<Out>) {
      if (made_.has_batch()) made_.records().retain_blocks_of(records);
    }
  }
  void drop_blocks(event_time now) {
    std::erase_if(blocks_, [now](const kept_blocks& each) { return each.until <= now; });
  }
  /// Emits what there is; false when the output wants a pause.
  bool flush(output& out) { return !made_.has_batch() || out.emit(main_port, made_.take()); }

 private:
  struct kept_blocks {
    event_time until;
    std::vector<ref<byte_block>> blocks;
  };

  collector<Out> made_;
  std::size_t before_ = 0;
  std::vector<event_time> times_;
  std::vector<kept_blocks> blocks_;
};

/// Calls the user's function with what has met: it returns one result, or pushes any number.
template <class Out, class F, class First, class Second>
void call_join(F& function, context& self, First first, Second second, collector<Out>& made) {
  if constexpr (functions::callable<F, First, Second, collector<Out>&>) {
    functions::call(function, self, first, second, made);
  } else {
    made.push(functions::call(function, self, first, second));
  }
}

}  // namespace sage::operators
