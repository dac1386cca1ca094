/// What each tenant has asked for lately: the limits of callers on requests.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "sage/base/clock.hpp"
#include "sage/serving/callers.hpp"

namespace sage::serving {

/// Pure. One bucket per tenant, filled evenly over the minute.
///
/// Law  in any minute at most twice requests_per_minute are let in, over many minutes at most that many per minute
class request_rates {
 public:
  /// Nothing when the request may come in; else the seconds after which it is worth trying again.
  [[nodiscard]] std::optional<std::uint32_t> admit(const caller& who, nanoseconds now);
  void on_end(const std::string& tenant) noexcept;

 private:
  struct tenant_state {
    double left = 0;  // requests that may come in now
    nanoseconds filled_at = 0;
    std::uint64_t in_flight = 0;
    bool is_new = true;
  };
  std::unordered_map<std::string, tenant_state> tenants_;  // as many as there are callers
};

}  // namespace sage::serving
