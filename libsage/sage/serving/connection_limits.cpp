#include "sage/serving/connection_limits.hpp"

namespace sage::serving {

connection_limits::admission connection_limits::enter(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = per_peer_.find(peer);
  const std::size_t from_there = found == per_peer_.end() ? 0 : found->second;
  if (connections_ < limits_.connections_max && from_there < limits_.connections_per_address_max) {
    ++connections_;
    ++per_peer_[peer];
    return admission::granted;
  }
  if (refusals_ == limits_.refusals_max) return admission::closed;
  ++refusals_;
  return admission::refused;
}

void connection_limits::leave(const std::string& peer, admission as) {
  const std::lock_guard lock(mutex_);
  if (as == admission::refused) --refusals_;
  if (as != admission::granted) return;
  --connections_;
  const auto found = per_peer_.find(peer);
  if (--found->second == 0) per_peer_.erase(found);
}

bool connection_limits::take_body_bytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (bytes > limits_.bodies_bytes_max - body_bytes_) return false;
  body_bytes_ += bytes;
  return true;
}

void connection_limits::return_body_bytes(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  body_bytes_ -= bytes;
}

std::size_t connection_limits::connections() const {
  const std::lock_guard lock(mutex_);
  return connections_;
}

}  // namespace sage::serving
