#include "sage/llm/limits/fair_queue.hpp"

#include <algorithm>
#include <utility>

#include "sage/base/assert.hpp"

namespace sage::llm {

std::size_t fair_queue::waiting_of(std::string_view tenant) const noexcept {
  const auto found = names_.find(tenant);
  return found == names_.end() ? 0 : states_[found->second].waiting;
}

void fair_queue::set_weight(std::string_view tenant, double weight) {
  SAGE_ASSERT(weight > 0);
  tenant_state& state = states_[open_tenant(tenant)];
  state.weight = weight;
  state.keeps_weight = weight != 1;
}

fair_queue::tenant_id fair_queue::open_tenant(std::string_view name) {
  const auto found = names_.find(name);
  if (found != names_.end()) return found->second;
  if (names_.size() >= forget_at_) forget_idle_tenants();
  tenant_id id = static_cast<tenant_id>(states_.size());
  if (free_states_.empty()) {
    states_.emplace_back();
  } else {
    id = free_states_.back();
    free_states_.pop_back();
  }
  states_[id] = tenant_state{};
  states_[id].name = name;
  names_.emplace(states_[id].name, id);
  return id;
}

// What is left has calls or a weight of its own, so the table is bounded by the calls that may be here at once.
void fair_queue::forget_idle_tenants() {
  for (auto at = names_.begin(); at != names_.end();) {
    const tenant_state& state = states_[at->second];
    if (state.waiting > 0 || state.running > 0 || state.in_heap || state.keeps_weight) {
      ++at;
      continue;
    }
    free_states_.push_back(at->second);
    at = names_.erase(at);
  }
  forget_at_ = std::max<std::size_t>(64, names_.size() * 2);
}

void fair_queue::enter_heap(tenant_id id) {
  tenant_state& state = states_[id];
  state.in_heap = true;
  heap_.push_back({state.time, ++turns_, id});
  std::push_heap(heap_.begin(), heap_.end());
}

void fair_queue::leave_heap() {
  std::pop_heap(heap_.begin(), heap_.end());
  states_[heap_.back().tenant].in_heap = false;
  heap_.pop_back();
}

fair_queue::place fair_queue::push(call_id call, std::string_view tenant, std::uint64_t cost) {
  const tenant_id id = open_tenant(tenant);
  tenant_state& state = states_[id];
  place at = static_cast<place>(links_.size());
  if (free_links_.empty()) {
    links_.emplace_back();
  } else {
    at = free_links_.back();
    free_links_.pop_back();
  }
  links_[at] = {{call, id, std::max<std::uint64_t>(cost, 1)}, state.last, nowhere};
  (state.last == nowhere ? state.first : links_[state.last].after) = at;
  state.last = at;
  ++state.waiting;
  ++size_;
  if (!state.in_heap) {
    state.time = std::max(state.time, now_);
    enter_heap(id);
  }
  return at;
}

const fair_queue::waiting_call& fair_queue::front() {
  SAGE_ASSERT(size_ > 0);
  // Tenants whose calls were all erased are still in the heap.
  while (states_[heap_.front().tenant].waiting == 0) leave_heap();
  return links_[states_[heap_.front().tenant].first].call;
}

fair_queue::waiting_call fair_queue::pop() {
  const waiting_call taken = front();
  now_ = std::max(now_, heap_.front().time);
  leave_heap();
  tenant_state& state = states_[taken.tenant];
  unlink(state.first);
  ++state.running;
  state.time += static_cast<double>(taken.cost) / state.weight + std::exchange(state.owed, 0);
  state.time = std::max(state.time, now_);
  if (state.waiting > 0) enter_heap(taken.tenant);
  return taken;
}

void fair_queue::erase(place at) {
  unlink(at);
}

void fair_queue::unlink(place at) {
  const link gone = links_[at];
  tenant_state& state = states_[gone.call.tenant];
  (gone.before == nowhere ? state.first : links_[gone.before].after) = gone.after;
  (gone.after == nowhere ? state.last : links_[gone.after].before) = gone.before;
  links_[at] = {};
  free_links_.push_back(at);
  --state.waiting;
  --size_;
}

void fair_queue::settle(const waiting_call& call, std::uint64_t really) {
  tenant_state& state = states_[call.tenant];
  --state.running;
  const double correction =
      (static_cast<double>(std::max<std::uint64_t>(really, 1)) - static_cast<double>(call.cost)) / state.weight;
  (state.in_heap ? state.owed : state.time) += correction;
}

}  // namespace sage::llm
