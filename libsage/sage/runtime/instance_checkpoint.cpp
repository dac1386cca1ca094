// How an instance takes its part in a checkpoint, and how it goes on from one.
#include <algorithm>
#include <utility>

#include "sage/runtime/instance.hpp"

namespace sage::runtime {

void instance::on_barrier(channel_id channel, std::uint64_t epoch) {
  if (phase_ == phase::closed) return;
  ++queued_control_;
  queue_.push_back(queued_batch{channel, {}, 0, 0, no_event_time, false, epoch, false});
}

void instance::begin_checkpoint(std::uint64_t epoch) {
  if (inputs_.empty()) {
    barrier_ = epoch;
    return;
  }
  // What comes through its side doors has a barrier of its own.
  aligning_ = epoch;
  source_aligned_ = true;
  align();
}

// Only a barrier may hold an input up: the snapshot is due when it has come in all that have not ended.
void instance::align() {
  if (aligning_ == 0 || (chain_.has_source() && !source_aligned_)) return;
  const bool all = std::all_of(channels_.begin(), channels_.end(), [](const auto& one) {
    const input_channel& input = one.second;
    return input.is_feedback || input.aligned || input.end_seen;
  });
  if (all) barrier_ = aligning_;
}

// Returns whether there is more to do right now.
bool instance::pass_barrier(effects& out) {
  if (!chain_.let_go(now_, out)) return true;  // who is not ready is resumed first
  if (!chain_.is_drained()) {
    flush(out);  // what is under way doesn't hold back what is done
    return false;
  }
  const std::uint64_t epoch = std::exchange(barrier_, 0);
  chain_.prepare(epoch);
  for (const auto& gate : gates_) gate->barrier(epoch, now_, out);
  effect taken{effect::kind::snapshot};
  taken.epoch = epoch;
  taken.part = take_snapshot(false);
  out.push_back(std::move(taken));
  release_inputs();
  now_ = time_.now();
  return true;
}

void instance::release_inputs() {
  aligning_ = 0;
  source_aligned_ = false;
  for (auto& [id, input] : channels_) input.aligned = false;
  if (set_aside_.empty()) return;
  ring_queue<queued_batch> all;
  while (!set_aside_.empty()) all.push_back(set_aside_.pop_front());
  while (!queue_.empty()) all.push_back(queue_.pop_front());
  queue_ = std::move(all);
}

snapshot_ptr instance::take_snapshot(bool finished) {
  auto taken = std::make_shared<instance_snapshot>();
  state::snapshot_writer writer;
  chain_.snapshot(writer, finished);
  taken->blocks = writer.take_blocks();
  taken->finished = finished;
  if (chain_.has_source()) {
    source_progress& its = taken->source.emplace();
    its.done = splits_done_;
    if (reading_) its.current = split_position{reading_split_, chain_.position(), std::nullopt};
    if (!reading_ && next_split_) its.current = next_split_;
  }
  taken->counters = counters(true);
  return taken;
}

void instance::restore() {
  const restored_ptr from = std::exchange(restored_, nullptr);
  chain_.restore(*from);
  const auto& known = from->content().instances;
  const auto own = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.name == name_; });
  was_finished_ = own != known.end() ? own->finished : chain_.has_finished(*from);
  if (was_finished_) source_ended_ = true;
}

void instance::on_checkpoint(std::uint64_t epoch, effects& out) {
  if (phase_ == phase::closed || phase_ == phase::finished) return;
  try {
    chain_.commit(epoch);
  } catch (...) {
    fail(out);
  }
}

}  // namespace sage::runtime
