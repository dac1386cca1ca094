#include "sage/functions/watermark_alignment.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/error.hpp"

namespace sage {

namespace functions {

void alignment_group::enter(aligned_member& one) {
  const std::lock_guard lock(mutex_);
  members_.push_back(&one);
}

void alignment_group::leave(aligned_member& one) {
  const std::lock_guard lock(mutex_);
  std::erase(members_, &one);
  wake_those_let_go();
}

void alignment_group::report(aligned_member& one, event_time watermark, bool idle) {
  const std::lock_guard lock(mutex_);
  if (one.watermark_ == watermark && one.idle_ == idle) return;
  one.watermark_ = watermark;
  one.idle_ = idle;
  wake_those_let_go();
}

bool alignment_group::is_ahead(aligned_member& one) {
  const std::lock_guard lock(mutex_);
  one.waits_ = one.watermark_ != end_of_time && one.watermark_ > add_time(slowest(), drift_ms_);
  return one.waits_;
}

event_time alignment_group::slowest() const {
  event_time least = end_of_time;
  for (const aligned_member* one : members_) {
    if (!one->idle_) least = std::min(least, one->watermark_);
  }
  return least;
}

// A waker may be called under the lock: it only leaves a note for its instance.
void alignment_group::wake_those_let_go() {
  const event_time limit = add_time(slowest(), drift_ms_);
  for (aligned_member* one : members_) {
    if (!one->waits_ || one->watermark_ > limit) continue;
    one->waits_ = false;
    if (one->engine_) one->engine_->wake();
  }
}

aligned_member::aligned_member(std::shared_ptr<alignment_group> group, std::shared_ptr<waker> engine)
    : group_(std::move(group)), engine_(std::move(engine)) {
  group_->enter(*this);
}

aligned_member::~aligned_member() {
  group_->leave(*this);
}

}  // namespace functions

watermark_alignment::watermark_alignment(std::chrono::milliseconds drift_max) {
  if (drift_max.count() < 1) {
    throw error(errc::invalid_argument, "an alignment within " + std::to_string(drift_max.count()) + " ms",
                "watermark_alignment", "say how far apart sources may be: 1 ms or more");
  }
  group_ = std::make_shared<functions::alignment_group>(drift_max.count());
}

}  // namespace sage
