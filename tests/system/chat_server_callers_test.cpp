// Who may ask a chat server, how much, and what a model's refusal says to them.
#include <atomic>
#include <chrono>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "sage/agents.hpp"
#include "sage/functions/tasks/waiting.hpp"
#include "sage/sage.hpp"
#include "sage/serving.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "tests/catch.hpp"
#include "tests/system/echo_service.hpp"
#include "tests/system/raw_client.hpp"

namespace {

using namespace sage;
using namespace std::chrono_literals;
using sage::testing::raw_client;
using service = sage::test::echo_service;

TEST_CASE("callers are known by their tokens, and limited by their lines", "[system][chat_server]") {
  auto known = std::make_shared<serving::callers>();
  const std::string token = "a-token-of-a-caller-1";
  auto lines = serving::callers::from_text(
      "acme " + serving::to_hex(serving::hash_of(token)) + " requests_per_minute=2\n", "callers");
  REQUIRE(lines);
  *known = *lines;
  service its({.allowed = known});
  const std::string bearer = "Authorization: Bearer " + token + "\r\n";
  CHECK_THAT(its.post(service::asking("hello")), Catch::StartsWith("HTTP/1.1 401"));
  CHECK_THAT(its.post(service::asking("hello"), bearer), Catch::StartsWith("HTTP/1.1 200"));
  CHECK_THAT(its.post(service::asking("hello"), bearer), Catch::StartsWith("HTTP/1.1 200"));
  CHECK_THAT(its.post(service::asking("hello"), bearer),
             Catch::StartsWith("HTTP/1.1 429") && Catch::Contains("Retry-After"));
}

TEST_CASE("a refusal of the model is a refusal of the request", "[system][chat_server]") {
  service its;
  const std::string refused = its.post(service::asking("refuse"));
  CHECK_THAT(refused, Catch::StartsWith("HTTP/1.1 400") && Catch::Contains("context_length_exceeded") &&
                          Catch::Contains("invalid_request_error"));
  const std::string throttled = its.post(service::asking("throttle"));
  CHECK_THAT(throttled, Catch::StartsWith("HTTP/1.1 429") && Catch::Contains("Retry-After: 3"));
  const std::string key = its.post(service::asking("key"));
  CHECK_THAT(key, Catch::StartsWith("HTTP/1.1 502") && !Catch::Contains("canary"));
}

TEST_CASE("tokens of streams that were given up count for their caller", "[system][chat_server]") {
  const std::string token = "a-token-of-a-caller-1";
  const auto lines = serving::callers::from_text(
      "acme " + serving::to_hex(serving::hash_of(token)) + " tokens_per_minute=50\n", "callers");
  REQUIRE(lines);
  local_environment env;
  std::promise<serving::address> bound;
  serving::chat_server_options options;
  options.listen = "127.0.0.1:0";
  options.allowed = std::make_shared<serving::callers>(*lines);
  options.on_bound = [&bound](const serving::address& its) { bound.set_value(its); };
  const auto babble = [](const completion_call& call, emitter<answer_part>& out) -> task<> {
    for (int i = 0; i < 60; ++i) {
      answer_part part;
      part.text = "word";
      part.done = call.text == "be brief";
      out.push(std::move(part));
      if (call.text == "be brief") co_return;
    }
    co_await sleep_for(1h);
  };
  env.from_source(serving::chat_server(options))
      .async_flat_map(babble, {.order = unordered})
      .on_error(sage::drop)
      .sink(serving::reply());
  job running = env.submit("babble");
  const std::uint16_t port = bound.get_future().get().port;
  const auto ask = [&](raw_client& client, const std::string& text) {
    const std::string body = service::asking(text, R"(,"stream":true)");
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer " +
        token + "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
        body);
  };
  {
    raw_client client(port);
    ask(client, "talk");
    for (int i = 0; i < 60; ++i) REQUIRE(client.read_to("word"));
    raw_client other(port);  // what is under way isn't counted yet
    ask(other, "be brief");
    REQUIRE(other.read_to_end());
    CHECK_THAT(other.seen, Catch::StartsWith("HTTP/1.1 200"));
  }
  std::string spent;
  CHECK(sage::testing::comes_true([&] {
    raw_client client(port);
    ask(client, "be brief");
    if (!client.read_to_end()) return false;
    spent = client.seen;
    return spent.starts_with("HTTP/1.1 429");
  }));
  CHECK_THAT(spent, Catch::Contains("Retry-After") && Catch::Contains("tokens_per_minute"));
  running.cancel();
  try {
    running.wait();
  } catch (const error&) {  // cancelled
  }
}

}  // namespace
