// Models over HTTP as coroutines: what a scripted provider does right, and everything that it can do wrong.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/completion.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/llm/models/http_chat_model.hpp"
#include "sage/llm/models/http_embedding_model.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "sage/testing/live_task_runner.hpp"
#include "sage/testing/scripted_chat_server.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/scripted_failures.hpp"

namespace {

using namespace sage;
using namespace sage::test;
using namespace std::chrono_literals;
using llm::provider_failure;
using sage::testing::live_task_runner;
using sage::testing::scripted_answer;
using sage::testing::scripted_chat_server;
using sage::testing::scripted_reply;

constexpr nanoseconds ms = 1'000'000;
const std::string canary = "canary-4711";

// A provider, and a model that reaches it. Time-outs are short: what hangs is to be over soon.
struct provider {
  provider() : provider(model_endpoint{}) {}
  explicit provider(model_endpoint endpoint) {
    llm::http_client_options options;
    options.proxy = "";
    client = std::make_shared<llm::http_client>(std::move(options));
    endpoint.base_url = server.http().url("/v1");
    endpoint.model = "scripted";
    endpoint.key = std::string(canary);
    where = std::move(endpoint);
    model = std::make_shared<http_chat_model>(where, client);
  }
  live_task_runner runner;
  scripted_chat_server server;
  std::shared_ptr<llm::http_client> client;
  model_endpoint where;
  std::shared_ptr<http_chat_model> model;

