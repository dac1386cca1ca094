#include "sage/operators/several_inputs.hpp"

#include <utility>

#include "sage/base/assert.hpp"

namespace sage::operators {

namespace {

void add(fate& to, const fate& some) noexcept {
  to.passed += some.passed;
  to.filtered += some.filtered;
  to.dropped += some.dropped;
  to.dead += some.dead;
  to.gone += some.gone;
  to.late += some.late;
}

}  // namespace

void several_inputs::open(context& self) {
  for (record_operator* half : halves_) half->open(self);
}

flow several_inputs::on_input(std::uint32_t input, batch_ref records, output& out) {
  SAGE_ASSERT(input < halves_.size());
  at_work_ = input;
  return settled(halves_[input]->on_batch(std::move(records), out));
}

flow several_inputs::resume(output& out) {
  if (at_work_ == nobody) return settled(on_time(out));
  return settled(halves_[at_work_]->resume(out));
}

flow several_inputs::on_watermark(event_time time, output& out) {
  static_cast<void>(time);
  return settled(on_time(out));
}

flow several_inputs::settled(flow came) {
  if (came == flow::done) at_work_ = nobody;
  fate_ = own_;
  for (const record_operator* half : halves_) add(fate_, half->fates());
  return came;
}

std::optional<nanoseconds> several_inputs::retry_at() const noexcept {
  return at_work_ == nobody ? std::nullopt : halves_[at_work_]->retry_at();
}

bool several_inputs::has_yielded() const noexcept {
  return at_work_ != nobody && halves_[at_work_]->has_yielded();
}

void several_inputs::on_slow_batch() noexcept {
  for (record_operator* half : halves_) half->on_slow_batch();
}

}  // namespace sage::operators
