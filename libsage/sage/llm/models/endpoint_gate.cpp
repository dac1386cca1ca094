#include "sage/llm/models/endpoint_gate.hpp"

#include <utility>

#include "sage/llm/models/model_error.hpp"

namespace sage::llm {

namespace {

void ring_all(auto& rings) {
  for (auto& one : rings) one.inbox->ring(one.ticket);
}

}  // namespace

std::vector<endpoint_gate::ring> endpoint_gate::after_event(pass* mine) {
  std::vector<ring> rings;
  for (const call_id id : go_) {
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) continue;
    if (watch_ == id) watch_ = 0;
    found->second.who->has_gone_ = true;
    if (found->second.who != mine) rings.push_back({std::move(found->second.inbox), found->second.ticket});
    waiters_.erase(found);
  }
  go_.clear();
  const nanoseconds at = limiter_.next_wake();
  if (at == endpoint_limiter::never || waiters_.empty()) return rings;
  const bool is_watched = watch_ != 0 && watch_at_ <= at;
  if (mine && waiters_.contains(mine->id_)) {
    if (is_watched && watch_ != mine->id_) return rings;
    watch_ = mine->id_;
    watch_at_ = at;
    mine->loop().set_timer(mine->timer_, at);
  } else if (!is_watched) {
    // A call that has ended can't watch for those that wait: one of them is rung, and sets its timer.
    const auto& [id, chosen] = *waiters_.begin();
    watch_ = id;
    watch_at_ = at;
    rings.push_back({chosen.inbox, chosen.ticket});
  }
  return rings;
}

std::size_t endpoint_gate::waiting() const {
  const std::lock_guard lock(mutex_);
  return limiter_.waiting();
}

std::size_t endpoint_gate::in_flight() const {
  const std::lock_guard lock(mutex_);
  return limiter_.in_flight();
}

// Returns whether the task has to wait.
bool endpoint_gate::pass::begin(functions::wake_ticket ticket) {
  std::vector<ring> rings;
  admission came;
  bool gone = false;
  {
    const std::lock_guard lock(gate_.mutex_);
    id_ = gate_.next_id_++;
    gate_.waiters_.emplace(id_, waiter{this, loop().inbox(), ticket});
    is_open_ = true;  // from here on the destructor knows what to take back
    came = gate_.limiter_.request(id_, tenant_, tokens_, loop().time().now(), gate_.go_);
    if (came != admission::accepted) {
      is_open_ = false;
      gate_.waiters_.erase(id_);
    }
    rings = gate_.after_event(this);
    gone = has_gone_;
  }
  ring_all(rings);
  if (came == admission::accepted) return !gone;
  // A failure of this endpoint, as far as callers go: another one may have room.
  provider_error full;
  full.failure = provider_failure::crowded;
  full.retryable = true;
  full.message = came == admission::tenant_full ? "too many calls of this tenant wait for the model"
                                                : "too many calls wait for the model";
  throw model_error(std::move(full), "endpoint_gate");
}

void endpoint_gate::pass::on_event() noexcept {
  // By the ticket: we are through, or are to watch the time. By the timer: time has passed for the limiter.
  std::vector<ring> rings;
  bool gone = false;
  {
    const std::lock_guard lock(gate_.mutex_);
    gone = has_gone_;
    if (!gone && is_open_) {
      if (gate_.watch_ == id_) gate_.watch_ = 0;
      gate_.limiter_.wake(loop().time().now(), gate_.go_);
      rings = gate_.after_event(this);
      gone = has_gone_;
    }
  }
  ring_all(rings);
  if (!gone) return;
  // At once, or a second ring would queue us twice.
  forget();
  timer_.cancel();
  go_on();
}

void endpoint_gate::pass::settle(const call_outcome& outcome) {
  std::vector<ring> rings;
  {
    const std::lock_guard lock(gate_.mutex_);
    if (!std::exchange(is_open_, false)) return;
    gate_.limiter_.settle(id_, outcome, loop().time().now(), gate_.go_);
    rings = gate_.after_event(nullptr);
  }
  ring_all(rings);
}

void endpoint_gate::pass::give_up() noexcept {
  std::vector<ring> rings;
  {
    const std::lock_guard lock(gate_.mutex_);
    if (!std::exchange(is_open_, false)) return;
    gate_.waiters_.erase(id_);
    if (gate_.watch_ == id_) gate_.watch_ = 0;
    static_cast<void>(gate_.limiter_.cancel(id_, loop().time().now(), gate_.go_));
    rings = gate_.after_event(nullptr);
  }
  ring_all(rings);
}

}  // namespace sage::llm
