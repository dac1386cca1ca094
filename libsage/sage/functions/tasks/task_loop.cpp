#include "sage/functions/tasks/task_loop.hpp"

#include <algorithm>
#include <utility>

namespace sage::functions {

task_loop::task_loop(const clock& time, std::shared_ptr<waker> engine, std::shared_ptr<blocking_port> blocking)
    : time_(time), blocking_(std::move(blocking)), inbox_(std::make_shared<task_inbox>(std::move(engine))) {
  ready_.next_ = ready_.before_ = &ready_;
}

task_loop::~task_loop() {
  retired_.clear();
  inbox_->close();
  // Whoever is still queued belongs to a frame that outlives us by mistake; don't leave it pointing here.
  while (has_ready()) ready_.next_->leave();
  ready_.next_ = ready_.before_ = nullptr;
}

bool task_loop::run(std::size_t resumptions_max) {
  while (has_ready() && resumptions_max-- > 0) {
    ready_node& node = *ready_.next_;
    node.leave();
    if (node.scope_ && node.scope_->is_retired()) continue;
    node.frame_.resume();
  }
  return has_ready();
}

void task_loop::attend() {
  if (inbox_->has_entries()) {
    inbox_->take(rung_);
    for (const wake_ticket ticket : rung_) {
      waiting& entry = waiting_[ticket.place];
      if (entry.generation != ticket.generation || !entry.who) continue;
      entry.who->on_event();
    }
    rung_.clear();
  }
  if (!timers_.empty()) {
    const nanoseconds now = time_.now();
    while (task_event* who = timers_.take_due(now)) who->on_event();
  }
  if (!retired_.empty()) {
    std::erase_if(retired_, [](const auto& branch) { return !branch->scope().is_pinned(); });
  }
}

wake_ticket task_loop::expect(task_event& who) {
  std::uint32_t place = 0;
  if (free_.empty()) {
    place = static_cast<std::uint32_t>(waiting_.size());
    waiting_.push_back({});
    free_.reserve(waiting_.capacity());  // so that forget never allocates
  } else {
    place = free_.back();
    free_.pop_back();
  }
  waiting_[place].who = &who;
  return {place, waiting_[place].generation};
}

void task_loop::forget(wake_ticket ticket) noexcept {
  waiting& entry = waiting_[ticket.place];
  if (entry.generation != ticket.generation) return;
  ++entry.generation;
  entry.who = nullptr;
  free_.push_back(ticket.place);
}

void task_loop::keep_until_unpinned(std::unique_ptr<retired_branch> branch) {
  abandon(branch->scope());
  retired_.push_back(std::move(branch));
}

void task_loop::abandon(const task_scope& scope) noexcept {
  for (std::size_t i = 0; i < waiting_.size(); ++i) {
    task_event* const who = waiting_[i].who;
    if (who && who->scope() && who->scope()->is_within(scope)) who->on_abandoned();
  }
}

}  // namespace sage::functions
