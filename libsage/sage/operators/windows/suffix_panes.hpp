/// Running aggregates over the slices of a sliding window, for all keys at once.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sage/base/event_time.hpp"
#include "sage/operators/windows/pane.hpp"

namespace sage::operators {

/// Two stacks: in front, for each slice up to a turning point, the merge of it and all behind it up to there; at the
/// back, one running merge of the slices behind the turning point. A window is then one merge of two accumulators;
/// when it has moved beyond the turning point, that moves to its end and the front is built anew.
///
/// Merges are in order of time, so they need not be commutative, nor have an inverse. A row whose slices changed
/// after they were merged, or whose merge threw, is marked: whoever asks for it merges its slices himself.
///
/// Cost    amortised less than three merges per key and window, however many slices it has; memory as much again as
///         the slices
/// Source  Tangwongsan, Hirzel, Schneider, "Low-latency sliding-window aggregation in worst-case constant time",
///         DEBS 2017, section 2.2 (TwoStacks)
template <class Fold>
class suffix_panes {
 public:
  using accumulator = typename Fold::accumulator;

  /// Makes the merges for the window of `slices`, in order of time, which begins at `start` and ends at `end`.
  template <class Slices>
  void prepare(event_time start, event_time end, const Slices& slices, Fold& fold) {
    if (start >= turn_) {
      rebuild(end, slices, fold);
      return;
    }
    while (!front_.empty() && front_.back().start < start) front_.pop_back();
    for (const auto& slice : slices) {
      if (slice->bounds.start < covered_) continue;
      merge_into(back_, slice->records, fold);
    }
    covered_ = std::max(covered_, end);
  }
  /// A slice that ends at `end` has got a record in `row`.
  void note_change(std::size_t row, event_time end) {
    if (end <= covered_) mark(row);
  }
  [[nodiscard]] bool is_stale(std::size_t row) const noexcept {
    return row / 64 < stale_.size() && (stale_[row / 64] >> (row % 64) & 1) != 0;
  }
  /// The merge of the older slices of the window prepared last, and that of the newer ones; null where there is none.
  [[nodiscard]] const accumulator* older(std::size_t row) const noexcept {
    return front_.empty() ? nullptr : front_.back().merged.find(row);
  }
  [[nodiscard]] const accumulator* newer(std::size_t row) const noexcept { return back_.find(row); }
  void clear() {
    front_.clear();
    back_ = {};
    stale_.clear();
    turn_ = covered_ = no_event_time;
  }

 private:
  struct suffix {
    event_time start;
    pane<accumulator> merged;
  };

  template <class Slices>
  void rebuild(event_time end, const Slices& slices, Fold& fold) {
    clear();
    turn_ = covered_ = end;
    front_.reserve(slices.size());
    for (std::size_t i = slices.size(); i-- > 0;) {
      suffix next{slices[i]->bounds.start, {}};
      copy_into(next.merged, slices[i]->records);
      if (!front_.empty()) merge_into(next.merged, front_.back().merged, fold);
      front_.push_back(std::move(next));
    }
  }
  void copy_into(pane<accumulator>& to, pane<accumulator>& from) {
    from.for_each([&](std::size_t row, const accumulator& acc) { to.put(row, acc); });
  }
  void merge_into(pane<accumulator>& to, pane<accumulator>& from, Fold& fold) {
    from.for_each([&](std::size_t row, const accumulator& acc) {
      if (accumulator* const known = to.find(row)) {
        try {
          fold.merge(*known, acc);
        } catch (...) {
          mark(row);  // it throws again where the window's result is made, and there is a policy
        }
      } else {
        to.put(row, acc);
      }
    });
  }
  void mark(std::size_t row) {
    if (row / 64 >= stale_.size()) stale_.resize(row / 64 + 1);
    stale_[row / 64] |= std::uint64_t{1} << (row % 64);
  }

  std::vector<suffix> front_;  // the newest slice first
  pane<accumulator> back_;
  event_time turn_ = no_event_time;
  event_time covered_ = no_event_time;
  std::vector<std::uint64_t> stale_;
};

}  // namespace sage::operators
