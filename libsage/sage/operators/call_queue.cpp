#include "sage/operators/call_queue.hpp"

#include <utility>

#include "sage/operators/async_call.hpp"

namespace sage::operators {

void call_queue::push_back(async_call& call) noexcept {
  call.key = this;
  call.ahead = last;
  call.behind = nullptr;
  if (last) {
    last->behind = &call;
    ++waiting;
  } else {
    first = &call;
  }
  last = &call;
}

void call_queue::erase(async_call& call) noexcept {
  (call.ahead ? call.ahead->behind : first) = call.behind;
  (call.behind ? call.behind->ahead : last) = call.ahead;
  call.ahead = call.behind = nullptr;
  call.key = nullptr;
  if (waiting > 0) --waiting;  // whoever is the first waits no more
}

void startable_keys::push_back(call_queue& key) noexcept {
  if (std::exchange(key.is_startable, true)) return;
  key.before = last_;
  key.after = nullptr;
  (last_ ? last_->after : first_) = &key;
  last_ = &key;
}

call_queue& startable_keys::pop_front() noexcept {
  call_queue& key = *first_;
  erase(key);
  return key;
}

void startable_keys::erase(call_queue& key) noexcept {
  if (!std::exchange(key.is_startable, false)) return;
  (key.before ? key.before->after : first_) = key.after;
  (key.after ? key.after->before : last_) = key.before;
  key.before = key.after = nullptr;
}

}  // namespace sage::operators
