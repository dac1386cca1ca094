// A pipeline behind HTTP: requests become records with items, and each gets exactly one answer.
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

TEST_CASE("a request is answered as one JSON, or piece by piece", "[system][chat_server]") {
  service its;
  const std::string whole = its.post(service::asking("hello"));
  CHECK_THAT(whole, Catch::StartsWith("HTTP/1.1 200"));
  CHECK_THAT(whole, Catch::Contains("1 messages, the last: hello") && Catch::Contains("\"finish_reason\":\"stop\"") &&
                        Catch::Contains("\"total_tokens\":"));
  const std::string streamed =
      its.post(service::asking("hello", R"(,"stream":true,"stream_options":{"include_usage":true})"));
  CHECK_THAT(streamed, Catch::Contains("text/event-stream") && Catch::Contains("\"role\":\"assistant\"") &&
                           Catch::Contains("data: [DONE]") && Catch::Contains("total_tokens"));
  CHECK(std::count(streamed.begin(), streamed.end(), '\n') > 12);
}

TEST_CASE("the memory of a named conversation counts, others are complete in themselves", "[system][chat_server]") {
  service its;
  CHECK_THAT(its.post(service::asking("one"), "X-Conversation-Id: c1\r\n"),
             Catch::Contains("1 messages, the last: one"));
  CHECK_THAT(its.post(service::asking("two"), "X-Conversation-Id: c1\r\n"),
             Catch::Contains("3 messages, the last: two"));
  CHECK_THAT(its.post(service::asking("one"), "X-Conversation-Id: c2\r\n"),
             Catch::Contains("1 messages, the last: one"));
  CHECK_THAT(its.post(service::asking("two")), Catch::Contains("1 messages, the last: two"));
}

TEST_CASE("whatever becomes of a request, its client hears of it once", "[system][chat_server]") {
  service its;
  const std::string filtered = its.post(service::asking("filtered"));
  CHECK_THAT(filtered, Catch::StartsWith("HTTP/1.1 422") && Catch::Contains("polite"));
  const std::string failed = its.post(service::asking("fail"));
  CHECK_THAT(failed, Catch::StartsWith("HTTP/1.1 500") && Catch::Contains("the model is away"));
  CHECK_THAT(its.post(R"({"model":"other","messages":[{"role":"user","content":"x"}]})"),
             Catch::StartsWith("HTTP/1.1 404") && Catch::Contains("model_not_found"));
  CHECK_THAT(its.post("{"), Catch::StartsWith("HTTP/1.1 400"));
  // and the service goes on
  CHECK_THAT(its.post(service::asking("hello")), Catch::StartsWith("HTTP/1.1 200"));
}

TEST_CASE("a client that goes away stops its model call within 50 ms", "[system][chat_server]") {
  service its;
  for (int i = 0; i < 5; ++i) {
    raw_client client(its.port);
    const std::string body = service::asking("hang");
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    while (its.model->running() == 0) std::this_thread::yield();
    const auto begun = std::chrono::steady_clock::now();
    client.close();
    while (its.model->running() != 0) std::this_thread::yield();
    CHECK(std::chrono::steady_clock::now() - begun < 500ms);  // 50 on a quiet machine; tools/bench measures it
  }
}

TEST_CASE("a deadline stops by itself", "[system][chat_server]") {
  service its({.request_deadline = 30ms});
  const std::string late = its.post(service::asking("hang"));
  CHECK_THAT(late, Catch::StartsWith("HTTP/1.1 504") && Catch::Contains("deadline"));
  CHECK(its.model->running() == 0);
}

TEST_CASE("of one conversation eight requests may wait", "[system][chat_server]") {
  service its;
  std::vector<std::unique_ptr<raw_client>> clients;
  const std::string body = service::asking("hang");
  const std::string request =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Conversation-Id: c1\r\nContent-Type: "
      "application/json\r\n"
      "Content-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  std::string refused;
  for (int i = 0; i < 9; ++i) {
    clients.push_back(std::make_unique<raw_client>(its.port));
    clients.back()->send(request);
  }
  // Nine are in; the tenth is refused as soon as all of them were seen.
  for (int tries = 0; tries < 1000 && refused.empty(); ++tries) {
    const std::string answer = its.post(service::asking("hang"), "X-Conversation-Id: c1\r\nX-Probe: 1\r\n");
    if (answer.starts_with("HTTP/1.1 429")) refused = answer;
  }
  CHECK_THAT(refused, Catch::Contains("Retry-After") && Catch::Contains("conversation_busy"));
  CHECK(sage::testing::comes_true([&] { return its.model->running() == 1; }));
  CHECK_THAT(its.post(service::asking("hello")), Catch::StartsWith("HTTP/1.1 200"));
}

