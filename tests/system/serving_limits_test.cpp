// What the HTTP server does at each of its bounds: sizes, counts and times.
#include <vector>

#include <sys/resource.h>

#include "tests/system/process.hpp"
#include "tests/system/raw_client.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: localhost\r\n";

serving::server_options with(const std::function<void(serving::server_limits&)>& change) {
  serving::server_options options;
  change(options.limits);
  return options;
}

int answer_to(test_server& server, const std::string& bytes) {
  raw_client client(server.port());
  client.send(bytes);
  REQUIRE(client.read_to_end());
  return status_of(client.seen);
}

}  // namespace

TEST_CASE("a head that is too long is refused, wherever it is too long", "[system][serving]") {
  test_server server(with([](auto& limits) { limits.header_bytes_max = 1024; }));
  CHECK(answer_to(server, get + "A: " + std::string(1024, 'x') + "\r\n\r\n") == 431);
  CHECK(answer_to(server, "GET /" + std::string(2000, 'x')) == 431);
  CHECK(answer_to(server, get + "A: " + std::string(1'000'000, 'x')) == 431);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(answer_to(server, chunked + "1;" + std::string(5000, 'x')) == 431);
  CHECK(answer_to(server, chunked + "0\r\nA: " + std::string(5000, 'x')) >= 400);
  const std::string room(1024 - get.size() - 3 - 4, 'x');
  raw_client client(server.port());
  client.send(get + "A: " + room + "\r\n\r\n");
  REQUIRE(client.read_response());
  CHECK(status_of(client.seen) == 200);
}

TEST_CASE("too many header fields are refused", "[system][serving]") {
  test_server server;
  std::string fields;
  for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
  CHECK(answer_to(server, get + fields + "\r\n") == 431);
}

