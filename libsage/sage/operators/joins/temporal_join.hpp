/// join(...).as_of(): each record with what was valid at its time.
#pragma once

#include <utility>

#include "sage/operators/joins/join_frame.hpp"

namespace sage::operators {

/// Joins each record of the first stream with the newest of the second one of its key that is not newer than it: the
/// second stream is a table that changes.
///
/// Shape       keyed<K, A>, keyed<K, B> -> U; 1 -> 1, or 0..n with a collector
/// Emits       when time has come to a record: no version that is valid for it can come any more; of one key in order
///             of time
/// Times       those of the first stream's records
/// Holds back  records of the first stream until time has come to them; of the second one the newest version per key,
///             and those that aren't valid yet. Never credit: state grows up to its limits
/// Drops       records at or before the watermark: counted as late. A record without version, unless `left_outer`, is
///             filtered
/// Fails       by error policy: when the function throws, a record without event time, at a limit (errc::limit)
/// Completes   after end of both inputs, once all records have left
/// Items       end when the record is kept: its result comes later
/// Snapshot    records and versions
/// Cost        O(log n) per record for n kept of its key
/// Source      the temporal table join of Apache Flink
template <class A, class B, class ExtractA, class ExtractB, class Out, class F>
class temporal_join final : public join_operator<key_type_t<ExtractA, A>, A, B, Out, F> {
  using base = join_operator<key_type_t<ExtractA, A>, A, B, Out, F>;

 public:
  temporal_join(ExtractA first, ExtractB second, F function, bool left_outer, const join_limits& limits,
                error_policy policy, const state::state_limits& bytes = {})
      : base(std::move(function), limits, end_of_time, bytes),
        left_outer_(left_outer),
        first_(std::move(first), *this, policy),
        second_(std::move(second), *this, policy) {
    this->add_half(first_);
    this->add_half(second_);
  }

  template <bool IsFirst, class T>
  bool meet(std::size_t number, event_time time, T& record, bool consume) {
    this->check_room(base::template buffer_of<IsFirst>(this->rows_.at(number)).size(), record);
    this->template keep<IsFirst>(number, time, IsFirst, record, consume, time);
    return !IsFirst;
  }

 private:
  bool settle_row(std::size_t number, event_time now, output& out) override {
    auto& row = this->rows_.at(number);
    while (!row.first.empty()) {
      const auto& oldest = row.first.front();
      if (oldest.time > now) break;
      const auto versions = row.second.between(no_event_time, oldest.time);
      if (versions.empty() && !left_outer_) {
        first_.count_filtered();
      } else {
        this->make_results(first_, oldest.record, oldest.time, out, [&] {
          if (versions.empty()) {
            this->template call_alone<true>(oldest.record);
          } else {
            this->call(oldest.record, versions.back().record);
          }
        });
      }
      this->drop_front(row.first);
      if (this->is_full() && !this->flush(out)) return false;
    }
    // Of the versions that are valid by now only the newest can still be asked for.
    for (std::size_t old = row.second.between(no_event_time, now).size(); old > 1; --old) {
      this->drop_front(row.second);
    }
    if (!row.first.empty()) this->rows_.look_at(number, row.first.front().time);
    const auto later = row.second.between(add_time(now, 1), end_of_time);
    if (now != end_of_time && !later.empty()) this->rows_.look_at(number, later.front().time);
    return true;
  }

  bool left_outer_;
  join_side<A, ExtractA, temporal_join, true> first_;
  join_side<B, ExtractB, temporal_join, false> second_;
};

}  // namespace sage::operators
