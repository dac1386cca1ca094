#include "sage/runtime/instance.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "sage/base/assert.hpp"

namespace sage::runtime {

namespace {

// Often enough for a progress line, too seldom to be seen in a profile.
constexpr nanoseconds publish_interval = 20'000'000;

}  // namespace

instance::instance(instance_parts parts, const clock& time, const flow_settings& settings)
    : id_(parts.id),
      name_(std::move(parts.name)),
      time_(time),
      settings_(settings),
      inputs_(std::move(parts.inputs)),
      gates_(std::move(parts.gates)),
      chain_(std::move(parts.operators), std::move(parts.bindings), gates_),
      metrics_(std::move(parts.metrics)),
      has_sink_(parts.has_sink),
      loop_(std::move(parts.loop)),
      open_inputs_(inputs_.size() - loop_.feedback.size()),
      checkpointed_(parts.checkpointed),
      restored_(std::move(parts.restored)) {
  for (std::size_t i = 0; i < inputs_.size(); ++i) {
    input_channel& made = channels_.try_emplace(inputs_[i]).first->second;
    if (i < parts.input_numbers.size()) made.number = parts.input_numbers[i];
  }
  for (const side_door& door : parts.side_doors) {
    input_channel& side = channels_.at(door.channel);
    side.is_side_door = true;
    side.position = door.position;
    side.watermark = end_of_time;
  }
  for (const channel_id channel : loop_.feedback) {
    input_channel& back = channels_.at(channel);
    back.is_feedback = true;
    back.watermark = end_of_time;  // it says nothing about time
  }
}

void instance::open(effects& out) {
  try {
    chain_.open();
    if (restored_) restore();
    phase_ = phase::opened;
    out.push_back(effect{effect::kind::opened});
  } catch (...) {
    fail(out);
  }
}

void instance::start(effects& out) {
  static_cast<void>(out);
  if (phase_ != phase::opened) return;
  phase_ = phase::running;
  started_at_ = time_.now();
}

void instance::on_batch(channel_id channel, batch_ref records, std::int64_t bytes, nanoseconds sent_at,
                        event_time watermark) {
  if (phase_ == phase::closed) return;
  counters_.bytes_in += static_cast<std::uint64_t>(bytes);
  if (channels_.at(channel).is_feedback) {
    returning_.push_back(queued_batch{channel, std::move(records), bytes, sent_at});
    return;
  }
  queue_.push_back(queued_batch{channel, std::move(records), bytes, sent_at, watermark});
  counters_.queue_batches_max = std::max<std::uint64_t>(counters_.queue_batches_max, queued());
  SAGE_ASSERT(queued() <= inputs_.size() * settings_.window_batches);  // credit bounds every queue
}

void instance::on_end(channel_id channel) {
  input_channel& input = channels_.at(channel);
  if (std::exchange(input.ended, true) || input.is_feedback) return;
  --open_inputs_;
  // Behind all its batches, its time has come to an end.
  ++queued_control_;
  queue_.push_back(queued_batch{channel, {}, 0, 0, end_of_time, false, 0, true});
}

void instance::on_credit(channel_id channel, std::uint32_t batches, std::int64_t bytes, effects& out) {
  if (phase_ == phase::closed) return;
  for (const auto& gate : gates_) {
    if (gate->has_channel(channel)) {
      gate->on_credit(channel, batches, bytes, time_.now(), out);
      return;
    }
  }
}

void instance::on_split(std::optional<split_position> part) {
  split_requested_ = false;
  if (phase_ != phase::running) return;
  if (!part || draining_) {
    source_ended_ = true;
    return;
  }
  next_split_ = std::move(part);
}

bool instance::input_has_ended() const noexcept {
  if (chain_.has_source() && !source_ended_) return false;
  return open_inputs_ == 0 && queue_.empty() && set_aside_.empty() && barrier_ == 0 &&
         (!loop_.is_head || (chain_.is_ready() && loop_is_empty()));
}

bool instance::run(bool input_waits, effects& out, bool continues) {
  if (phase_ != phase::running && phase_ != phase::ending && phase_ != phase::flushing) return false;
  bool more = false;
  if (!continues) now_ = time_.now();
  const nanoseconds begun = now_;
  metrics_->set_working_since(begun);
  try {
    more = work(input_waits, out);
  } catch (...) {
    metrics_->set_working_since(0);
    fail(out);
    return false;
  }
  metrics_->set_working_since(0);
  if (records_this_time_ > 0) counters_.busy_ns += static_cast<std::uint64_t>(now_ - begun);
  track_blocked();
  if (now_ - published_at_ >= publish_interval) {
    published_at_ = now_;
    publish_metrics();
  }
  return more;
}

bool instance::work(bool input_waits, effects& out) {
  const nanoseconds begun = now_;
  records_this_time_ = 0;
  while (step(out)) {
    count_loop();
    if (records_this_time_ < settings_.activation_records_max && now_ - begun < settings_.activation_time_max)
      continue;
    for (const auto& gate : gates_) gate->send_progress(now_, out);
    return true;
  }
  count_loop();
  // Nothing the engine may have in hand for an idle source fills its batches up.
  if (phase_ == phase::running && (!input_waits || idle_)) flush(out);
  if (phase_ == phase::ending) flush(out);  // what async operators still wait for must not hold back what is done
  ask_for_timer(out);
  // Whatever ended the work, an operator whose turn was over waits for nobody but us.
  return chain_.has_yielded();
}

// Does one piece of work and leaves in now_ when it was done; false when there is none that can be done now. A clock
// reading is not for nothing: a batch of cheap work costs one, behind it.
bool instance::step(effects& out) {
  if (chain_.is_async()) {
    chain_.attend(now_, out);
    now_ = time_.now();
  }
  if (!returning_.empty() && phase_ == phase::running) {
    process_feedback(out);
    return true;
  }
  if (!chain_.is_ready()) {
    const bool ready = chain_.resume(now_, out);
    now_ = time_.now();
    if (!ready) {
      const bool goes_on = chain_.has_yielded();
      if (goes_on) flush(out);  // the rest of a slow batch takes its time: what is done doesn't wait for it
      return goes_on;
    }
    if (loop_.is_head) return true;  // what it has just let in must be counted before it lets in more
  }
  switch (phase_) {
    case phase::running:
      if (progress_is_new_) {
        progress_is_new_ = false;
        chain_.on_progress(watermark_, idle_inputs_, now_, out);
        now_ = time_.now();
        return true;
      }
      if (barrier_ != 0) return pass_barrier(out);
      if (draining_ || running_out_) drain_source();
      if (input_has_ended()) {
        phase_ = phase::ending;
        return true;
      }
      if (!queue_.empty()) {
        process(out);
        return true;
      }
      if (chain_.has_source() && !idle_ && !split_requested_ && !source_aligned_) {
        idle_ = reading_ && chain_.is_ahead();  // until it is woken
        if (!idle_) read(out);
        return !idle_;
      }
      return false;
    case phase::ending:
      if (!was_finished_ && !chain_.end(now_, out)) return false;
      now_ = time_.now();
      phase_ = phase::flushing;
      return true;
    case phase::flushing: finish_input(out); return false;
    default: return false;
  }
}

void instance::drain_source() {
  if (!chain_.has_source() || split_requested_ || source_ended_) return;
  if (!reading_) {
    source_ended_ = draining_;
  } else if (!std::exchange(drain_told_, true)) {
    source_ended_ = chain_.drain_source();
  }
}

void instance::process(effects& out) {
  queued_batch next = queue_.pop_front();
  input_channel& from = channels_.at(next.channel);
  if (from.aligned) {
    set_aside_.push_back(std::move(next));
    return;
  }
  if (!next.records) {
    --queued_control_;
    if (next.barrier != 0) {
      SAGE_ASSERT(aligning_ == 0 || aligning_ == next.barrier);  // every channel brings every barrier
      aligning_ = next.barrier;
      from.aligned = true;
      align();
      return;
    }
    from.end_seen = next.end;
    if (!from.is_side_door) take_progress(from, next.watermark, next.idle);
    if (next.end) align();
    // Its end isn't acknowledged: nothing follows it.
    if (std::exchange(from.progress_queued, false) && !from.ended) {
      out.push_back(effect{effect::kind::grant, next.channel});
    }
    return;
  }
  const std::size_t size = next.records->size();
  const nanoseconds begun = now_;
  if (next.records->unique()) next.records->header.taken_at = begun;
  counters_.wait.add(static_cast<std::uint64_t>(std::max<nanoseconds>(begun - next.sent_at, 0)));
  records_this_time_ += size;
  if (loop_.gauge && !loop_.is_head) loop_taken_ += size;
  chain_.on_batch(from.number, std::move(next.records), begun, out, from.position);
  if (!from.is_side_door) take_progress(from, next.watermark, false);
  now_ = time_.now();
  counters_.service.add(static_cast<std::uint64_t>(now_ - begun));
  if (now_ - begun > settings_.activation_time_max) chain_.on_slow_batch();
  give_back(next.channel, size, next.bytes, out);
}

void instance::read(effects& out) {
  if (!reading_) {
    if (!next_split_) {
      split_requested_ = true;
      out.push_back(effect{effect::kind::request_split});
      return;
    }
    reading_split_ = next_split_->part;
    chain_.start_split(next_split_->part, next_split_->position);
    next_split_.reset();
    reading_ = true;
    // Whoever was told to run out before he had a split would wait for somebody to wake him.
    if (running_out_) drain_source();
    if (source_ended_) return;
  }
  const nanoseconds begun = now_;
  switch (chain_.read(begun, out)) {
    case read_status::more:
      // The next read may block for long: what this one brought must not wait for it.
      if (chain_.has_read_short()) flush(out);
      break;
    case read_status::idle: idle_ = true; break;
    case read_status::end_of_split:
      reading_ = false;
      if (checkpointed_) splits_done_.push_back(reading_split_.number);
      break;
  }
  now_ = time_.now();
  // A reader that blocks is slow by nature, and what it brings is a batch like any other.
  if (now_ - begun > settings_.activation_time_max) chain_.on_slow_batch();
  // What a read brings is unknown here; a batch's worth keeps the activation bounded.
  records_this_time_ += chain_.self(0).batch_size();
}

void instance::give_back(channel_id channel, std::size_t records, std::int64_t bytes, effects& out) {
  input_channel& input = channels_.at(channel);
  input.records += records;
  ++input.taken_batches;
  input.taken_bytes += bytes;
  // In halves: a grant per batch would cost 10-20 % of the throughput of cheap work.
  if (input.taken_batches < settings_.window_batches / 2 && input.taken_bytes < settings_.window_bytes / 2) return;
  if (input.ended) return;
  effect grant{effect::kind::grant, channel};
  grant.batches = std::exchange(input.taken_batches, 0);
  grant.bytes = std::exchange(input.taken_bytes, 0);
  out.push_back(std::move(grant));
}

void instance::flush(effects& out) {
  for (const auto& gate : gates_) gate->flush(now_, out);
}

void instance::finish_input(effects& out) {
  flush(out);
  const bool empty = std::all_of(gates_.begin(), gates_.end(), [](const auto& gate) { return gate->is_empty(); });
  if (!empty) return;
  if (!was_finished_ || has_sink_) chain_.prepare(0);
  effect last{effect::kind::finished};
  if (checkpointed_) last.part = take_snapshot(true);
  for (const auto& gate : gates_) gate->end(out);
  phase_ = phase::finished;
  // Nothing is left to commit without a sink, so the user's close need not wait for the rest of the job.
  if (!has_sink_) chain_.close();
  publish_metrics();
  out.push_back(std::move(last));
}

void instance::ask_for_timer(effects& out) {
  const auto ask = [&](nanoseconds at) {
    effect timer{effect::kind::set_timer};
    timer.at = at;
    out.push_back(std::move(timer));
  };
  while (const auto at = chain_.take_retry_at()) ask(*at);
  if (!chain_.is_async()) return;
  // Engines can't take timers back, so a moment is asked for only when none is under way that comes as early.
  while (!asked_.empty() && asked_.back() <= now_) asked_.pop_back();
  const auto wanted = chain_.wake_at();
  if (!wanted || (!asked_.empty() && asked_.back() <= *wanted)) return;
  asked_.push_back(*wanted);
  ask(*wanted);
}

void instance::track_blocked() {
  const bool blocked = std::any_of(gates_.begin(), gates_.end(), [](const auto& gate) { return !gate->is_ready(); });
  if (blocked && blocked_at_ == 0) {
    blocked_at_ = now_;
  } else if (!blocked && blocked_at_ != 0) {
    const auto lasted = static_cast<std::uint64_t>(now_ - blocked_at_);
    counters_.blocked_ns += lasted;
    counters_.blocked.add(lasted);
    blocked_at_ = 0;
  }
}

instance_counters instance::counters(bool at_barrier) const {
  instance_counters all = counters_;
  chain_.count(all);
  all.bytes_out = 0;
  for (const auto& gate : gates_) {
    all.bytes_out += gate->bytes();
    all.gates.push_back(gate->counters(at_barrier));
  }
  for (const channel_id channel : inputs_) {
    all.taken.push_back(channel_counters{channel, channels_.at(channel).records});
  }
  if (chain_.empty() && !gates_.empty()) {  // a router counts as one operator that passes everything
    operator_counters router;
    router.records_in = router.passed = router.records_out = gates_.front()->records();
    router.batches_in = router.batches_out = gates_.front()->batches();
    all.operators.push_back(router);
  }
  all.source_positions = chain_.positions();
  all.queue_batches = queued();
  if (started_at_ != 0) all.alive_ns = static_cast<std::uint64_t>(time_.now() - started_at_);
  return all;
}

}  // namespace sage::runtime
