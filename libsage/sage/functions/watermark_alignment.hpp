/// Keeps sources together in event time: one that is far ahead of the others waits for them.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "sage/base/event_time.hpp"
#include "sage/functions/context.hpp"

namespace sage {

namespace functions {

/// One instance of assign_timestamps within a group: what it has reported, and how it is woken.
class aligned_member;

/// The shared part of a group. Touched once per batch, never per record. Thread-safe.
class alignment_group {
 public:
  explicit alignment_group(std::int64_t drift_ms) : drift_ms_(drift_ms) {}

  void enter(aligned_member& one);
  void leave(aligned_member& one);
  void report(aligned_member& one, event_time watermark, bool idle);
  [[nodiscard]] bool is_ahead(aligned_member& one);

 private:
  [[nodiscard]] event_time slowest() const;
  void wake_those_let_go();

  std::int64_t drift_ms_;
  mutable std::mutex mutex_;
  std::vector<aligned_member*> members_;
};

class aligned_member {
 public:
  aligned_member(std::shared_ptr<alignment_group> group, std::shared_ptr<waker> engine);
  ~aligned_member();
  aligned_member(const aligned_member&) = delete;
  aligned_member& operator=(const aligned_member&) = delete;

  /// How far its source has come; an idle one, or one at its end, is nobody's measure.
  void report(event_time watermark, bool idle) { group_->report(*this, watermark, idle); }
  /// Whether its source should wait. The engine is woken when it need not any more.
  [[nodiscard]] bool is_ahead() { return group_->is_ahead(*this); }

 private:
  friend class alignment_group;
  std::shared_ptr<alignment_group> group_;
  std::shared_ptr<waker> engine_;
  event_time watermark_ = no_event_time;
  bool idle_ = false;
  bool waits_ = false;
};

}  // namespace functions

/// A group of sources whose watermarks stay within `drift_max` of each other (Flink's watermark alignment): declare
/// one, and name it in the strategies of all of them:
///
///   sage::watermark_alignment together(10s);
///   a.assign_timestamps(&trade::at, sage::bounded_out_of_orderness(2s).aligned(together));
///
/// A source further ahead of the slowest one isn't read until that has come on, so that joins and windows behind need
/// not hold what it has brought too early. Inputs of operators are never blocked. A source that has said nothing yet
/// counts as the slowest; one that may fall silent should say so with `idle_after`. It must stand right behind its
/// source.
class watermark_alignment {
 public:
  /// Throws errc::invalid_argument for a drift below a millisecond.
  explicit watermark_alignment(std::chrono::milliseconds drift_max);
  [[nodiscard]] const std::shared_ptr<functions::alignment_group>& group() const noexcept { return group_; }

 private:
  std::shared_ptr<functions::alignment_group> group_;
};

}  // namespace sage
