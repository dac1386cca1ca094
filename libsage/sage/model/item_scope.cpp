#include "sage/model/item_scope.hpp"

#include <mutex>
#include <utility>

namespace sage {

static_assert(sizeof(item_scope) <= 200, "one is alive per request in flight");

std::string_view to_string(stop_reason reason) noexcept {
  switch (reason) {
    case stop_reason::none: return "none";
    case stop_reason::client: return "its client is gone";
    case stop_reason::deadline: return "its deadline has passed";
    case stop_reason::job: return "its job stops";
    case stop_reason::user: return "somebody stopped it";
  }
  return "unknown";
}

item_scope::~item_scope() {
  if (!settings_.reply || !claim_answer()) return;
  if (end_ && is_final_) {
    settings_.reply->on_unanswered(*end_);
  } else if (is_stopped()) {
    settings_.reply->on_unanswered(item_end{item_end_reason::gone, {}, std::string(to_string(why_stopped()))});
  } else {
    settings_.reply->on_unanswered(item_end{});
  }
}

// Whoever notes allocates before and frees behind the lock.
void item_scope::note(std::unique_ptr<item_end> end, bool final) noexcept {
  const std::lock_guard guard(lock_);
  end_.swap(end);
  is_final_ = final;
}

void item_scope::note_end(item_end_reason reason, std::string_view operator_name, std::string text,
                          item_failure failure) {
  if (is_claimed()) return;
  item_end end{reason, std::string(operator_name), std::move(text), std::move(failure)};
  note(std::make_unique<item_end>(std::move(end)), true);
}

void item_scope::note_unrouted(std::string_view operator_name) {
  if (is_claimed()) return;
  note(std::make_unique<item_end>(item_end{item_end_reason::unrouted, std::string(operator_name), {}}), false);
}

void item_scope::note_sunk(std::string_view operator_name) {
  if (is_claimed()) return;
  {
    const std::lock_guard guard(lock_);
    if (end_ && end_->reason == item_end_reason::unrouted) {
      is_final_ = true;
      return;
    }
  }
  note_end(item_end_reason::sunk, operator_name);
}

bool item_scope::stop(stop_reason reason) {
  std::forward_list<subscription> told;
  {
    const std::lock_guard guard(lock_);
    if (is_stopped()) return false;
    stopped_.store(reason, std::memory_order_release);
    told.swap(subscriptions_);
  }
  for (const subscription& one : told) one.listener->on_stop(one.token);
  return true;
}

bool item_scope::subscribe(std::shared_ptr<stop_listener> listener, std::uint64_t token) {
  std::forward_list<subscription> fresh;
  fresh.push_front(subscription{std::move(listener), token});
  const std::lock_guard guard(lock_);
  if (is_stopped()) return false;
  subscriptions_.splice_after(subscriptions_.before_begin(), fresh);
  return true;
}

void item_scope::unsubscribe(const stop_listener& listener, std::uint64_t token) noexcept {
  std::forward_list<subscription> gone;  // destroyed behind the lock
  const std::lock_guard guard(lock_);
  for (auto before = subscriptions_.before_begin(); std::next(before) != subscriptions_.end(); ++before) {
    const auto one = std::next(before);
    if (one->listener.get() != &listener || one->token != token) continue;
    gone.splice_after(gone.before_begin(), subscriptions_, before);
    return;
  }
}

}  // namespace sage
