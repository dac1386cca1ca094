#include "sage/llm/models/endpoint_gate.hpp"

#include <utility>

#include "sage/base/error.hpp"

namespace sage::llm {

namespace {

void ring_all(auto& rings) {
  for (auto& one : rings) one.inbox->ring(one.ticket);
}

}  // namespace

std::vector<endpoint_gate::ring> endpoint_gate::let_go() {
  std::vector<ring> rings;
  for (const call_id id : go_) {
    const auto found = waiters_.find(id);
    if (found == waiters_.end()) continue;
    found->second.who->has_gone_ = true;
    rings.push_back({std::move(found->second.inbox), found->second.ticket});
    waiters_.erase(found);
  }
  go_.clear();
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
  {
    const std::lock_guard lock(gate_.mutex_);
    id_ = gate_.next_id_++;
    gate_.waiters_.emplace(id_, waiter{this, loop().inbox(), ticket});
    came = gate_.limiter_.request(id_, tenant_, tokens_, loop().time().now(), gate_.go_);
    is_open_ = came == admission::accepted;
    if (!is_open_) gate_.waiters_.erase(id_);
    rings = gate_.let_go();
  }
  // Our own ring, if it is among them, comes back by the inbox like everybody's: one path for all.
  ring_all(rings);
  if (!is_open_) {
    throw error(errc::limit,
                came == admission::tenant_full ? "too many calls of this tenant wait for the model"
                                               : "too many calls wait for the model",
                "endpoint_gate", "give the operators before it less capacity, or the endpoint more");
  }
  set_timer();
  return true;
}

void endpoint_gate::pass::set_timer() {
  const std::lock_guard lock(gate_.mutex_);
  const nanoseconds at = gate_.limiter_.next_wake();
  if (!has_gone_ && at != endpoint_limiter::never) loop().set_timer(timer_, at);
}

void endpoint_gate::pass::on_event() noexcept {
  // By the ticket: we are through. By the timer: time has passed for the limiter, and somebody may be through.
  std::vector<ring> rings;
  bool gone = false;
  {
    const std::lock_guard lock(gate_.mutex_);
    gone = has_gone_;
    if (!gone) {
      gate_.limiter_.wake(loop().time().now(), gate_.go_);
      rings = gate_.let_go();
    }
  }
  ring_all(rings);
  if (gone) {
    timer_.cancel();
    go_on();
  } else {
    set_timer();
  }
}

void endpoint_gate::pass::settle(const call_outcome& outcome) {
  std::vector<ring> rings;
  {
    const std::lock_guard lock(gate_.mutex_);
    if (!std::exchange(is_open_, false)) return;
    gate_.limiter_.settle(id_, outcome, loop().time().now(), gate_.go_);
    rings = gate_.let_go();
  }
  ring_all(rings);
}

endpoint_gate::pass::~pass() {
  std::vector<ring> rings;
  {
    const std::lock_guard lock(gate_.mutex_);
    if (!std::exchange(is_open_, false)) return;
    gate_.waiters_.erase(id_);
    static_cast<void>(gate_.limiter_.cancel(id_, loop().time().now(), gate_.go_));
    rings = gate_.let_go();
  }
  ring_all(rings);
}

}  // namespace sage::llm
