/// One checkpoint under way at a time: who has handed in his snapshot, and what comes of it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/graph/physical_plan.hpp"
#include "sage/runtime/checkpoint/instance_snapshot.hpp"
#include "sage/runtime/checkpoint/manifest.hpp"
#include "sage/runtime/checkpoint/restored_checkpoint.hpp"
#include "sage/runtime/effect.hpp"

namespace sage::runtime {

/// What a job does about checkpoints.
struct checkpoint_settings {
  nanoseconds interval = 1'000'000'000;
  nanoseconds deadline = 60'000'000'000;  ///< after which one that isn't complete is given up
  std::string run;                        ///< names the run over all restarts
  bool may_lose_state = false;            ///< what a checkpoint holds of states that are gone may be dropped
  std::uint64_t behind = 0;  ///< the highest number there is: an older one that is restored overwrites none
};

/// Collects the parts of checkpoints. The coordinator asks it what to do; it decides nothing about the job.
///
/// Law  a checkpoint is complete only when every instance has handed in its part, written and synced
/// Law  none begins before all barriers of the one before have gone through
class checkpoint_tracker {
 public:
  checkpoint_tracker(const graph::physical_plan& plan, std::string job, checkpoint_settings settings);

  /// Goes on behind this checkpoint; null is from the start.
  void begin_behind(const restored_checkpoint* restored);
  /// The splits of a source that have to be read, with where to begin.
  [[nodiscard]] const std::vector<split_position>& splits_of(graph::node_id source) const {
    return splits_.at(source);
  }

  /// Whether the barriers of the last one are through, so that another may begin.
  [[nodiscard]] bool may_begin() const noexcept { return !active_ && late_ == 0; }
  /// Begins one; `last` is the one at the end, of instances that have all finished. Returns its number.
  std::uint64_t begin(bool last);
  /// The number of the one under way; 0 when there is none.
  [[nodiscard]] std::uint64_t under_way() const noexcept { return active_ ? epoch_ : 0; }
  [[nodiscard]] bool is_last() const noexcept { return last_; }

  /// The instance has handed in its part; returns whether it is to be written.
  bool on_snapshot(instance_id who, std::uint64_t epoch, snapshot_ptr part);
  /// It will hand in nothing more: this stands for its part in all that follow. Returns whether it is to be written
  /// now.
  bool on_finished(instance_id who, snapshot_ptr part);
  /// Those who had finished before this one began.
  [[nodiscard]] std::vector<instance_id> finished() const;
  [[nodiscard]] const snapshot_ptr& part_of(instance_id who) const { return parts_[who]; }
  /// The part is on the disk. Returns whether all are.
  bool on_written(instance_id who, std::uint64_t epoch, manifest_file file);
  /// Gives the one under way up. Parts that come later are nobody's.
  void give_up();
  /// The manifest is on the disk.
  void on_complete();

  /// Bytes of all parts that were written.
  [[nodiscard]] std::uint64_t bytes() const noexcept;
  [[nodiscard]] manifest make_manifest(std::int64_t now_ms) const;
  /// The counters of all instances at the barrier.
  [[nodiscard]] std::vector<instance_counters> books() const;
  /// The number of the last complete one; 0 when there is none.
  [[nodiscard]] std::uint64_t last_complete() const noexcept { return complete_; }

 private:
  [[nodiscard]] manifest_source left_of(const graph::node& source) const;

  const graph::physical_plan& plan_;
  std::string job_;
  checkpoint_settings settings_;
  std::map<graph::node_id, std::vector<split_position>> splits_;  // at the start
  std::uint64_t epoch_ = 0;
  std::uint64_t complete_ = 0;
  bool active_ = false;
  bool last_ = false;
  std::vector<snapshot_ptr> parts_;     // of the one under way
  std::vector<snapshot_ptr> ended_;     // of those that have finished, for all that follow
  std::vector<manifest_file> written_;  // no name: not yet
  std::vector<bool> handed_in_;         // to the one under way or given up last
  std::size_t missing_ = 0;             // not yet on the disk
  std::size_t late_ = 0;                // haven't handed in anything for the one given up last
};

}  // namespace sage::runtime
