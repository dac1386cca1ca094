// How an HTTP server starts, speaks TLS, is exposed, drains and stops.
#include <atomic>
#include <thread>

#include "tests/system/process.hpp"
#include "tests/system/raw_client.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

std::string start_error(serving::server_options options) {
  serving::http_server server(std::move(options), std::make_shared<function_acceptor>(test_server::repeat));
  try {
    server.start();
  } catch (const error& problem) {
    return std::string(to_string(problem.code())) + ": " + problem.what();
  }
  return {};
}

struct held_request {
  std::mutex mutex;
  std::shared_ptr<serving::response_stream> stream;

  function_acceptor::function taker() {
    return [this](serving::server_request request, std::shared_ptr<serving::response_stream> to) {
      if (request.path != "/hold") {
        test_server::repeat(std::move(request), std::move(to));
        return;
      }
      const std::lock_guard lock(mutex);
      stream = std::move(to);
    };
  }
  std::shared_ptr<serving::response_stream> wait() {
    REQUIRE(comes_true([this] {
      const std::lock_guard lock(mutex);
      return stream != nullptr;
    }));
    const std::lock_guard lock(mutex);
    return std::exchange(stream, nullptr);
  }
};

// A certificate for localhost made for this test, or empty without openssl.
serving::tls_files make_certificate(const scratch_folder& folder) {
  const serving::tls_files files{folder.path("cert.pem"), folder.path("key.pem")};
  const auto made = run_shell(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 "
      "-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout " +
      files.key + " -out " + files.certificate);
  return made.exit_code == 0 ? files : serving::tls_files{};
}

}  // namespace

TEST_CASE("a port in use is one clear error", "[system][serving]") {
  test_server server;
  serving::server_options options;
  options.listen.port = server.port();
  const std::string where = "127.0.0.1:" + std::to_string(server.port());
  CHECK(start_error(options) == "io: " + where +
                                    ": the port is in use (end the program that has it, or choose another port; port "
                                    "0 picks a free one)");
}

TEST_CASE("a server that others can reach wants to know who may call", "[system][serving]") {
  serving::server_options options;
  options.listen = {"0.0.0.0", 0};
  CHECK(start_error(options).starts_with("configuration: 0.0.0.0:0: can be reached from other machines"));
  options.exposed.callers_known = true;
  CHECK(start_error(options).empty());
  options.exposed = {false, true};
  CHECK(start_error(options).empty());
  options.listen = {"203.0.113.1", 0};
  CHECK(start_error(options).starts_with("io: 203.0.113.1:0: can't listen: "));
}

TEST_CASE("a drain finishes what runs, lets go of what waits, and accepts nothing more", "[system][serving]") {
  held_request held;
  test_server server({}, held.taker());
  const std::uint16_t port = server.port();
  raw_client idle(port);
  idle.get("/");
  REQUIRE(idle.read_response());
  raw_client busy(port);
  busy.get("/hold");
  const auto stream = held.wait();
  std::atomic<bool> all_answered{false};
  std::thread drains([&] { all_answered = server->drain(wait_ms_max); });
  CHECK(idle.read_to_end());
  CHECK(idle.seen.empty());
  stream->send(200, {}, "finished");
  CHECK(busy.read_response());
  CHECK(busy.seen.find("Connection: close\r\n") != std::string::npos);
  CHECK(busy.seen.ends_with("finished"));
  busy.close();
  drains.join();
  CHECK(all_answered);
  // The port is free again.
  serving::server_options options;
  options.listen.port = port;
  CHECK(start_error(options).empty());
}

TEST_CASE("a drain that lasts too long cuts what runs and says so", "[system][serving]") {
  held_request held;
  test_server server({}, held.taker());
  raw_client busy(server.port());
  busy.get("/hold");
  const auto stream = held.wait();
  std::atomic<int> gone{0};
  stream->set_on_gone([&] { ++gone; });
  CHECK_FALSE(server->drain(200));
  CHECK(gone == 1);
  CHECK(busy.read_to_end());
  CHECK(busy.seen.empty());
}

TEST_CASE("several threads share the connections", "[system][serving]") {
  serving::server_options options;
  options.limits.io_threads = 3;
  test_server server(options);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 12; ++i) clients.push_back(std::make_unique<raw_client>(server.port()));
  for (int round = 0; round < 5; ++round) {
    for (const auto& client : clients) client->get("/");
    for (const auto& client : clients) REQUIRE(client->read_response());
  }
  CHECK(server->counters().requests == 60);
  server->stop();
  CHECK(server->counters().connections_open == 0);
}

TEST_CASE("TLS 1.2 and later is spoken, nothing before it", "[system][serving]") {
  const scratch_folder folder;
  serving::server_options options;
  options.limits.header_ms_max = 300;
  options.tls = make_certificate(folder);
  if (options.tls.certificate.empty()) {
    WARN("openssl is not installed");
    return;
  }
  test_server server(options);
  CHECK(server->is_tls());
  const std::string port = std::to_string(server.port());
  const auto fetched =
      run_shell("curl -sS --cacert " + options.tls.certificate + " --data-binary @" + options.tls.certificate +
                " https://localhost:" + port + "/tls https://localhost:" + port + "/again");
  CHECK(fetched.err.empty());
  CHECK(fetched.exit_code == 0);
  CHECK(fetched.out.starts_with("POST /tls -----BEGIN CERTIFICATE-----"));
  CHECK(fetched.out.find("POST /again ") != std::string::npos);
  const auto speaks = [&](const std::string& version) {
    return run_shell("openssl s_client -connect 127.0.0.1:" + port + " -cipher ALL@SECLEVEL=0 " + version +
                     " < /dev/null 2>&1")
               .exit_code == 0;
  };
  CHECK(speaks("-tls1_2"));
  CHECK(speaks("-tls1_3"));
  CHECK_FALSE(speaks("-tls1_1"));
  // Who says nothing, or something else, is let go of in time.
  raw_client silent(server.port());
  CHECK(silent.read_to_end());
  raw_client plain(server.port());
  plain.get("/");
  static_cast<void>(plain.read_to_end());
  CHECK(status_of(plain.seen) == 0);

  options.tls.key = folder.write("other.pem", "no key");
  CHECK(start_error(options).starts_with("configuration: " + options.tls.key + ": is not the key"));
  options.tls.certificate = folder.path("missing.pem");
  CHECK(start_error(options).starts_with("configuration: " + options.tls.certificate + ": is no certificate"));
}
