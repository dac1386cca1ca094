/// join(...).within(lower, upper): records that happened near each other.
#pragma once

#include <algorithm>
#include <utility>

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
/// Cost        O(log n + partners) per record for n kept of its key; each record is kept once, until time has passed
/// it Source      the interval join of Apache Flink
template <class A, class B, class ExtractA, class ExtractB, class Out, class F>
class interval_join final : public join_operator<key_type_t<ExtractA, A>, A, B, Out, F> {
  using base = join_operator<key_type_t<ExtractA, A>, A, B, Out, F>;

 public:
  interval_join(ExtractA first, ExtractB second, F function, event_time lower, event_time upper, join_kind kind,
                const join_limits& limits, error_policy policy, const state::state_limits& bytes = {})
      : base(std::move(function), limits, std::max({event_time{0}, upper, -lower}), bytes),
        lower_(lower),
        upper_(upper),
        first_open_(kind == join_kind::left_outer || kind == join_kind::full_outer),
        second_open_(kind == join_kind::right_outer || kind == join_kind::full_outer),
        first_(std::move(first), *this, policy),
        second_(std::move(second), *this, policy) {
    this->add_half(first_);
    this->add_half(second_);
  }

  /// What leaves alone is as old as the join reaches back.
  [[nodiscard]] event_time watermark() const noexcept override {
    const event_time now = this->input_watermark();
    if (now == end_of_time || now == no_event_time) return now;
    return subtract_time(now, std::max({event_time{0}, first_open_ ? upper_ : 0, second_open_ ? -lower_ : 0}));
  }

  /// Joins a record with those of the other stream that are there, and keeps it for those that will come. Returns
  /// whether its fate is known.
  template <bool IsFirst, class T>
  bool meet(std::size_t number, event_time time, T& record, bool consume) {
    auto& row = this->rows_.at(number);
    auto& others = base::template buffer_of<!IsFirst>(row);
    const event_time over = over_at<IsFirst>(time);
    const bool is_kept = over > this->input_watermark();
    if (is_kept) this->check_room(base::template buffer_of<IsFirst>(row).size(), record);
    const auto partners = IsFirst ? others.between(add_time(time, lower_), add_time(time, upper_))
                                  : others.between(subtract_time(time, upper_), subtract_time(time, lower_));
    for (const auto& partner : partners) {
      if constexpr (IsFirst) {
        this->call(record, partner.record);
      } else {
        this->call(partner.record, record);
      }
      this->results_.note_time(std::max(time, partner.time));
    }
    // Only now: had the function thrown, nobody would have met.
    for (auto& partner : partners) {
      if (std::exchange(partner.open, false)) side<!IsFirst>().count_passed();
    }
    const bool is_alone = (IsFirst ? first_open_ : second_open_) && partners.empty();
    if (is_kept) {
      this->template keep<IsFirst>(number, time, is_alone, record, consume, over);
      return !is_alone;
    }
    if (is_alone) {
      this->template call_alone<IsFirst>(record);
      this->results_.note_time(time);
    }
    return true;
  }

 private:
  template <bool IsFirst>
  auto& side() noexcept {
    if constexpr (IsFirst) {
      return first_;
    } else {
      return second_;
    }
  }
  // When time has come so far that a record can't meet anybody any more.
  template <bool IsFirst>
  [[nodiscard]] event_time over_at(event_time time) const noexcept {
    return IsFirst ? add_time(time, upper_) : subtract_time(time, lower_);
  }

  bool settle_row(std::size_t number, event_time now, output& out) override {
    return settle<true>(number, now, out) && settle<false>(number, now, out);
  }
  template <bool IsFirst>
  bool settle(std::size_t number, event_time now, output& out) {
    auto& own = base::template buffer_of<IsFirst>(this->rows_.at(number));
    while (!own.empty()) {
      const auto& oldest = own.front();
      if (over_at<IsFirst>(oldest.time) > now) {
        this->rows_.look_at(number, over_at<IsFirst>(oldest.time));
        break;
      }
      if (oldest.open) {
        this->make_results(side<IsFirst>(), oldest.record, oldest.time, out,
                           [&] { this->template call_alone<IsFirst>(oldest.record); });
      }
      this->drop_front(own);
      if (this->is_full() && !this->flush(out)) return false;
    }
    return true;
  }

  event_time lower_;
  event_time upper_;
  bool first_open_;
  bool second_open_;
  join_side<A, ExtractA, interval_join, true> first_;
  join_side<B, ExtractB, interval_join, false> second_;
};

}  // namespace sage::operators
