#include "sage/runtime/output_gate.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

#include "sage/base/assert.hpp"

namespace sage::runtime {

using routing::decision;

namespace {

// How long a part-filled batch that nothing more comes for may hold back the progress of time.
constexpr nanoseconds progress_delay_max = 10'000'000;

}  // namespace

output_gate::output_gate(std::unique_ptr<routing::partitioner> policy, std::vector<channel_id> channels,
                         std::size_t batch_size, const flow_settings& settings, edge_kind kind)
    : policy_(std::move(policy)),
      channels_(std::move(channels)),
      batch_size_(batch_size),
      free_(std::make_unique<bool[]>(channels_.size())),
      positions_(channels_.size()),
      kind_(kind) {
  SAGE_ASSERT(!channels_.empty());
  targets_.reserve(channels_.size());
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    target& to = targets_.emplace_back();
    to.credit_batches = settings.window_batches;
    to.credit_bytes = settings.window_bytes;
    if (kind == edge_kind::feedback) {
      to.credit_batches = std::numeric_limits<std::uint32_t>::max();
      to.credit_bytes = std::numeric_limits<std::int64_t>::max();
    }
    free_[i] = true;
  }
}

bool output_gate::has_channel(channel_id channel) const noexcept {
  return std::find(channels_.begin(), channels_.end(), channel) != channels_.end();
}

bool output_gate::is_empty() const noexcept {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const target& t) { return t.waiting.empty() && !t.partial; });
}

gate_counters output_gate::counters(bool waiting) const {
  gate_counters all{records_, {}};
  for (std::size_t i = 0; i < channels_.size(); ++i) {
    std::uint64_t sent = targets_[i].records;
    for (const complete_batch& one : targets_[i].waiting) sent += waiting && one.records ? one.records->size() : 0;
    all.sent.push_back(channel_counters{channels_[i], sent});
  }
  return all;
}

void output_gate::push(batch_ref records, nanoseconds now, effects& out) {
  if (records->empty()) return;
  records_ += records->size();
  entrusted_ += records->size();
  if (choice_.size() < records->size()) choice_.resize(records->size());
  const decision chosen = policy_->route(*records, std::span(free_.get(), targets_.size()), choice_.data());
  switch (chosen.where) {
    case decision::kind::one: push_to(chosen.target, std::move(records), now, out); break;
    case decision::kind::all:
      entrusted_ += records->size() * (targets_.size() - 1);
      for (std::size_t i = 0; i + 1 < targets_.size(); ++i) push_to(i, records, now, out);
      push_to(targets_.size() - 1, std::move(records), now, out);
      break;
    case decision::kind::each: scatter(*records, now, out); break;
  }
}

void output_gate::push_to(std::size_t index, batch_ref records, nanoseconds now, effects& out) {
  target& to = targets_[index];
  // Shared batches travel as they are: filling them up would copy their records.
  const bool small = records->size() < batch_size_ / 4 && records->unique();
  if (!to.partial) {
    if (small) {
      to.partial = std::move(records);
    } else {
      send_or_wait(index, std::move(records), now, out);
    }
    return;
  }
  if (!small || to.partial->size() + records->size() > batch_size_) {
    complete(index, now, out);
    push_to(index, std::move(records), now, out);
    return;
  }
  if (to.partial->room() < records->size()) {
    batch_ref bigger = batch_base::make(to.partial->pool(), to.partial->type(), batch_size_);
    bigger->header = to.partial->header;
    if (choice_.size() < to.partial->size()) choice_.resize(to.partial->size());
    std::iota(choice_.begin(), choice_.begin() + static_cast<std::ptrdiff_t>(to.partial->size()), 0u);
    append_selected(*to.partial, choice_.data(), to.partial->size(), *bigger);
    to.partial = std::move(bigger);
  }
  std::iota(choice_.begin(), choice_.begin() + static_cast<std::ptrdiff_t>(records->size()), 0u);
  append_selected(*records, choice_.data(), records->size(), *to.partial);
}

void output_gate::scatter(batch_base& records, nanoseconds now, effects& out) {
  for (std::size_t i = 0; i < records.size(); ++i) positions_[choice_[i]].push_back(static_cast<std::uint32_t>(i));
  for (std::size_t index = 0; index < targets_.size(); ++index) {
    std::vector<std::uint32_t>& positions = positions_[index];
    target& to = targets_[index];
    std::size_t done = 0;
    while (done < positions.size()) {
      if (!to.partial) {
        to.partial = batch_base::make(records.pool(), records.type(), batch_size_);
        to.partial->header = records.header;
      }
      const std::size_t fill = std::min(batch_size_, to.partial->capacity());
      const std::size_t count = std::min(positions.size() - done, fill - to.partial->size());
      append_selected(records, positions.data() + done, count, *to.partial);
      done += count;
      if (to.partial->size() == fill) complete(index, now, out);
    }
    positions.clear();
  }
}

void output_gate::complete(std::size_t index, nanoseconds now, effects& out) {
  if (targets_[index].partial) send_or_wait(index, std::exchange(targets_[index].partial, {}), now, out);
}

