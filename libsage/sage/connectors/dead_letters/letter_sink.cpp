#include "sage/connectors/dead_letters/letter_sink.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "sage/operators/dead_letter_keeper.hpp"

namespace sage::letters {

using operators::flow;

namespace {

byte_string bytes_of(std::string_view text) {
  const auto* const begin = reinterpret_cast<const std::byte*>(text.data());
  return byte_string(begin, begin + text.size());
}

}  // namespace

void letter_sink::open(context& self) {
  self_ = &self;
  log_->open(self.is_restoring());
}

kept_letter letter_sink::keep(dead_letter& letter) const {
  kept_letter kept;
  kept.kept_at_ms = self_->time().wall_ms();
  kept.job = self_->job();
  kept.uid = std::move(letter.uid);
  kept.operator_name = std::move(letter.operator_name);
  kept.instance = letter.instance;
  kept.input = letter.input;
  kept.attempts = letter.attempts;
  kept.error = std::move(letter.error);
  kept.record_type = std::move(letter.record_type);
  kept.shown = std::move(letter.record);
  kept.record = bytes_of(letter.packed);
  kept.returns = letter.returns;
  kept.has_event_time = letter.time != no_event_time;
  kept.event_time = kept.has_event_time ? letter.time : 0;
  kept.traceparent = std::move(letter.traceparent);
  return kept;
}

flow letter_sink::on_batch(batch_ref records, operators::output& out) {
  static_cast<void>(out);
  const bool consume = records->unique();
  for (dead_letter& one : static_cast<batch<dead_letter>&>(*records)) {
    if (consume) {
      log_->add(keep(one));
    } else {
      dead_letter copy = one;
      log_->add(keep(copy));
    }
  }
  fate_.passed += records->size();
  if (!self_->is_checkpointed()) {
    log_->prepare(0);
    log_->commit(0);
  }
  return flow::done;
}

flow letter_sink::on_input(std::uint32_t input, batch_ref records, operators::output& out) {
  if (input == 0) return on_batch(std::move(records), out);
  for (const replay_progress& one : static_cast<const batch<replay_progress>&>(*records)) {
    replays_ = std::max(replays_, one.number);
  }
  // Without checkpoints they count when the job has ended well: until then, a crash begins again with them.
  if (self_->is_checkpointed()) log_->note_replays(replays_);
  fate_.passed += records->size();
  return flow::done;
}

void letter_sink::prepare(std::uint64_t epoch) {
  log_->note_replays(replays_);
  log_->prepare(epoch);
}

}  // namespace sage::letters
