#include "sage/llm/limits/circuit_breaker.hpp"

#include <algorithm>

namespace sage::llm {

circuit_breaker::circuit_breaker(const breaker_settings& settings)
    : settings_(settings), open_for_(settings.open_first) {
  settings_.window = std::max<nanoseconds>(settings_.window, slices_);
}

circuit_breaker::state circuit_breaker::current(nanoseconds now) const noexcept {
  return state_ == state::open && now >= open_until_ ? state::half_open : state_;
}

circuit_breaker::permit circuit_breaker::ask(nanoseconds now) {
  if (state_ == state::open && now >= open_until_) {
    state_ = state::half_open;
    probing_ = false;
    ++period_;
  }
  switch (state_) {
    case state::closed: return {true, period_};
    case state::open: return {};
    case state::half_open:
      if (probing_) return {};
      probing_ = true;
      return {true, period_};
  }
  return {};
}

void circuit_breaker::on_success(const permit& of, nanoseconds now) {
  if (of.period != period_) return;
  if (state_ == state::half_open) return close();
  ++slice_at(now).calls;
}

void circuit_breaker::on_failure(const permit& of, nanoseconds now) {
  if (of.period != period_) return;
  if (state_ == state::half_open) {
    open_for_ = std::min(open_for_ * 2, settings_.open_max);
    return open(now);
  }
  slice& present = slice_at(now);
  ++present.calls;
  ++present.failures;
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  for (const slice& each : window_) {
    if (each.number < 0 || each.number + static_cast<std::int64_t>(slices_) <= present.number) continue;
    calls += each.calls;
    failures += each.failures;
  }
  if (calls < settings_.calls_min) return;
  if (static_cast<double>(failures) > settings_.failure_share_max * static_cast<double>(calls)) open(now);
}

void circuit_breaker::on_abandoned(const permit& of) {
  if (of.period == period_ && state_ == state::half_open) probing_ = false;
}

circuit_breaker::slice& circuit_breaker::slice_at(nanoseconds now) {
  const std::int64_t number = now / (settings_.window / static_cast<nanoseconds>(slices_));
  slice& present = window_[static_cast<std::size_t>(number) % slices_];
  if (present.number != number) present = {number, 0, 0};
  return present;
}

void circuit_breaker::open(nanoseconds now) {
  state_ = state::open;
  ++period_;
  open_until_ = now + open_for_;
}

void circuit_breaker::close() {
  state_ = state::closed;
  ++period_;
  open_for_ = settings_.open_first;
  window_ = {};
}

}  // namespace sage::llm
