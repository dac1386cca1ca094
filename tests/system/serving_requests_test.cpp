// What the HTTP server understands, answers and refuses, byte by byte.
#include "tests/system/raw_client.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The whole answer to `bytes`, when the connection ends with it.
std::string answer_and_end(test_server& server, const std::string& bytes) {
  raw_client client(server.port());
  client.send(bytes);
  REQUIRE(client.read_to_end());
  return client.seen;
}

}  // namespace

TEST_CASE("a request is answered, and the next one on the same connection", "[system][serving]") {
  test_server server;
  raw_client client(server.port());
  for (int i = 0; i < 3; ++i) {
    client.post("/a?b=c", "body " + std::to_string(i));
    REQUIRE(client.read_response());
    CHECK(client.seen == "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nPOST /a body " +
                             std::to_string(i));
  }
  const auto counters = server->counters();
  CHECK(counters.requests == 3);
  CHECK(counters.connections_accepted == 1);
}

TEST_CASE("requests that come all at once are answered in order", "[system][serving]") {
  // The first is answered last: the others wait for it.
  std::mutex mutex;
  std::shared_ptr<serving::response_stream> first;
  test_server server({}, [&](serving::server_request request, std::shared_ptr<serving::response_stream> to) {
    if (request.path == "/1") {
      const std::lock_guard lock(mutex);
      first = std::move(to);
      return;
    }
    test_server::repeat(std::move(request), std::move(to));
  });
  raw_client client(server.port());
  std::string all;
  for (int i = 1; i <= 50; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(all);
  REQUIRE(comes_true([&] {
    const std::lock_guard lock(mutex);
    return first != nullptr;
  }));
  CHECK(server->counters().requests == 1);
  first->send(200, {}, "GET /1 ");
  for (int i = 1; i <= 50; ++i) {
    REQUIRE(client.read_response());
    CHECK(client.seen.ends_with("\r\n\r\nGET /" + std::to_string(i) + " "));
  }
}

TEST_CASE("a request is the same however it is cut into pieces", "[system][serving]") {
  test_server server;
  const std::string bytes =
      "POST /x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n1\r\n "
      "\r\n5\r\nworld\r\n0\r\n"
      "Authorization: late\r\n\r\n";
  raw_client client(server.port());
  for (int round = 0; round < 3; ++round) {
    for (const char c : bytes) client.send(std::string_view(&c, 1));
    REQUIRE(client.read_response());
    CHECK(client.seen.ends_with("\r\n\r\nPOST /x hello world"));
  }
}

TEST_CASE("an answer in pieces is chunks for HTTP/1.1 and ends with the connection for HTTP/1.0",
          "[system][serving]") {
  test_server server({}, [](serving::server_request, std::shared_ptr<serving::response_stream> to) {
    to->begin(200, {{"Content-Type", "text/event-stream"}});
    to->write("data: 1\n\n");
    to->write("");
    to->write("data: 2\n\n");
    to->end();
    CHECK_FALSE(to->write("late"));
    CHECK_FALSE(to->send(200, {}, "late"));
  });
  raw_client client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.get("/");
    REQUIRE(client.read_to("0\r\n\r\n"));
    CHECK(client.seen ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
          "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
  }
  CHECK(answer_and_end(server, "GET / HTTP/1.0\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\ndata: 1\n\ndata: 2\n\n");
}

TEST_CASE("HEAD, HTTP/1.0 and Connection: close are answered as they should", "[system][serving]") {
  test_server server;
  CHECK(answer_and_end(server, "HEAD /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 8\r\nConnection: close\r\n\r\n");
  CHECK(answer_and_end(server, "GET /a HTTP/1.0\r\n\r\n").ends_with("Connection: close\r\n\r\nGET /a "));
  raw_client client(server.port());
  for (int i = 0; i < 2; ++i) {
    client.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    REQUIRE(client.read_response());
    CHECK(contains(client.seen, "Connection: keep-alive\r\n"));
  }
}

TEST_CASE("a client that asks first is told to go on", "[system][serving]") {
  test_server server;
  raw_client client(server.port());
  client.send("POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(client.read_to("\r\n\r\n"));
  CHECK(client.seen == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  REQUIRE(client.read_response());
  CHECK(client.seen.ends_with("POST /a body"));
  // A body that is too long needn't be sent.
  CHECK(status_of(answer_and_end(server,
                                 "POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n"
                                 "Expect: 100-continue\r\n\r\n")) == 413);
}

TEST_CASE("requests that could be understood in two ways are refused and end the connection", "[system][serving]") {
  test_server server;
  const std::string start = "POST / HTTP/1.1\r\nHost: localhost\r\n";
  const std::pair<int, std::string> cases[] = {
      {400, start + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n"},
      {400, start + "Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody"},
      {400, start + "Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody"},
      {400, start + "Content-Length: 4, 4\r\n\r\nbody"},
      {400, start + "Content-Length: +4\r\n\r\nbody"},
      {400, start + "Content-Length: 0x4\r\n\r\nbody"},
      {400, start + "Content-Length: 99999999999999999999\r\n\r\nbody"},
      {400, start + "Content-Length: \r\n\r\nbody"},
      {400, start + "Content-Length : 4\r\n\r\nbody"},
      {501, start + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {501, start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, "GET / HTTP/1.1\nHost: localhost\n\n"},
      {400, "GET / HTTP/1.1\r\nHost: localhost\n\r\n"},
      {400, start + "A: b\rc\r\n\r\n"},
      {400, start + "A: b\r\n c\r\n\r\n"},
      {400, start + "A: b\r\n\tc\r\n\r\n"},
      {400, start + std::string("A: b\0c\r\n\r\n", 10)},
      {400, start + "A\r\n\r\n"},
      {400, start + ": b\r\n\r\n"},
      {400, start + "A b: c\r\n\r\n"},
      {400, "GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {400, "GET / \r\nHost: localhost\r\n\r\n"},
      {400, "GET /\r\n\r\n"},
      {400, "GET x HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {400, "G@T / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {400, "\x16\x03\x01\x02\r\n\r\n"},
      {505, "GET / HTTP/2.0\r\nHost: localhost\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {505, "GET / HTTP/1.2\r\nHost: localhost\r\n\r\n"},
      {417, start + "Expect: miracles\r\n\r\n"},
      // Chunks.
      {400, start + "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n"},
      {400, start + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nhello\r\n"},
      {413, start + "Transfer-Encoding: chunked\r\n\r\nfffffff\r\nhello\r\n"},
  };
  for (const auto& [status, bytes] : cases) {
    CAPTURE(bytes);
    // What is behind it would be a request, if somebody got it wrong.
    const std::string answer = answer_and_end(server, bytes + "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
    CHECK(status_of(answer) == status);
    CHECK(contains(answer, "Connection: close\r\n"));
    CHECK(contains(answer, "{\"error\":{\"message\":\""));
    CHECK_FALSE(contains(answer, "smuggled"));
  }
  CHECK(server->counters().requests == 0);
  CHECK(server->counters().requests_refused == std::size(cases));
}

TEST_CASE("only names that are ours are answered", "[system][serving]") {
  serving::server_options options;
  options.hosts = {"Agents.example"};
  test_server server(options);
  const auto with_host = [&](const std::string& host) {
    return status_of(answer_and_end(server, "GET / HTTP/1.1\r\n" + host + "Connection: close\r\n\r\n"));
  };
  CHECK(with_host("Host: localhost:8080\r\n") == 200);
  CHECK(with_host("Host: LOCALHOST\r\n") == 200);
  CHECK(with_host("Host: 127.0.0.1:1\r\n") == 200);
  CHECK(with_host("Host: [::1]:8080\r\n") == 200);
  CHECK(with_host("Host: agents.example.:80\r\n") == 200);
  CHECK(with_host("Host: evil.example\r\n") == 421);
  CHECK(with_host("Host: localhost.evil.example\r\n") == 421);
  CHECK(with_host("Host: 127.0.0.1.evil.example\r\n") == 421);
  CHECK(with_host("Host: localhost:80:80\r\n") == 421);
  CHECK(with_host("Host: \r\n") == 421);
  CHECK(with_host("") == 400);
  CHECK(with_host("Host: localhost\r\nHost: localhost\r\n") == 400);
  CHECK(status_of(answer_and_end(server, "GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n")) == 421);
  CHECK(answer_and_end(server, "GET http://localhost/p HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .ends_with("GET /p "));
}
