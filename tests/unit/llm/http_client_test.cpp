// The HTTP client against a server that misbehaves: outcomes, limits, pauses, cancels, connections.
#include "sage/llm/http/http_client.hpp"

#include "sage/testing/scripted_http_server.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/heard_call.hpp"

using namespace sage;
using namespace sage::llm;
using sage::test::heard_answer;
using sage::testing::scripted_answer;
using sage::testing::scripted_http_server;

namespace {

http_client_options direct() {
  http_client_options options;
  options.proxy = "";  // whatever the environment of the tests says
  return options;
}

http_request to(const std::string& url, std::string body = "{}") {
  http_request request;
  request.url = url;
  request.body = std::move(body);
  return request;
}

std::shared_ptr<heard_answer> ask(http_client& client, http_request request) {
  auto heard = std::make_shared<heard_answer>();
  client.start(std::move(request), heard);
  REQUIRE(heard->wait_done());
  CHECK(heard->dones == 1);
  return heard;
}

/// A port that nobody listens at: it was somebody's a moment ago.
std::string deserted_url() {
  const scripted_http_server gone;
  return gone.url("/v1");
}

}  // namespace

TEST_CASE("a request arrives as it was made and its answer comes back whole", "[llm][http]") {
  scripted_http_server server;
  server.answer(scripted_answer::json(201, R"({"a": 1})", {{"X-Custom", "seen"}}));
  http_client client(direct());
  http_request request = to(server.url("/v1/chat"), R"({"q": 2})");
  request.headers = {{"X-Mine", "yes"}, {"X-Empty", ""}};
  request.secrets.push_back({"Authorization", std::string("key-123"), "Bearer "});
  const auto heard = ask(client, std::move(request));
  CHECK(heard->outcome.failure == http_failure::none);
  CHECK(heard->status == 201);
  CHECK(heard->outcome.status == 201);
  CHECK(heard->heads == 1);
  CHECK(heard->body == R"({"a": 1})");
  CHECK(find_header(heard->headers, "x-custom") == "seen");
  const auto seen = server.requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].method == "POST");
  CHECK(seen[0].target == "/v1/chat");
  CHECK(seen[0].body == R"({"q": 2})");
  CHECK(seen[0].header("x-mine") == "yes");
  CHECK(seen[0].header("authorization") == "Bearer key-123");
  CHECK(seen[0].header("user-agent") == "sage");
  CHECK(seen[0].header("expect").empty());
  CHECK(client.outstanding() == 0);
}

TEST_CASE("connections are kept for the next request", "[llm][http]") {
  scripted_http_server server;
  server.always(scripted_answer::json(200, "{}"));
  http_client client(direct());
  for (int i = 0; i < 5; ++i) CHECK(ask(client, to(server.url("/")))->outcome.failure == http_failure::none);
  CHECK(server.connections().size() == 1);
  CHECK(server.connections()[0].requests == 5);
}

