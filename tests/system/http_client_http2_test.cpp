// The HTTP client over HTTP/2 and TLS, against node's own server.
#include "sage/llm/http/http_client.hpp"
#include "sage/testing/scripted_http_server.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"
#include "tests/unit/llm/heard_call.hpp"

using namespace sage;
using namespace sage::llm;
using namespace sage::testing;
using sage::test::heard_answer;

namespace {

/// "/flood" answers with 64 MB, "/hang" with one event and silence, all others with ten events.
constexpr auto server_script = R"js(
const fs = require('fs'), [port, folder] = process.argv.slice(2);
const server = require('http2').createSecureServer(
    {key: fs.readFileSync(folder + '/key.pem'), cert: fs.readFileSync(folder + '/certificate.pem'), allowHTTP1: true});
server.on('request', (request, response) => {
  request.resume();
  request.on('end', () => {
    response.on('close', () => request.url == '/hang' && console.log('closed'));
    response.writeHead(200, {'content-type': 'text/event-stream', 'x-version': request.httpVersion});
    if (request.url == '/flood') {
      let left = 2000;
      const more = () => {
        while (left-- > 0) if (!response.write('x'.repeat(32000))) return response.once('drain', more);
        response.end();
      };
      more();
    } else if (request.url == '/hang') {
      response.write('data: 1\n\n');
    } else {
      for (let i = 0; i < 10; i++) response.write('data: ' + i + '\n\n');
      response.end();
    }
  });
});
server.listen(port, '127.0.0.1', () => console.log('listening'));
)js";

class node_server {
 public:
  node_server() {
    {
      const scripted_http_server free_port;
      port_ = std::to_string(free_port.port());
    }
    const finished_process made = run_shell(
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 "
        "-keyout " +
        folder_.path("key.pem") + " -out " + folder_.path("certificate.pem"));
    REQUIRE(made.exit_code == 0);
    const std::string script = folder_.write("server.js", server_script);
    server_ = std::make_unique<process>("/usr/bin/node", std::vector<std::string>{script, port_, folder_.path(".")});
    REQUIRE(server_->wait_for("listening"));
  }

  [[nodiscard]] http_client_options options() const {
    http_client_options options;
    options.proxy = "";
    options.ca_file = folder_.path("certificate.pem");
    return options;
  }
  [[nodiscard]] http_request request(const std::string& path) const {
    http_request request;
    request.url = "https://127.0.0.1:" + port_ + path;
    request.body = "{}";
    return request;
  }
  bool wait_for(const std::string& text) { return server_->wait_for(text); }

 private:
  scratch_folder folder_;
  std::string port_;
  std::unique_ptr<process> server_;
};

bool has_node() {
  if (run_shell("test -x /usr/bin/node -a -x /usr/bin/openssl").exit_code == 0) return true;
  WARN("node or openssl is not installed");
  return false;
}

}  // namespace

TEST_CASE("a paused answer over HTTP/2 holds up nobody else and goes on where it was", "[system][llm][http2]") {
  if (!has_node()) return;
  const node_server server;
  http_client client(server.options());
  auto flood = std::make_shared<heard_answer>();
  flood->verdict = body_verdict::pause;
  const http_call paused = client.start(server.request("/flood"), flood);
  REQUIRE(flood->wait_until([&] { return flood->body_bytes > 0; }));
  CHECK(find_header(flood->headers, "x-version") == "2.0");
  std::vector<std::shared_ptr<heard_answer>> others;
  for (int i = 0; i < 50; ++i) {
    others.push_back(std::make_shared<heard_answer>());
    client.start(server.request("/"), others.back());
  }
  for (const auto& each : others) {
    REQUIRE(each->wait_done());
    CHECK(each->outcome.failure == http_failure::none);
    CHECK(each->body_bytes == 90);
  }
  CHECK(flood->dones == 0);
  CHECK(flood->body_bytes <= 64 << 10);
  paused.resume();
  REQUIRE(flood->wait_done());
  CHECK(flood->outcome.failure == http_failure::none);
  CHECK(flood->body_bytes == 64'000'000);
}

TEST_CASE("300 answers over HTTP/2 are whole, and a cancel is seen by the server at once", "[system][llm][http2]") {
  if (!has_node()) return;
  node_server server;
  http_client client(server.options());
  std::vector<std::shared_ptr<heard_answer>> all;
  for (int i = 0; i < 300; ++i) {
    all.push_back(std::make_shared<heard_answer>());
    client.start(server.request("/"), all.back());
  }
  for (const auto& each : all) {
    REQUIRE(each->wait_done());
    CHECK(each->outcome.failure == http_failure::none);
    CHECK(each->body_bytes == 90);
  }
  auto hanging = std::make_shared<heard_answer>();
  const http_call call = client.start(server.request("/hang"), hanging);
  REQUIRE(hanging->wait_until([&] { return hanging->body_bytes > 0; }));
  call.cancel();
  CHECK(server.wait_for("closed"));
}
