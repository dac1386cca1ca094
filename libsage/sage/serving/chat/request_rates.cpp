#include "sage/serving/chat/request_rates.hpp"

#include <algorithm>
#include <cmath>

namespace sage::serving {

std::optional<std::uint32_t> request_rates::admit(const caller& who, nanoseconds now) {
  tenant_state& its = tenants_[who.tenant];
  if (who.limits.requests_in_flight && its.in_flight >= *who.limits.requests_in_flight) return 1;
  if (who.limits.requests_per_minute) {
    const auto per_minute = static_cast<double>(*who.limits.requests_per_minute);
    const double passed_minutes = static_cast<double>(now - its.filled_at) / 60e9;
    its.left = its.is_new ? per_minute : std::min(per_minute, its.left + passed_minutes * per_minute);
    its.is_new = false;
    its.filled_at = now;
    if (its.left < 1) {
      const double wait_s = per_minute > 0 ? (1 - its.left) * 60 / per_minute : 60;
      return static_cast<std::uint32_t>(std::clamp(std::ceil(wait_s), 1.0, 3600.0));
    }
    its.left -= 1;
  }
  ++its.in_flight;
  return std::nullopt;
}

void request_rates::on_end(const std::string& tenant) noexcept {
  const auto found = tenants_.find(tenant);
  if (found != tenants_.end() && found->second.in_flight > 0) --found->second.in_flight;
}

}  // namespace sage::serving