  // The I/O thread may be a little behind what it has told.
  bool is_idle_soon() {
    for (int i = 0; i < 5000 && client->outstanding() > 0; ++i) {
      static_cast<void>(runner.advance_until([] { return false; }, 1ms));
    }
    return client->outstanding() == 0;
  }
};

model_endpoint bounded() {
  model_endpoint endpoint;
  endpoint.event_bytes_max = 64 << 10;
  endpoint.response_bytes_max = 1 << 20;
  return endpoint;
}

// For what hangs, and nothing else: a busy machine may let anybody wait.
model_endpoint hasty() {
  model_endpoint endpoint = bounded();
  endpoint.first_byte_timeout_ms = 400;
  endpoint.idle_timeout_ms = 400;
  endpoint.total_timeout_ms = 5000;
  return endpoint;
}

// Waits for room until the test says there is some.
class narrow_observer final : public chat_observer {
 public:
  void on_delta(const chat_delta& piece) override {
    text += piece.text;
    ++pieces;
  }
  [[nodiscard]] bool is_full() const override { return !is_open; }
  task<> room() override { static_cast<void>(co_await opened); }
  std::string text;
  std::size_t pieces = 0;
  bool is_open = false;
  pending<bool> opened;
};

TEST_CASE("a reply is shown token by token, each when it comes", "[llm][models][http]") {
  provider its;
  its.server.reply(scripted_reply::pieces({"it ", "is ", "c\u00f6ld"}).each_waits("token").usage(3, 4));
  keeping_observer seen;
  const auto call = its.runner.start(ask(*its.model, "hi", &seen));
  for (std::size_t token = 1; token <= 3; ++token) {
    REQUIRE_FALSE(call->is_done());
    its.server.http().release("token");
    REQUIRE(its.runner.advance_until([&] { return seen.pieces == token; }));
  }
  REQUIRE(its.runner.advance_until([&] { return call->is_done(); }));
  CHECK(call->take() == "it is c\u00f6ld");
  CHECK(seen.text == "it is c\u00f6ld");
  CHECK(its.server.chats().at(0).streamed);

  its.server.reply(scripted_reply::text("whole"));
  CHECK(its.runner.run(ask(*its.model, "hi")) == "whole");
  CHECK_FALSE(its.server.chats().at(1).streamed);
  CHECK(its.server.chats().at(1).authorization == "Bearer " + canary);
}

TEST_CASE("a stop closes the model's connection at once", "[llm][models][http][cancel]") {
  provider its;
  std::vector<nanoseconds> delays;
  for (std::size_t i = 0; i < 7; ++i) {
    const bool streamed = i % 2 == 0;
    its.server.reply(scripted_reply::pieces({"a", "b", "c"}).hangs_after(1));
    keeping_observer seen;
    auto call = its.runner.start(ask(*its.model, "hi", streamed ? &seen : nullptr));
    const auto is_heard = [&] { return seen.pieces > 0; };
    static_cast<void>(its.runner.advance_until(is_heard, streamed ? 60s : 1ms));
    REQUIRE(its.server.http().wait_for_requests(i + 1));
    REQUIRE(is_heard() == streamed);
    const nanoseconds stopped = system_clock().now();
    call.reset();
    REQUIRE(its.server.http().wait_for_closed(i + 1));
    delays.push_back(its.server.http().connections().at(i).closed_at - stopped);
  }
  std::sort(delays.begin(), delays.end());
  INFO("median " << delays[3] / ms << " ms, worst " << delays[6] / ms << " ms");
  CHECK(delays[3] < 50 * ms);
  CHECK(delays[6] < 500 * ms);  // the machine may be busy
  CHECK(its.is_idle_soon());
}

TEST_CASE("a call beside blocking code is hung up on when both are given up", "[llm][models][http][cancel]") {
  provider its;
  its.server.reply(scripted_reply::text("never").waits("never"));
  pending<bool> begun;
  std::atomic<bool> go_on{false};
  const auto both = [&]() -> task<int> {
    const auto block = [&]() -> task<> {
      const auto work = [&] { go_on.wait(false); };
      co_await run_blocking(work);
    };
    const auto chat = [&]() -> task<> { static_cast<void>(co_await ask(*its.model, "hi")); };
    try {
      const auto together = [&]() -> task<> { co_await all(block(), chat()); };
      co_await with_timeout(together(), 300ms);
    } catch (const error& late) {
      co_return late.code() == errc::timeout ? 1 : 2;
    }
    co_return 0;
  };
  CHECK(its.runner.run(both()) == 1);
  CHECK(its.server.http().wait_for_closed(1));  // though the blocking code still runs
  go_on = true;
  go_on.notify_all();
  CHECK(its.runner.advance_until([&] { return !its.runner.loop().has_retired(); }));
}

TEST_CASE("an observer that is full holds the provider back, and loses nothing", "[llm][models][http][pause]") {
  provider its;
  const std::string word(4096, 'w');
  std::vector<std::string> words(3000, word);  // 12 MB
  its.server.reply(scripted_reply::pieces(words));
  narrow_observer seen;
  const auto call = its.runner.start(ask(*its.model, "hi", &seen));
  REQUIRE(its.runner.advance_until([&] { return seen.pieces > 0; }));
  // Until nothing moves any more: what is under way is in the buffers of kernel, client and model.
  std::uint64_t sent = 0;
  for (std::uint64_t before = 1; sent != before;) {
    before = its.server.http().bytes_sent();
    static_cast<void>(its.runner.advance_until([] { return false; }, 100ms));
    sent = its.server.http().bytes_sent();
  }
  CHECK(sent < 10'000'000);
  CHECK(seen.pieces <= 64);
  CHECK_FALSE(call->is_done());
  seen.is_open = true;
  seen.opened.make_completion().set(true);
  REQUIRE(its.runner.advance_until([&] { return call->is_done(); }));
  CHECK(seen.pieces == words.size());
  CHECK(call->take().size() == words.size() * word.size());
}

// ---- everything that a provider can do wrong

struct misdeed {
  const char* what;
  scripted_answer answer;
  std::vector<provider_failure> expected;
  bool retryable;
};

std::string chunk(std::string_view text) {
  return R"({"choices":[{"index":0,"delta":{"content":")" + std::string(text) + R"("}}]})";
}

std::vector<misdeed> misdeeds() {
  using f = provider_failure;
  const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
  const std::string echoed = R"({"error":{"message":"Incorrect API key provided: )" + canary + R"("}})";
  const std::string cut_character = "data: " + chunk("\u00e9").substr(0, chunk("").size() - 4);
  return {
      {"hangs before the answer", scripted_answer().hang(), {f::timeout}, true},
      {"hangs inside the head", scripted_answer().raw("HTTP/1.1 200 OK\r\nContent-Ty").hang(), {f::timeout}, true},
      {"hangs inside the answer", scripted_answer::events().event(chunk("a")).hang(), {f::timeout}, true},
      {"hangs inside a whole answer",
       scripted_answer().raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{").hang(),
       {f::timeout},
       true},
      {"cuts inside JSON", scripted_answer::events().piece("data: {\"choi").reset(), {f::cut, f::unreachable}, true},
      {"closes inside JSON",
       scripted_answer::events().piece("data: {\"choi").end().close(),
       {f::cut, f::malformed},
       true},
      {"cuts inside a character",
       scripted_answer::events().piece(cut_character).reset(),
       {f::cut, f::unreachable},
       true},
      {"one byte per second",
       scripted_answer().raw(stream_head.substr(0, 20)).single_bytes().raw("x").wait("never"),
       {f::timeout},
       true},
      {"garbage",
       scripted_answer().raw("\x01\x02 garbage \xff\xfe\r\n\r\n").close(),
       {f::malformed, f::unreachable, f::cut},
       true},
      {"garbage in a stream", scripted_answer::events().event("{]").end(), {f::malformed}, true},
      {"garbage as JSON", scripted_answer::json(200, "<html>gateway</html>"), {f::malformed}, true},
      {"a line of 10 MB",
       scripted_answer::events().piece(std::string(1 << 20, 'x'), 10).end(),
       {f::too_large},
       false},
      {"an endless stream",
       scripted_answer::events().piece("data: " + chunk("word ") + "\n\n", scripted_answer::for_ever),
       {f::too_large},
       false},
      {"an endless head",
       scripted_answer().raw("HTTP/1.1 200 OK\r\n").raw("X: y\r\n", scripted_answer::for_ever),
       {f::too_large},
       false},
      {"a reset at once", scripted_answer().reset(), {f::unreachable, f::cut}, true},
      {"closes at once", scripted_answer().close(), {f::unreachable, f::cut}, true},
      {"no choices", scripted_answer::json(200, R"({"choices":[]})"), {f::malformed}, true},
      {"no choices in a stream", scripted_answer::events().event("[DONE]").end(), {f::malformed, f::cut}, true},
      {"an error inside a stream",
       scripted_answer::events().event(chunk("a")).event(R"({"error":{"message":"gone"}})").end(),
       {f::overloaded, f::cut, f::refused, f::malformed},
       true},
      {"429", scripted_answer::json(429, R"({"error":{"message":"slow down"}})"), {f::throttled}, true},
      {"429, a date",
       scripted_answer::json(429, "{}", {{"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}),
       {f::throttled},
       true},
      {"500", scripted_answer::json(500, "oops"), {f::overloaded}, true},
      {"503", scripted_answer::json(503, R"({"error":{"message":"busy"}})"), {f::overloaded}, true},
      {"a wrong key, echoed", scripted_answer::json(401, echoed), {f::unauthorized}, false},
      {"a refusal that echoes the key", scripted_answer::json(400, echoed), {f::refused}, false},
      {"the key as garbage", scripted_answer::json(200, "<" + canary + ">"), {f::malformed}, true},
      {"a redirect",
       scripted_answer::json(307, "{}", {{"Location", "http://127.0.0.1:1/"}}),
       {f::refused, f::malformed, f::unreachable},
       false},
  };
}

TEST_CASE("whatever a provider does wrong is one clear error, soon, and without the key",
          "[llm][models][http][fault]") {
  for (const misdeed& one : misdeeds()) {
    for (const bool streamed : {true, false}) {
      INFO(one.what << (streamed ? ", streamed" : ", whole"));
      const bool hangs = one.expected.front() == provider_failure::timeout;
      provider its(hangs ? hasty() : bounded());
      its.server.http().answer(one.answer);
      keeping_observer seen;
      const nanoseconds begun = system_clock().now();
      try {
        its.runner.run(ask(*its.model, "hi", streamed ? &seen : nullptr));
        FAIL("there is no answer");
      } catch (const llm::model_error& problem) {
        const std::string text = problem.what();
        INFO(text);
        CHECK_FALSE(problem.message().empty());
        CHECK(text.find(canary) == std::string::npos);
        CHECK(std::count(one.expected.begin(), one.expected.end(), problem.details().failure) == 1);
        CHECK(problem.details().retryable == one.retryable);
      }
      CHECK(system_clock().now() - begun < 10'000 * ms);
      CHECK(its.is_idle_soon());
      if (!one.retryable) continue;
      // Behind a retry the call succeeds, and an observer sees only what counts.
      its.server.http().answer(one.answer);
      its.server.reply(scripted_reply::text("saved"));
      llm::backoff_settings quick;
      quick.first = ms;
      const chat_model_ref stubborn = retrying_model(its.model, quick);
      CHECK(its.runner.run(ask(*stubborn, "hi", streamed ? &seen : nullptr)) == "saved");
      if (streamed) CHECK(seen.text.ends_with("saved"));
    }
  }
}

TEST_CASE("Retry-After is kept in all its forms, within reason", "[llm][models][http][fault]") {
  const auto wait_after = [](const scripted_answer::headers& headers) {
    provider its;
    its.server.http().answer(scripted_answer::json(429, "{}", headers));
    try {
      its.runner.run(ask(*its.model, "hi"));
    } catch (const llm::model_error& problem) {
      return problem.details().retry_after_ms;
    }
    return std::optional<std::int64_t>(-1);
  };
  CHECK(wait_after({}) == std::nullopt);
  CHECK(wait_after({{"Retry-After", "2"}}) == 2000);
  CHECK(wait_after({{"Retry-After", "1.5"}}) == 1500);
  CHECK(wait_after({{"Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"}}) == 0);
  CHECK(wait_after({{"Retry-After", "soon"}}) == std::nullopt);
  CHECK(wait_after({{"Retry-After", "99999999999999999999999999"}}) == 600'000);
  CHECK(wait_after({{"Retry-After", "-5"}}).value_or(0) == 0);
}

TEST_CASE("a provider without TLS is one clear error for a client that wants it", "[llm][models][http][fault]") {
  provider its;
  its.server.http().answer(scripted_answer().raw("HTTP/1.1 400 Bad Request\r\n\r\n").close());
  model_endpoint secure = its.where;
  secure.base_url = "https" + its.where.base_url.substr(4);
  http_chat_model model(secure, its.client);
  try {
    its.runner.run(ask(model, "hi"));
    FAIL("there is no TLS");
  } catch (const llm::model_error& problem) {
    CHECK(problem.details().failure == provider_failure::unreachable);
    CHECK(std::string(problem.what()).find(canary) == std::string::npos);
  }
}

TEST_CASE("odd but harmless streams are answers", "[llm][models][http]") {
  provider its;
  const auto answer_of = [&](scripted_answer answer) {
    its.server.http().answer(std::move(answer));
    keeping_observer seen;
    std::string text = its.runner.run(ask(*its.model, "hi", &seen));
    CHECK(seen.text == text);
    return text;
  };
  const std::string stop = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
  CHECK(answer_of(scripted_answer::events().event(chunk("a")).event(chunk("a")).event(stop).event("[DONE]").end()) ==
        "aa");
  CHECK(answer_of(scripted_answer::events()
                      .event(R"({"choices":[]})")
                      .event(chunk("b"))
                      .event(stop)
                      .event(stop)
                      .event("[DONE]")
                      .end()) == "b");
  CHECK(answer_of(scripted_answer::events()
                      .piece(": keep-alive\n\n")
                      .event(chunk("c"))
                      .event(stop)
                      .event("[DONE]")
                      .event("[DONE]")
                      .end()) == "c");
  its.server.reply(scripted_reply::calls("find", "{\"city\": "));
  const auto arguments = [&]() -> task<std::string> {
    const chat_request request = asking("hi");
    chat_reply reply = co_await its.model->chat(request, nullptr);
    co_return reply.tool_calls.at(0).arguments;
  };
  CHECK(its.runner.run(arguments()) == "{\"city\": ");  // the agent refuses them, and tells the model
}

TEST_CASE("texts beyond one request are embedded in several, in order", "[llm][models][http][embedding]") {
  provider its;
  http_embedding_model model(its.where, its.client);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 600; ++i) texts.push_back(std::string(i % 7 + 1, 'a') + "b");
  const std::vector<std::vector<float>> vectors = its.runner.run(model.embed(texts));
  REQUIRE(vectors.size() == 600);
  CHECK(its.server.http().request_count() == 3);
  for (std::size_t i = 0; i < vectors.size(); ++i) {
    REQUIRE(vectors[i].size() == 26);
    CHECK(vectors[i][0] == static_cast<float>(i % 7 + 1));
  }
  CHECK(its.runner.run(model.embed({})).empty());
  its.server.http().answer(scripted_answer::json(503, "busy"));
  CHECK_THROWS_AS(its.runner.run(model.embed({"a"})), llm::model_error);
  its.server.http().answer(scripted_answer().hang());
  auto call = its.runner.start(model.embed(texts));
  static_cast<void>(its.runner.advance_until([] { return false; }, 1ms));
  REQUIRE(its.server.http().wait_for_requests(5));
  call.reset();
  CHECK(its.server.http().wait_for_closed(1));
}

}  // namespace
