#include "sage/llm/limits/concurrency_window.hpp"

#include <algorithm>

namespace sage::llm {

concurrency_window::concurrency_window(const concurrency_settings& settings) : settings_(settings) {
  settings_.in_flight_max = std::max(settings_.in_flight_max, 1u);
  limit_ = std::clamp(settings_.in_flight_start, 1u, settings_.in_flight_max);
  ceiling_ = settings_.in_flight_max;
}

concurrency_window::start concurrency_window::on_start() noexcept {
  return {++in_flight_, ++starts_};
}

void concurrency_window::on_success(nanoseconds now) noexcept {
  // A window that isn't used up proves nothing about a larger one.
  const bool was_full = in_flight_ >= limit_;
  --in_flight_;
  if (!was_full) return;
  if (limit_ >= ceiling_) {
    if (ceiling_ >= settings_.in_flight_max || now - quiet_since_ < settings_.probe_after) return;
    ceiling_ = std::min(settings_.in_flight_max, ceiling_ + probe_step_);
    probe_step_ = std::min(probe_step_ * 2, settings_.in_flight_max);
    quiet_since_ = now;
  }
  if (is_new_ || ++grown_ >= limit_) {
    grown_ = 0;
    ++limit_;
  }
}

void concurrency_window::on_throttled(const start& call, nanoseconds now) noexcept {
  // The provider's count was at its limit when it refused, and ours is never lower than the provider's. Of those that
  // were under way then, what it hasn't refused is what it bears; whatever has ended since, and in whatever order.
  if (call.number > refused_until_) {
    refused_until_ = starts_;
    refusal_size_ = std::max(call.in_flight, in_flight_);
    refused_ = 0;
    probe_step_ = 1;
  }
  ++refused_;
  const std::uint32_t borne = refusal_size_ > refused_ ? refusal_size_ - refused_ : 1;
  is_new_ = false;
  grown_ = 0;
  quiet_since_ = now;
  ceiling_ = std::min(ceiling_, std::max({1u, borne, refusal_size_ / 2}));
  limit_ = std::min(limit_, ceiling_);
  --in_flight_;
}

}  // namespace sage::llm
