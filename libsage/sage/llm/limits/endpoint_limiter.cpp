#include "sage/llm/limits/endpoint_limiter.hpp"

#include <algorithm>

namespace sage::llm {

endpoint_limiter::endpoint_limiter(const endpoint_limits& limits)
    : limits_(limits),
      window_(limits.concurrency),
      requests_(limits.requests_per_minute_max),
      tokens_(limits.tokens_per_minute_max) {}

std::uint64_t endpoint_limiter::cost_of(std::uint64_t tokens) const noexcept {
  return limits_.shares == share_of::tokens ? tokens : 1;
}

admission endpoint_limiter::request(call_id call, std::string_view tenant, std::uint64_t tokens_estimate,
                                    nanoseconds now, std::vector<call_id>& go) {
  if (calls_.contains(call)) return admission::duplicate;
  if (waiting_.size() >= limits_.waiting_max) return admission::full;
  if (waiting_.waiting_of(tenant) >= limits_.waiting_per_tenant_max) return admission::tenant_full;
  call_state& state = calls_[call];
  state.tokens = tokens_estimate;
  state.place = waiting_.push(call, tenant, cost_of(tokens_estimate));
  let_go(now, go);
  return admission::accepted;
}

bool endpoint_limiter::cancel(call_id call, nanoseconds now, std::vector<call_id>& go) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return false;
  const call_state& state = found->second;
  if (!state.under_way) {
    waiting_.erase(state.place);
  } else {
    // What it has cost is not known: the estimate stands.
    waiting_.settle(state.taken, state.taken.cost);
    held_.push_back(now + limits_.cancelled_hold);
  }
  calls_.erase(found);
  let_go(now, go);
  return true;
}

void endpoint_limiter::settle(call_id call, const call_outcome& outcome, nanoseconds now, std::vector<call_id>& go) {
  const auto found = calls_.find(call);
  if (found == calls_.end() || !found->second.under_way) return;
  const call_state& state = found->second;
  switch (outcome.how) {
    case call_outcome::kind::ok: window_.on_success(now); break;
    case call_outcome::kind::throttled: window_.on_throttled(state.start, now); break;
    case call_outcome::kind::failed: window_.on_failure(); break;
  }
  if (outcome.retry_after) {
    const nanoseconds pause = std::clamp<nanoseconds>(*outcome.retry_after, 0, limits_.pause_max);
    paused_until_ = std::max(paused_until_, now + pause);
  }
  tokens_.give_back(static_cast<double>(state.tokens) - static_cast<double>(outcome.tokens), now);
  waiting_.settle(state.taken, cost_of(outcome.tokens));
  calls_.erase(found);
  let_go(now, go);
}

void endpoint_limiter::end_holds(nanoseconds now) {
  while (!held_.empty() && held_.front() <= now) {
    held_.pop_front();
    window_.on_failure();
  }
}

void endpoint_limiter::let_go(nanoseconds now, std::vector<call_id>& go) {
  end_holds(now);
  wake_at_ = held_.empty() || waiting_.empty() ? never : held_.front();
  while (!waiting_.empty()) {
    if (now < paused_until_) {
      wake_at_ = std::min(wake_at_, paused_until_);
      return;
    }
    if (!window_.has_room()) return;  // a settle or the end of a hold comes first
    const fair_queue::waiting_call& next = waiting_.front();
    call_state& state = calls_.find(next.call)->second;
    const double tokens = static_cast<double>(state.tokens);
    const nanoseconds ready = std::max(requests_.ready_at(1, now), tokens_.ready_at(tokens, now));
    if (ready > now) {
      wake_at_ = std::min(wake_at_, ready);
      return;
    }
    requests_.take(1, now);
    tokens_.take(tokens, now);
    state.taken = waiting_.pop();
    state.under_way = true;
    state.start = window_.on_start();
    go.push_back(state.taken.call);
  }
}

}  // namespace sage::llm
