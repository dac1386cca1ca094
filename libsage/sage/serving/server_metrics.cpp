#include "sage/serving/server_metrics.hpp"

namespace sage::serving {

namespace {

struct family {
  const char* name;
  const char* type;
  const char* help;
  std::uint64_t server_counters::*value;
};
constexpr family families[] = {
    {"sage_http_connections", "gauge", "Connections that are open.", &server_counters::connections_open},
    {"sage_http_connections_accepted_total", "counter", "Connections that have come.",
     &server_counters::connections_accepted},
    {"sage_http_connections_refused_total", "counter", "Connections turned away because there were too many.",
     &server_counters::connections_refused},
    {"sage_http_requests_total", "counter", "Requests taken in.", &server_counters::requests},
    {"sage_http_requests_refused_total", "counter", "Requests turned away unread: no HTTP, too long, too slow.",
     &server_counters::requests_refused},
    {"sage_http_accept_failures_total", "counter", "Times that no connection could be taken.",
     &server_counters::accept_failures},
};

}  // namespace

std::string prometheus_text(std::span<const named_counters> servers) {
  std::string text;
  for (const family& f : families) {
    const std::string name = f.name;
    text += "# HELP " + name + " " + f.help + "\n# TYPE " + name + " " + f.type + "\n";
    for (const named_counters& one : servers) {
      text += name + "{server=\"" + one.server + "\"} " + std::to_string(one.counters.*f.value) + "\n";
    }
  }
  return text;
}

}  // namespace sage::serving