TEST_CASE("requests of one conversation run one after another, also through operators of their own",
          "[system][chat_server]") {
  // Two desks with agents of their own: the second request is for the other desk, and waits for the first all the
  // same.
  struct watch {
    std::atomic<int> running{0};
    std::atomic<int> clashes{0};
  };
  const auto seen = std::make_shared<watch>();
  const auto desk = [seen](const completion_call& call) -> task<std::string> {
    if (++seen->running > 1) ++seen->clashes;
    co_await sleep_for(5ms);
    --seen->running;
    co_return "did " + call.text;
  };
  local_environment env;
  std::promise<serving::address> bound;
  serving::chat_server_options options;
  options.listen = "127.0.0.1:0";
  options.on_bound = [&bound](const serving::address& its) { bound.set_value(its); };
  auto [even, odd] = env.from_source(serving::chat_server(options)).split([](const completion_call& call) {
    return call.text.size() % 2 == 0;
  });
  even.async_map(desk).union_with(odd.async_map(desk)).sink(serving::reply());
  job running = env.submit("desks");
  const std::uint16_t port = bound.get_future().get().port;
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 8; ++i) {
    const std::string body = service::asking(std::string(static_cast<std::size_t>(i + 1), 'x'));
    clients.push_back(std::make_unique<raw_client>(port));
    clients.back()->send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nX-Conversation-Id: c\r\nContent-Type: "
        "application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  for (const auto& client : clients) {
    REQUIRE(client->read_response());
    CHECK_THAT(client->seen, Catch::StartsWith("HTTP/1.1 200") && Catch::Contains("did x"));
  }
  CHECK(seen->clashes == 0);
  running.drain();
  CHECK(running.wait().state == job_state::done);
}

TEST_CASE("a drain answers what was accepted and refuses what comes", "[system][chat_server]") {
  auto its = std::make_unique<service>();
  CHECK_THAT(its->post(service::asking("hello")), Catch::StartsWith("HTTP/1.1 200"));
  its->running->drain();
  CHECK(its->running->wait().state == job_state::done);
  CHECK_THAT(its->post(service::asking("hello")), Catch::StartsWith("HTTP/1.1 503") && Catch::Contains("draining"));
}

class kept_spans final : public span_recorder {
 public:
  void record(span done) override {
    const std::lock_guard lock(mutex_);
    spans_.push_back(std::move(done));
  }
  std::uint64_t next_id() noexcept override { return ++last_; }
  std::uint64_t lost() const noexcept override { return 0; }
  [[nodiscard]] std::vector<span> spans() const {
    const std::lock_guard lock(mutex_);
    return spans_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<span> spans_;
  std::atomic<std::uint64_t> last_{0};
};

TEST_CASE("a request's spans belong to the client's trace", "[system][chat_server]") {
  const auto spans = std::make_shared<kept_spans>();
  {
    service its({}, spans);
    CHECK_FALSE(
        its.post(service::asking("hello"), "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n")
            .empty());
    CHECK_FALSE(its.post(service::asking("fail")).empty());
  }
  std::map<std::string, std::vector<span>> by_name;
  for (const span& one : spans->spans()) by_name[one.name].push_back(one);
  REQUIRE(by_name["chat request"].size() == 2);
  REQUIRE(by_name["talk"].size() == 2);
  const span& request = by_name["chat request"].front();
  const span& turn = by_name["talk"].front();
  CHECK(request.trace_low == 0xa3ce929d0e0e4736);
  CHECK(request.parent == 0xf067aa0ba902b7);
  CHECK(turn.parent == request.id);
  CHECK(turn.trace_low == request.trace_low);
  CHECK(turn.problem.empty());
  CHECK_FALSE(by_name["talk"].back().problem.empty());
  CHECK(by_name["chat request"].back().trace_low != request.trace_low);  // a trace of its own
}

TEST_CASE("two tenants may use the same conversation id and share no memory", "[system][chat_server]") {
  const std::string first = "a-token-of-a-caller-1", second = "a-token-of-a-caller-2";
  const auto known = serving::callers::from_text("acme " + serving::to_hex(serving::hash_of(first)) + "\nfoo " +
                                                     serving::to_hex(serving::hash_of(second)) + "\n",
                                                 "callers");
  REQUIRE(known);
  service its({.allowed = std::make_shared<serving::callers>(*known)});
  const auto as = [](const std::string& token) {
    return "X-Conversation-Id: c1\r\nAuthorization: Bearer " + token + "\r\n";
  };
  CHECK_THAT(its.post(service::asking("one"), as(first)), Catch::Contains("1 messages"));
  CHECK_THAT(its.post(service::asking("two"), as(first)), Catch::Contains("3 messages"));
  CHECK_THAT(its.post(service::asking("three"), as(second)), Catch::Contains("1 messages"));
}

struct price_query {
  std::string product;
  int count = 1;
};
SAGE_DESCRIBE(price_query, product, count)
struct price {
  std::string product;
  int cents = 0;
};
SAGE_DESCRIBE(price, product, cents)

TEST_CASE("a JSON server takes and answers records of any described type", "[system][json_server]") {
  local_environment env;
  std::promise<serving::address> bound;
  serving::json_server_options options;
  options.listen = "127.0.0.1:0";
  options.path = "/prices";
  options.on_bound = [&bound](const serving::address& its) { bound.set_value(its); };
  env.from_source(serving::json_server<price_query>(options))
      .map([](const price_query& query) {
        if (query.product == "gold") throw std::runtime_error("not for sale");
        return price{query.product, 250 * query.count};
      })
      .on_error(sage::drop)
      .sink(serving::json_reply());
  job running = env.submit("prices");
  const std::uint16_t port = bound.get_future().get().port;
  const auto post = [port](const std::string& body) {
    raw_client client(port);
    client.post("/prices", body);
    REQUIRE(client.read_response());
    return client.seen;
  };
  CHECK_THAT(post(R"({"product":"tea","count":2})"), Catch::Contains(R"({"product":"tea","cents":500})"));
  CHECK_THAT(post(R"({"product":"gold","count":1})"),
             Catch::StartsWith("HTTP/1.1 500") && Catch::Contains("not for sale"));
  CHECK_THAT(post(R"({"product":7})"), Catch::StartsWith("HTTP/1.1 400") && Catch::Contains("product"));
  running.drain();
  CHECK(running.wait().state == job_state::done);
}

}  // namespace