TEST_CASE("a body that is too long is refused, told or not", "[system][serving]") {
  test_server server(with([](auto& limits) { limits.body_bytes_max = 1000; }));
  const std::string post = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  CHECK(answer_to(server, post + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x')) == 200);
  CHECK(answer_to(server, post + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'x')) == 413);
  CHECK(answer_to(server, post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x')) == 413);
  std::string chunks;
  for (int i = 0; i < 1001; ++i) chunks += "1\r\nx\r\n";
  CHECK(answer_to(server, post + "Transfer-Encoding: chunked\r\n\r\n" + chunks) == 413);
  // The refusal arrives although the client is still sending.
  CHECK(answer_to(server, post + "Content-Length: 5000000\r\n\r\n" + std::string(300'000, 'x')) == 413);
}

TEST_CASE("bodies that come in together are bounded too", "[system][serving]") {
  test_server server(with([](auto& limits) { limits.bodies_bytes_max = 10'000; }));
  const std::string head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 8000\r\n\r\n";
  raw_client first(server.port());
  first.send(head + std::string(7999, 'x'));
  // Until the first was read, the second may be the one that fits.
  raw_client second(server.port());
  second.send(head + std::string(7999, 'x'));
  bool first_refused = false;
  REQUIRE(comes_true([&] { return server->counters().requests_refused == 1; }));
  first.send("x");
  second.send("x");
  REQUIRE(first.read_response());
  REQUIRE(second.read_response());
  first_refused = status_of(first.seen) == 503;
  CHECK(status_of(first_refused ? first.seen : second.seen) == 503);
  CHECK(status_of(first_refused ? second.seen : first.seen) == 200);
  // What they took is free again.
  raw_client third(server.port());
  third.send(head + std::string(8000, 'x'));
  REQUIRE(third.read_response());
  CHECK(status_of(third.seen) == 200);
}

TEST_CASE("connections beyond the bound are told so, and there is room when one ends", "[system][serving]") {
  for (const bool per_address : {false, true}) {
    CAPTURE(per_address);
    test_server server(with([&](auto& limits) {
      (per_address ? limits.connections_per_address_max : limits.connections_max) = 3;
      limits.refusals_max = 2;
    }));
    std::vector<std::unique_ptr<raw_client>> kept;
    for (int i = 0; i < 3; ++i) {
      kept.push_back(std::make_unique<raw_client>(server.port()));
      kept.back()->get("/");
      REQUIRE(kept.back()->read_response());
    }
    raw_client refused(server.port());
    refused.get("/");
    REQUIRE(refused.read_response());
    CHECK(status_of(refused.seen) == 503);
    CHECK(refused.seen.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(server->counters().connections_refused == 1);
    // Those that are told so are bounded as well.
    std::vector<std::unique_ptr<raw_client>> many;
    for (int i = 0; i < 20; ++i) many.push_back(std::make_unique<raw_client>(server.port()));
    REQUIRE(comes_true([&] {
      const auto counters = server->counters();
      return counters.connections_accepted == 3 + 1 + 20 && counters.connections_open <= 3 + 2;
    }));
    many.clear();
    refused.close();
    kept.pop_back();
    REQUIRE(comes_true([&] { return server->counters().connections_open == 2; }));
    raw_client again(server.port());
    again.get("/");
    REQUIRE(again.read_response());
    CHECK(status_of(again.seen) == 200);
  }
}

TEST_CASE("slow heads, slow bodies and idle connections have an end", "[system][serving]") {
  test_server server(with([](auto& limits) {
    limits.header_ms_max = 300;
    limits.body_ms_max = 300;
    limits.idle_ms_max = 300;
  }));
  CHECK(answer_to(server, "GET / HT") == 408);
  CHECK(answer_to(server, "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nbod") == 408);
  CHECK(answer_to(server, "") == 0);
  // One byte after the other doesn't help.
  raw_client slow(server.port());
  const auto began = steady::now();
  while (slow.send("G")) {
    REQUIRE(steady::now() - began < std::chrono::seconds(5));
    ::poll(nullptr, 0, 50);
  }
  CHECK(steady::now() - began > std::chrono::milliseconds(300));
  raw_client idle(server.port());
  idle.get("/");
  REQUIRE(idle.read_response());
  const auto answered = steady::now();
  REQUIRE(idle.read_to_end());
  CHECK(idle.seen.empty());
  CHECK(steady::now() - answered > std::chrono::milliseconds(250));
  CHECK(steady::now() - answered < std::chrono::seconds(5));
}

TEST_CASE("an answer may take longer than any of these times", "[system][serving]") {
  std::mutex mutex;
  std::shared_ptr<serving::response_stream> waiting;
  test_server server(with([](auto& limits) {
                       limits.header_ms_max = limits.body_ms_max = limits.idle_ms_max = 100;
                       limits.write_stall_ms_max = 100;
                     }),
                     [&](serving::server_request, std::shared_ptr<serving::response_stream> to) {
                       const std::lock_guard lock(mutex);
                       waiting = std::move(to);
                     });
  raw_client client(server.port());
  client.get("/");
  REQUIRE(comes_true([&] {
    const std::lock_guard lock(mutex);
    return waiting != nullptr;
  }));
  ::poll(nullptr, 0, 400);
  CHECK_FALSE(waiting->is_gone());
  waiting->send(200, {}, "late");
  REQUIRE(client.read_response());
  CHECK(client.seen.ends_with("late"));
}

TEST_CASE("a connection ends after as many requests as it may have", "[system][serving]") {
  test_server server(with([](auto& limits) { limits.requests_per_connection_max = 2; }));
  raw_client client(server.port());
  client.send(get + "\r\n" + get + "\r\n" + get + "\r\n");
  REQUIRE(client.read_response());
  CHECK(client.seen.find("Connection: close") == std::string::npos);
  REQUIRE(client.read_response());
  CHECK(client.seen.find("Connection: close") != std::string::npos);
  REQUIRE(client.read_to_end());
  CHECK(client.seen.empty());
}

TEST_CASE("without a free descriptor the server waits quietly, and goes on when there is one", "[system][serving]") {
  std::mutex mutex;
  std::vector<std::string> troubles;
  serving::server_options options;
  options.on_trouble = [&](const std::string& what) {
    const std::lock_guard lock(mutex);
    troubles.push_back(what);
  };
  test_server server(options);
  raw_client waiting(server.port());
  REQUIRE(comes_true([&] { return server->counters().connections_open == 1; }));
  // A client takes the last descriptor of all; its connection finds none on the server's side.
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const int next = ::dup(0);
  REQUIRE(next >= 0);
  ::close(next);
  const rlimit tight{static_cast<rlim_t>(next) + 1, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &tight) == 0);
  raw_client starved(server.port());
  starved.get("/");
  const bool failed = comes_true([&] { return server->counters().accept_failures >= 2; });
  rusage used_before{}, used_after{};
  ::getrusage(RUSAGE_SELF, &used_before);
  ::poll(nullptr, 0, 500);
  ::getrusage(RUSAGE_SELF, &used_after);
  const auto failures = server->counters().accept_failures;
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  REQUIRE(failed);
  CHECK(failures < 20);  // one each 100 ms
  const auto used_us = (used_after.ru_utime.tv_sec - used_before.ru_utime.tv_sec) * 1'000'000 +
                       (used_after.ru_utime.tv_usec - used_before.ru_utime.tv_usec);
  CHECK(used_us < 250'000);
  REQUIRE(starved.read_response());
  CHECK(status_of(starved.seen) == 200);
  const std::lock_guard lock(mutex);
  REQUIRE(troubles.size() == 1);
  CHECK(troubles.front().find("can't accept connections") == 0);
}
