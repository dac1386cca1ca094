// The counters of servers as Prometheus reads them.
#include "sage/serving/server_metrics.hpp"

#include <fstream>

#include "tests/catch.hpp"

using namespace sage::serving;

TEST_CASE("each family of a server's counters comes once, with every server", "[serving][metrics]") {
  const std::vector<named_counters> servers{{"chat", {1, 2, 3, 4, 5, 6}}, {"operations", {}}};
  const std::string text = prometheus_text(servers);
  CHECK(
      text.starts_with("# HELP sage_http_connections Connections that are open.\n# TYPE sage_http_connections gauge\n"
                       "sage_http_connections{server=\"chat\"} 1\nsage_http_connections{server=\"operations\"} 0\n"));
  CHECK(
      text.ends_with("sage_http_accept_failures_total{server=\"chat\"} 6\n"
                     "sage_http_accept_failures_total{server=\"operations\"} 0\n"));
}

TEST_CASE("the page about them lists exactly these families", "[serving][metrics]") {
  std::ifstream page(std::string(SAGE_SOURCE_DIR) + "/docs/reference/http_metrics.md");
  REQUIRE(page.good());
  std::string described;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    const std::string name = line.substr(3, line.find('`', 3) - 3);
    const std::size_t kind = line.find("| ", 3);
    const std::string type = line.substr(kind + 2, line.find(" |", kind) - kind - 2);
    const std::size_t last = line.rfind("| ", line.size() - 3);
    const std::string help = line.substr(last + 2, line.size() - last - 4);
    described += "# HELP " + name + " " + help + "\n# TYPE " + name + " " + type + "\n";
  }
  CHECK(described == prometheus_text({}));
}
