/// The results of a join, with their times.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "sage/functions/collector.hpp"
#include "sage/operators/operator.hpp"

namespace sage::operators {

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

}  // namespace sage::operators
