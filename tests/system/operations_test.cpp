// The operations endpoint of a real app, from its first line to its end.
#include <signal.h>

#include "sage/serving/operations_server.hpp"
#include "tests/system/process.hpp"
#include "tests/system/raw_client.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

std::string fetch(std::uint16_t port, const std::string& path, const std::string& method = "GET") {
  raw_client client(port);
  client.send(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  REQUIRE(client.read_to_end());
  return client.seen;
}

std::string body_of(const std::string& response) {
  return response.substr(response.find("\r\n\r\n") + 4);
}

// The port of "operations http://127.0.0.1:PORT", the first line that `program` prints.
std::uint16_t port_of(process& program) {
  REQUIRE(program.wait_for("\n"));
  const std::string line = program.seen_out();
  const std::string begin = "operations http://127.0.0.1:";
  REQUIRE(line.starts_with(begin));
  return static_cast<std::uint16_t>(std::stoi(line.substr(begin.size())));
}

}  // namespace

TEST_CASE("an app shows its job over HTTP while it runs, and is not ready once it drains", "[system][operations]") {
  // A batch takes a second, so that the drain can be seen.
  process program("test_counter", {"run", "--count", "1000000000", "--slow", "20", "--batch-size", "50",
                                   "--operations", "127.0.0.1:0"});
  const std::uint16_t port = port_of(program);
  REQUIRE(program.wait_for("working"));
  REQUIRE(comes_true([&] { return status_of(fetch(port, "/readyz")) == 200; }));
  CHECK(body_of(fetch(port, "/healthz")) == "ok\n");
  // Instances publish their counters now and then; the first time may take a batch.
  std::string metrics;
  REQUIRE(comes_true([&] {
    metrics = body_of(fetch(port, "/metrics"));
    return metrics.find("sage_operator_records_in_total{job=\"counter\",operator=\"work\"") != std::string::npos;
  }));
  CHECK(metrics.find("sage_http_requests_total{server=\"operations\"} ") != std::string::npos);
  if (run_shell("command -v promtool").exit_code == 0) {
    const scratch_folder folder;
    const auto checked = run_shell("promtool check metrics < " + folder.write("metrics.txt", metrics));
    CHECK(checked.exit_code == 0);
    CHECK(checked.out + checked.err == "");
  } else {
    WARN("promtool is not installed (package prometheus)");
  }
  CHECK(body_of(fetch(port, "/v1/plan")).find("\"name\":\"numbers\"") != std::string::npos);
  CHECK(body_of(fetch(port, "/v1/ledger")).find("\"name\":\"work\"") != std::string::npos);
  const finished_process books = run("sage", {"ledger", "--at", "127.0.0.1:" + std::to_string(port)});
  INFO(books.out << books.err);
  CHECK(books.exit_code == 0);
  CHECK(books.out.find("counter, running\n") == 0);
  CHECK(books.out.find("work ") != std::string::npos);
  CHECK(books.out.find("WRONG") == std::string::npos);
  program.send(SIGTERM);
  REQUIRE(program.wait_for("finishing what was read"));
  CHECK(status_of(fetch(port, "/readyz")) == 503);
  CHECK(status_of(fetch(port, "/healthz")) == 200);
  CHECK(program.wait().exit_code == 0);
}

TEST_CASE("an app says what is wrong with its operations endpoint before it begins", "[system][operations]") {
  const auto started = [](const std::string& where, std::vector<std::string> more = {}) {
    std::vector<std::string> arguments{"run", "--count", "3", "--operations", where};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run("test_counter", arguments);
  };
  const auto wrong = started("7072");
  CHECK(wrong.exit_code == 2);
  CHECK(wrong.out.empty());
  CHECK(wrong.err.find("has no port") != std::string::npos);
  const auto open = started("0.0.0.0:0");
  CHECK(open.exit_code == 2);
  CHECK(open.err.find("--insecure") != std::string::npos);
  const auto insecure = started("0.0.0.0:0", {"--insecure"});
  CHECK(insecure.exit_code == 0);
  CHECK(insecure.out.starts_with("operations http://0.0.0.0:"));
  CHECK(insecure.out.ends_with("\nsum 3\n"));
  test_server other;
  const auto taken = started("127.0.0.1:" + std::to_string(other.port()));
  CHECK(taken.exit_code == 1);
  CHECK(taken.out.empty());
  CHECK(taken.err.find("the port is in use") != std::string::npos);
}

TEST_CASE("the operations endpoint knows its paths and nothing else", "[system][operations]") {
  bool is_ready = false;
  serving::operations_view view;
  view.is_ready = [&] { return is_ready; };
  const serving::operations_server server({"127.0.0.1", 0}, false, view);
  const std::uint16_t port = server.bound().port;
  CHECK(body_of(fetch(port, "/")).find("/metrics") != std::string::npos);
  CHECK(status_of(fetch(port, "/readyz")) == 503);
  is_ready = true;
  CHECK(status_of(fetch(port, "/readyz")) == 200);
  CHECK(status_of(fetch(port, "/v1/plan")) == 404);
  CHECK(status_of(fetch(port, "/v1/ledger")) == 404);
  CHECK(status_of(fetch(port, "/etc/passwd")) == 404);
  CHECK(status_of(fetch(port, "/healthz?x=1")) == 200);
  const std::string head = fetch(port, "/healthz", "HEAD");
  CHECK(status_of(head) == 200);
  CHECK(body_of(head).empty());
  const std::string posted = fetch(port, "/healthz", "POST");
  CHECK(status_of(posted) == 405);
  CHECK(posted.find("Allow: GET, HEAD\r\n") != std::string::npos);
}
