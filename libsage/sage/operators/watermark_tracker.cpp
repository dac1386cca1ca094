#include "sage/operators/watermark_tracker.hpp"

#include <algorithm>

namespace sage::operators {

watermark_tracker::part& watermark_tracker::part_of(std::uint32_t split) {
  if (!knows_splits_) split = 0;
  for (part& known : parts_) {
    if (known.split == split) return known;
  }
  return parts_.emplace_back(part{split});
}

void watermark_tracker::on_batch(std::uint32_t split, event_time newest, nanoseconds now) {
  heard_at_ = now;
  has_heard_ = true;
  idle_ = false;
  if (newest == no_event_time) return;
  part& its = part_of(split);
  if (rules_.advance_ms_max > 0 && its.newest != no_event_time) {
    // One clock gone wrong must not make everybody else late.
    const event_time furthest = add_time(its.newest, rules_.advance_ms_max);
    if (newest > furthest) {
      ++jumps_;
      newest = furthest;
    }
  }
  if (newest <= its.newest) return;
  its.newest = newest;
  combine();
}

void watermark_tracker::on_split(std::uint32_t split, bool begins, nanoseconds now) {
  if (begins) {
    if (!knows_splits_) parts_.clear();
    knows_splits_ = true;
    const auto before = restored_.find(split);
    part_of(split).newest = before == restored_.end() ? no_event_time : before->second;
    if (before != restored_.end()) restored_.erase(before);
    heard_at_ = now;
    has_heard_ = true;
    return;
  }
  std::erase_if(parts_, [&](const part& p) { return p.split == split; });
  if (!parts_.empty()) combine();
}

std::map<std::uint32_t, event_time> watermark_tracker::newest() const {
  std::map<std::uint32_t, event_time> all = restored_;
  for (const part& p : parts_) all[p.split] = p.newest;
  return all;
}

void watermark_tracker::restore(const std::map<std::uint32_t, event_time>& newest, event_time watermark) {
  restored_.insert(newest.begin(), newest.end());
  // Where there are no splits, there is one part for everything.
  if (const auto only = newest.find(0); only != newest.end()) parts_.push_back(part{0, only->second});
  watermark_ = std::max(watermark_, watermark);
}

void watermark_tracker::combine() noexcept {
  event_time least = end_of_time;
  for (const part& p : parts_) least = std::min(least, p.newest);
  if (least == no_event_time) return;
  // A record of the same time as the newest, less the disorder, may still come: time ends one before it.
  watermark_ = std::max(watermark_, subtract_time(subtract_time(least, rules_.disorder_ms), 1));
}

void watermark_tracker::on_time(nanoseconds now) {
  if (const auto at = wake_at(); at && now >= *at) idle_ = true;
}

std::optional<nanoseconds> watermark_tracker::wake_at() const noexcept {
  if (rules_.idle_after == 0 || idle_ || !has_heard_) return std::nullopt;
  return heard_at_ + rules_.idle_after;
}

}  // namespace sage::operators