void output_gate::send_or_wait(std::size_t index, batch_ref records, nanoseconds now, effects& out) {
  target& to = targets_[index];
  // Whatever was pushed before the watermark is in this batch or in front of it.
  to.told = watermark_;
  to.told_idle = false;
  to.behind_since = 0;
  complete_batch next{std::move(records), watermark_, 0};
  if (to.waiting.empty() && to.has_credit()) {
    send(index, std::move(next), now, out);
    return;
  }
  if (to.waiting.empty() && ++waiting_ == 1) blocked_since_ = now;
  free_[index] = false;
  to.waiting.push_back(std::move(next));
}

void output_gate::send(std::size_t index, complete_batch next, nanoseconds now, effects& out) {
  target& to = targets_[index];
  batch_ref& records = next.records;
  const auto bytes = static_cast<std::int64_t>(records->bytes());
  if (kind_ == edge_kind::forward) {
    to.credit_batches -= 1;
    to.credit_bytes -= bytes;
  }
  to.records += records->size();
  ++batches_;
  bytes_ += static_cast<std::uint64_t>(bytes);
  free_[index] = to.has_credit();
  if (records->unique()) records->header.enqueued_at = now;
  effect send{effect::kind::send, channels_[index]};
  send.bytes = bytes;
  send.at = now;
  send.watermark = next.watermark;
  send.records = std::move(records);
  out.push_back(std::move(send));
}

void output_gate::on_credit(channel_id channel, std::uint32_t batches, std::int64_t bytes, nanoseconds now,
                            effects& out) {
  const auto found = std::find(channels_.begin(), channels_.end(), channel);
  SAGE_ASSERT(found != channels_.end());
  const auto index = static_cast<std::size_t>(found - channels_.begin());
  target& to = targets_[index];
  if (batches == 0 && bytes == 0) {
    to.told_by_itself = false;
    return;
  }
  to.credit_batches += batches;
  to.credit_bytes += bytes;
  free_[index] = to.has_credit();
  if (to.waiting.empty()) return;
  while (!to.waiting.empty() && (to.waiting.front().barrier != 0 || to.has_credit())) {
    complete_batch next = std::move(to.waiting.front());
    to.waiting.pop_front();
    if (next.barrier != 0) {
      send_barrier(index, next.barrier, out);
    } else {
      send(index, std::move(next), now, out);
    }
  }
  free_[index] = to.waiting.empty() && to.has_credit();
  if (to.waiting.empty() && --waiting_ == 0) blocked_since_ = 0;
}

void output_gate::flush(nanoseconds now, effects& out) {
  for (std::size_t index = 0; index < targets_.size(); ++index) {
    // Without credit the rest stays here and may still be filled up.
    if (targets_[index].partial && targets_[index].waiting.empty() && targets_[index].has_credit()) {
      complete(index, now, out);
    }
    if (has_news(targets_[index]) && !targets_[index].partial) tell(index, out);
  }
}

void output_gate::on_progress(event_time time, bool idle) {
  if (kind_ == edge_kind::feedback) return;
  watermark_ = std::max(watermark_, time);
  idle_ = idle;
}

void output_gate::send_progress(nanoseconds now, effects& out) {
  for (std::size_t index = 0; index < targets_.size(); ++index) {
    target& to = targets_[index];
    if (!has_news(to)) continue;
    if (to.partial) {
      if (to.behind_since == 0) to.behind_since = now;
      if (now - to.behind_since < progress_delay_max || !to.waiting.empty() || !to.has_credit()) continue;
      complete(index, now, out);
      continue;
    }
    tell(index, out);
  }
}

// Progress takes no credit, so that time never stands still for want of it; at most one per channel is under way, and
// a newer one waits here for the acknowledgement.
void output_gate::tell(std::size_t index, effects& out) {
  target& to = targets_[index];
  if (to.told_by_itself || !to.waiting.empty()) return;
  to.told = watermark_;
  to.told_idle = idle_;
  to.told_by_itself = true;
  effect progress{effect::kind::send_progress, channels_[index]};
  progress.watermark = watermark_;
  progress.idle = idle_;
  out.push_back(std::move(progress));
}

void output_gate::barrier(std::uint64_t epoch, nanoseconds now, effects& out) {
  for (std::size_t index = 0; index < targets_.size(); ++index) {
    complete(index, now, out);
    if (targets_[index].waiting.empty()) {
      send_barrier(index, epoch, out);
    } else {
      targets_[index].waiting.push_back(complete_batch{{}, no_event_time, epoch});
    }
  }
}

void output_gate::send_barrier(std::size_t index, std::uint64_t epoch, effects& out) {
  effect barrier{effect::kind::send_barrier, channels_[index]};
  barrier.epoch = epoch;
  out.push_back(std::move(barrier));
}

void output_gate::end(effects& out) {
  SAGE_ASSERT(is_empty());
  for (const channel_id channel : channels_) out.push_back(effect{effect::kind::send_end, channel});
}

}  // namespace sage::runtime
