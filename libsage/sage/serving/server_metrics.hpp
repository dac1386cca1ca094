/// The counters of HTTP servers for Prometheus.
#pragma once

#include <span>
#include <string>

#include "sage/serving/http_server.hpp"

namespace sage::serving {

/// A server's counters under its name: a short word of ours, such as "operations".
struct named_counters {
  std::string server;
  server_counters counters;
};

/// The Prometheus text format, version 0.0.4: each family once, each server a label.
[[nodiscard]] std::string prometheus_text(std::span<const named_counters> servers);

}  // namespace sage::serving
