#include "sage/runtime/restart_policy.hpp"

#include <algorithm>

namespace sage::runtime {

std::optional<nanoseconds> restart_policy::on_failure(nanoseconds now) {
  while (!failures_.empty() && now - failures_.front() >= settings_.window) failures_.pop_front();
  failures_.push_back(now);
  if (failures_.size() > settings_.restarts_max) return std::nullopt;
  nanoseconds pause = settings_.backoff;
  for (std::size_t i = 1; i < failures_.size() && pause < settings_.backoff_max; ++i) pause *= 2;
  pause = std::min(pause, settings_.backoff_max);
  return pause - static_cast<nanoseconds>(random_.below(static_cast<std::uint64_t>(pause) / 2 + 1));
}

}  // namespace sage::runtime
