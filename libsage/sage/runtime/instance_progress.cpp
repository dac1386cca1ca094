// How an instance keeps the time of its inputs together, and its place in a loop.
#include <algorithm>
#include <utility>

#include "sage/base/assert.hpp"
#include "sage/runtime/instance.hpp"

namespace sage::runtime {

void instance::on_progress(channel_id channel, event_time watermark, bool idle) {
  if (phase_ == phase::closed) return;
  SAGE_ASSERT(
      !std::exchange(channels_.at(channel).progress_queued, true));  // the next one waits for the acknowledgement
  ++queued_control_;
  queue_.push_back(queued_batch{channel, {}, 0, 0, watermark, idle, 0, false});
}

// Time is the smallest of what the inputs say, those that have ended or fallen silent left out.
void instance::take_progress(input_channel& from, event_time watermark, bool idle) {
  const bool advanced = watermark > from.watermark;
  if (!advanced && from.idle == idle) return;
  from.watermark = std::max(from.watermark, watermark);
  from.idle = idle;
  combine_progress();
}

void instance::combine_progress() {
  event_time least = end_of_time;
  bool all_idle = false;
  bool any_speaks = false;
  for (const auto& [id, input] : channels_) {
    all_idle = all_idle || input.idle;
    if (input.idle) continue;
    any_speaks = any_speaks || input.watermark != end_of_time;
    least = std::min(least, input.watermark);
  }
  all_idle = all_idle && !any_speaks;
  if (all_idle) least = no_event_time;  // those that have ended say nothing about those that are silent
  if (least <= watermark_ && all_idle == idle_inputs_) return;
  watermark_ = std::max(watermark_, least);
  idle_inputs_ = all_idle;
  progress_is_new_ = true;
}

// Asked by the head when the outer inputs have ended; whoever takes the last record out wakes it.
bool instance::loop_is_empty() const {
  operators::loop_gauge& gauge = *loop_.gauge;
  if (gauge.inside() == 0) return true;
  gauge.wake_at(0);
  return gauge.inside() == 0;
}

// Tells the gauge what the last step has changed, before its effects are carried out.
void instance::count_loop() {
  if (!loop_.gauge) return;
  std::int64_t inside = -static_cast<std::int64_t>(loop_taken_);
  for (const std::size_t gate : loop_.gates) inside += static_cast<std::int64_t>(gates_[gate]->entrusted());
  if (!loop_.is_head) inside += static_cast<std::int64_t>(chain_.held());
  loop_.gauge->add(inside - std::exchange(loop_counted_, inside));
}

void instance::process_feedback(effects& out) {
  queued_batch next = returning_.pop_front();
  input_channel& from = channels_.at(next.channel);
  const std::size_t size = next.records->size();
  const nanoseconds begun = now_;
  counters_.wait.add(static_cast<std::uint64_t>(std::max<nanoseconds>(begun - next.sent_at, 0)));
  records_this_time_ += size;
  loop_taken_ += size;
  from.records += size;
  chain_.on_feedback(std::move(next.records), begun, out);
  now_ = time_.now();
  counters_.service.add(static_cast<std::uint64_t>(now_ - begun));
}

}  // namespace sage::runtime