TEST_CASE("each way to fail has its class and a text that says where", "[llm][http]") {
  scripted_http_server server;
  http_client client(direct());
  const auto outcome = [&](scripted_answer answer, std::uint64_t bytes_max = 1 << 20) {
    server.answer(std::move(answer));
    http_request request = to(server.url("/v1"));
    request.response_bytes_max = bytes_max;
    const auto heard = ask(client, std::move(request));
    CHECK_FALSE(heard->outcome.text.empty());
    CHECK_THAT(heard->outcome.text, Catch::Contains("127.0.0.1"));
    return heard->outcome.failure;
  };
  CHECK(outcome(scripted_answer().reset()) == http_failure::reset);
  CHECK(outcome(scripted_answer().close()) == http_failure::reset);
  CHECK(outcome(scripted_answer::events().piece("data: {\"a").reset()) == http_failure::reset);
  CHECK(outcome(scripted_answer::events().piece("data: {\"a").close()) == http_failure::reset);
  CHECK(outcome(scripted_answer().raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab").close()) ==
        http_failure::reset);
  CHECK(outcome(scripted_answer().raw("what do you want?\r\n\r\n").close()) == http_failure::protocol);
  CHECK(outcome(scripted_answer().raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").close()) !=
        http_failure::none);
  CHECK(outcome(scripted_answer::json(200, std::string(5000, 'x')), 4999) == http_failure::too_large);
  CHECK(outcome(scripted_answer::events().piece(std::string(1000, 'x'), scripted_answer::for_ever)) ==
        http_failure::too_large);
  CHECK(outcome(scripted_answer()
                    .raw("HTTP/1.1 200 OK\r\n")
                    .raw("A: " + std::string(1000, 'b') + "\r\n", scripted_answer::for_ever)) ==
        http_failure::too_large);

  CHECK(ask(client, to(deserted_url()))->outcome.failure == http_failure::connect);
  CHECK(ask(client, to("http://no-such-host.invalid/"))->outcome.failure == http_failure::resolve);
  http_request secure = to("https://127.0.0.1:" + std::to_string(server.port()));
  server.answer(scripted_answer().close());
  CHECK(ask(client, secure)->outcome.failure == http_failure::tls);
  server.answer(scripted_answer().raw("HTTP/1.1 400 Bad Request\r\n\r\n").close());
  CHECK(ask(client, secure)->outcome.failure == http_failure::tls);
}

TEST_CASE("what can't be sent is refused before anything is", "[llm][http]") {
  http_client client(direct());
  const auto refused = [&](http_request request) {
    const auto heard = ask(client, std::move(request));
    CHECK(heard->outcome.text.find("s3cret") == std::string::npos);
    return heard->outcome.failure == http_failure::refused;
  };
  CHECK(refused(to("")));
  CHECK(refused(to("file:///etc/passwd")));
  CHECK(refused(to("ftp://127.0.0.1/")));
  CHECK(refused(to("http://user:s3cret@127.0.0.1/")));
  CHECK(refused(to("http://127.0.0.1/\r\nX: y")));
  CHECK(refused(to("http://127.0.0.1:99999999/")));
  http_request bad_header = to("http://127.0.0.1/");
  bad_header.headers.push_back({"X-A", "b\r\nX-B: c"});
  CHECK(refused(bad_header));
  http_request bad_name = to("http://127.0.0.1/");
  bad_name.headers.push_back({"X A", "b"});
  CHECK(refused(bad_name));
  http_request bad_secret = to("http://127.0.0.1/");
  bad_secret.secrets.push_back({"Authorization", std::string("s3cret\n"), "Bearer "});
  CHECK(refused(bad_secret));
  http_request bad_time = to("http://127.0.0.1/");
  bad_time.idle_timeout_ms = -1;
  CHECK(refused(bad_time));
}

TEST_CASE("redirects are not followed", "[llm][http]") {
  scripted_http_server server;
  server.always(scripted_answer::json(307, "", {{"Location", server.url("/other")}}));
  http_client client(direct());
  const auto heard = ask(client, to(server.url("/")));
  CHECK(heard->status == 307);
  CHECK(heard->outcome.failure == http_failure::none);
  CHECK(server.request_count() == 1);
}

TEST_CASE("a server that hangs runs into the timeout that is meant for it", "[llm][http]") {
  scripted_http_server server;
  http_client client(direct());
  http_request silent = to(server.url("/"));
  silent.first_byte_timeout_ms = 50;
  server.answer(scripted_answer().hang());
  auto heard = ask(client, silent);
  CHECK(heard->outcome.failure == http_failure::timeout);
  CHECK_THAT(heard->outcome.text, Catch::Contains("nothing was answered for 50 ms"));

  http_request stuck = to(server.url("/"));
  stuck.idle_timeout_ms = 50;
  server.answer(scripted_answer::events().event("1").hang());
  heard = ask(client, stuck);
  CHECK(heard->outcome.failure == http_failure::timeout);
  CHECK_THAT(heard->outcome.text, Catch::Contains("no byte of the answer for 50 ms"));
  CHECK(heard->body == "data: 1\n\n");

  http_request slow = to(server.url("/"));
  slow.total_timeout_ms = 100;
  server.answer(scripted_answer::events().event("1").hang());
  heard = ask(client, slow);
  CHECK(heard->outcome.failure == http_failure::timeout);
  CHECK(server.wait_for_closed(3));
}

TEST_CASE("a cancel closes the connection within 50 ms", "[llm][http][cancel]") {
  scripted_http_server server;
  server.always(scripted_answer::events().event("1").hang());
  http_client client(direct());
  auto heard = std::make_shared<heard_answer>();
  const http_call call = client.start(to(server.url("/")), heard);
  REQUIRE(heard->wait_until([&] { return !heard->body.empty(); }));
  const nanoseconds before = system_clock().now();
  call.cancel();
  REQUIRE(server.wait_for_closed(1));
  CHECK(server.connections()[0].closed_at - before < 50'000'000);
  REQUIRE(heard->wait_done());
  CHECK(heard->outcome.failure == http_failure::cancelled);
  call.cancel();  // twice is once
  call.resume();
  CHECK(ask(client, to(deserted_url()))->dones == 1);
  CHECK(heard->dones == 1);
}

TEST_CASE("a listener may stop its answer", "[llm][http][cancel]") {
  scripted_http_server server;
  server.always(scripted_answer::events().piece("x", scripted_answer::for_ever));
  http_client client(direct());
  auto heard = std::make_shared<heard_answer>();
  heard->verdict = body_verdict::stop;
  client.start(to(server.url("/")), heard);
  REQUIRE(heard->wait_done());
  CHECK(heard->outcome.failure == http_failure::cancelled);
  CHECK(server.wait_for_closed(1));
}

TEST_CASE("a paused answer holds the server back and goes on where it was", "[llm][http][pause]") {
  scripted_http_server server;
  constexpr std::uint64_t total = 64 << 20;
  server.always(scripted_answer::events().piece(std::string(4096, 'x'), total / 4096).end());
  http_client client(direct());
  auto heard = std::make_shared<heard_answer>();
  heard->verdict = body_verdict::pause;
  http_request request = to(server.url("/"));
  request.idle_timeout_ms = 200;  // does not count while it is paused
  request.response_bytes_max = total;
  const http_call call = client.start(std::move(request), heard);
  REQUIRE(heard->wait_until([&] { return heard->body_bytes > 0; }));
  // The kernel's buffers are all that fills up: no more bytes are taken than fit in them.
  CHECK_FALSE(heard->wait_until([&] { return heard->dones > 0; }, 500));
  CHECK(heard->body_bytes <= 16 << 10);
  CHECK(server.bytes_sent() < total / 2);
  call.resume();
  REQUIRE(heard->wait_done());
  CHECK(heard->outcome.failure == http_failure::none);
  CHECK(heard->resumes == 1);
  CHECK(heard->body_bytes == total);
}

TEST_CASE("an answer that ends while it is paused is done after the resume", "[llm][http][pause]") {
  scripted_http_server server;
  server.always(scripted_answer::json(200, "short"));
  http_client client(direct());
  auto heard = std::make_shared<heard_answer>();
  heard->verdict = body_verdict::pause;
  const http_call call = client.start(to(server.url("/")), heard);
  REQUIRE(heard->wait_until([&] { return heard->body == "short"; }));
  CHECK(ask(client, to(server.url("/2")))->outcome.failure == http_failure::none);
  CHECK(heard->dones == 0);
  call.resume();
  REQUIRE(heard->wait_done());
  CHECK(heard->outcome.failure == http_failure::none);
}

TEST_CASE("the end of the client is the end of its requests, each told once", "[llm][http][cancel]") {
  scripted_http_server server;
  server.always(scripted_answer().hang());
  std::vector<std::shared_ptr<heard_answer>> all;
  http_call kept;
  {
    http_client client(direct());
    for (int i = 0; i < 20; ++i) {
      all.push_back(std::make_shared<heard_answer>());
      kept = client.start(to(server.url("/")), all.back());
    }
    REQUIRE(server.wait_for_requests(10));
  }
  for (const auto& each : all) {
    CHECK(each->dones == 1);
    CHECK(each->outcome.failure == http_failure::cancelled);
  }
  kept.cancel();  // finds nobody
  kept.resume();
}

TEST_CASE("more requests than outstanding_max are refused, the others go on", "[llm][http][limit]") {
  scripted_http_server server;
  server.always(scripted_answer().wait("go").raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  http_client_options options = direct();
  options.outstanding_max = 3;
  http_client client(options);
  std::vector<std::shared_ptr<heard_answer>> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(std::make_shared<heard_answer>());
    client.start(to(server.url("/")), all.back());
  }
  for (int i = 3; i < 5; ++i) {
    REQUIRE(all[static_cast<std::size_t>(i)]->wait_done());
    CHECK(all[static_cast<std::size_t>(i)]->outcome.failure == http_failure::refused);
  }
  REQUIRE(server.wait_at_gate("go", 3));
  server.open("go");
  for (std::size_t i = 0; i < 3; ++i) {
    REQUIRE(all[i]->wait_done());
    CHECK(all[i]->outcome.failure == http_failure::none);
  }
}

TEST_CASE("requests beyond connections_max wait for a connection", "[llm][http][limit]") {
  scripted_http_server server;
  server.always(scripted_answer().wait("go").raw("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  http_client_options options = direct();
  options.connections_max = 2;
  http_client client(options);
  std::vector<std::shared_ptr<heard_answer>> all;
  for (int i = 0; i < 6; ++i) {
    all.push_back(std::make_shared<heard_answer>());
    client.start(to(server.url("/")), all.back());
  }
  REQUIRE(server.wait_at_gate("go", 2));
  CHECK(server.in_flight() == 2);
  server.open("go");
  for (const auto& each : all) {
    REQUIRE(each->wait_done());
    CHECK(each->outcome.failure == http_failure::none);
  }
  CHECK(server.in_flight_peak() == 2);
}

TEST_CASE("an echoed secret does not come back in an outcome's text", "[llm][http][secret]") {
  http_client client(direct());
  http_request request = to("http://no-such-host.invalid/canary-4711/x?key=canary-4711");
  request.secrets.push_back({"Authorization", std::string("canary-4711"), "Bearer "});
  const auto heard = ask(client, std::move(request));
  CHECK(heard->outcome.failure == http_failure::resolve);
  CHECK(heard->outcome.text.find("canary") == std::string::npos);
}

TEST_CASE("single bytes make the same answer", "[llm][http]") {
  scripted_http_server server;
  server.always(scripted_answer()
                    .single_bytes()
                    .raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
                         "Transfer-Encoding: chunked\r\n\r\n")
                    .event("\xe2\x82\xac")
                    .end());
  http_client client(direct());
  const auto heard = ask(client, to(server.url("/")));
  CHECK(heard->outcome.failure == http_failure::none);
  CHECK(heard->body == "data: \xe2\x82\xac\n\n");
}

TEST_CASE("a proxy of the options is asked instead of the host", "[llm][http][proxy]") {
  scripted_http_server proxy;
  proxy.always(scripted_answer::json(200, "{}"));
  http_client_options options;
  options.proxy = proxy.url();
  options.proxy_login = std::string("me:pw");
  http_client client(options);
  CHECK(ask(client, to("http://somewhere.invalid/v1"))->outcome.failure == http_failure::none);
  const auto seen = proxy.requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].target == "http://somewhere.invalid/v1");
  CHECK(seen[0].header("proxy-authorization") == "Basic bWU6cHc=");

  // What is for the host's eyes only goes through a tunnel, or nowhere.
  proxy.always(scripted_answer::json(407, ""));
  http_request secure = to("https://somewhere.invalid/v1");
  secure.secrets.push_back({"Authorization", std::string("canary-4711"), "Bearer "});
  const auto heard = ask(client, std::move(secure));
  CHECK(heard->outcome.failure != http_failure::none);
  CHECK(heard->heads == 0);
  REQUIRE(proxy.request_count() == 2);
  CHECK(proxy.requests()[1].method == "CONNECT");
  CHECK(proxy.requests()[1].header("authorization").empty());
}

TEST_CASE("a listener may destroy the client that calls it", "[llm][http][cancel]") {
  struct last_owner final : http_listener {
    std::shared_ptr<heard_answer> heard = std::make_shared<heard_answer>();
    std::unique_ptr<http_client> client;
    void on_head(std::uint32_t, const http_headers&) override {}
    body_verdict on_body(std::string_view) override { return body_verdict::more; }
    void on_done(const http_outcome& outcome) override {
      client.reset();
      heard->on_done(outcome);
    }
  };
  scripted_http_server server;
  server.answer(scripted_answer().hang()).answer(scripted_answer().wait("go").close());
  auto owner = std::make_shared<last_owner>();
  owner->client = std::make_unique<http_client>(direct());
  auto other = std::make_shared<heard_answer>();
  owner->client->start(to(server.url("/")), other);
  REQUIRE(server.wait_for_requests(1));
  owner->client->start(to(server.url("/")), owner);
  REQUIRE(server.wait_at_gate("go", 1));
  server.release("go");
  REQUIRE(owner->heard->wait_done());
  CHECK(owner->heard->outcome.failure == http_failure::reset);
  REQUIRE(other->wait_done());
  CHECK(other->outcome.failure == http_failure::cancelled);
}
