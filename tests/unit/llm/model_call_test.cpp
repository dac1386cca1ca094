// Model calls against a scripted provider: replies, streams, and everything a provider can do wrong.
#include "sage/llm/model_call.hpp"

#include "sage/base/utf8.hpp"
#include "sage/testing/scripted_chat_server.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/heard_call.hpp"

using namespace sage;
using namespace sage::llm;
using sage::test::heard_call;
using sage::testing::scripted_answer;
using sage::testing::scripted_chat_server;
using sage::testing::scripted_http_server;
using sage::testing::scripted_reply;

namespace {

http_client_options direct() {
  http_client_options options;
  options.proxy = "";
  return options;
}

chat_request asking(std::string text) {
  chat_request request;
  request.messages = {{chat_role::user, std::move(text), {}, {}, {}, {}}};
  return request;
}

model_endpoint at(const scripted_http_server& server) {
  model_endpoint endpoint;
  endpoint.base_url = server.url("/v1");
  endpoint.model = "m";
  endpoint.key = std::string("canary-4711");
  return endpoint;
}

std::shared_ptr<heard_call> call(http_client& client, const model_endpoint& endpoint, answer_form form) {
  auto heard = std::make_shared<heard_call>();
  model_call::start(client, endpoint, asking("hi"), form, heard);
  REQUIRE(heard->wait_end());
  CHECK(heard->ends == 1);
  return heard;
}

provider_error failure_of(const scripted_answer& answer, answer_form form = answer_form::streamed,
                          model_endpoint endpoint = {}) {
  scripted_http_server server;
  server.always(answer);
  http_client client(direct());
  const model_endpoint basic = at(server);
  endpoint.base_url = basic.base_url;
  endpoint.model = basic.model;
  endpoint.key = basic.key;
  const auto heard = call(client, endpoint, form);
  REQUIRE(heard->problem);
  CHECK(is_utf8(heard->problem->message));
  CHECK_FALSE(heard->problem->message.empty());
  for (const std::string& text : {heard->problem->message, heard->problem->type, heard->problem->code}) {
    CHECK(text.find("canary") == std::string::npos);
  }
  return *heard->problem;
}

const std::string hello_chunk = R"({"choices":[{"delta":{"content":"hello"}}]})";

}  // namespace

TEST_CASE("a reply comes whole and streamed, the same", "[llm][call]") {
  scripted_chat_server server;
  http_client client(direct());
  for (const answer_form form : {answer_form::whole, answer_form::streamed}) {
    server.reply(scripted_reply::pieces({"he", "llo"}).usage(3, 2).and_calls("find", R"({"a":1})"));
    const auto heard = call(client, server.endpoint(), form);
    REQUIRE(heard->reply);
    CHECK(heard->reply->text == "hello");
    CHECK(heard->reply->usage == chat_usage{3, 2, 0, false});
    CHECK(heard->reply->finish == finish_reason::tool_calls);
    REQUIRE(heard->reply->tool_calls.size() == 1);
    CHECK(heard->reply->tool_calls[0].name == "find");
    CHECK(heard->deltas.size() == (form == answer_form::streamed ? 3 : 0));
    if (form == answer_form::streamed) CHECK(heard->text == "hello");
  }
  const auto chats = server.chats();
  REQUIRE(chats.size() == 2);
  CHECK_FALSE(chats[0].streamed);
  CHECK(chats[1].streamed);
  CHECK(chats[1].last_text() == "hi");
  CHECK(chats[1].authorization == "Bearer scripted-key");
}

TEST_CASE("each token is heard when it comes, not at the end", "[llm][call][stream]") {
  scripted_chat_server server;
  server.reply(scripted_reply::pieces({"a", "b", "c"}).each_waits("token"));
  http_client client(direct());
  auto heard = std::make_shared<heard_call>();
  model_call::start(client, server.endpoint(), asking("hi"), answer_form::streamed, heard);
  for (std::size_t i = 1; i <= 3; ++i) {
    REQUIRE(server.http().wait_at_gate("token", 1));
    CHECK(heard->deltas.size() == i - 1);
    server.http().release("token");
    REQUIRE(heard->wait_until([&] { return heard->deltas.size() == i; }));
  }
  REQUIRE(heard->wait_end());
  CHECK(heard->reply->text == "abc");
}

TEST_CASE("a full listener gets one delta per resume, and the reply after the last", "[llm][call][pause]") {
  scripted_chat_server server;
  server.reply(scripted_reply::pieces({"a", "b", "c"}));
  http_client client(direct());
  auto heard = std::make_shared<heard_call>();
  heard->full_after_each = true;
  const model_call sent = model_call::start(client, server.endpoint(), asking("hi"), answer_form::streamed, heard);
  for (std::size_t i = 1; i <= 3; ++i) {
    REQUIRE(heard->wait_until([&] { return heard->deltas.size() >= i; }));
    CHECK(heard->deltas.size() == i);
    CHECK_FALSE(heard->reply);
    sent.resume();
  }
  REQUIRE(heard->wait_end());
  CHECK(heard->reply->text == "abc");
}

TEST_CASE("an endless stream is held back while its listener is full", "[llm][call][pause][limit]") {
  scripted_http_server server;
  server.always(scripted_answer::events().piece("data: " + hello_chunk + "\n\n", scripted_answer::for_ever));
  http_client client(direct());
  auto heard = std::make_shared<heard_call>();
  heard->full_after_each = true;
  const model_call sent = model_call::start(client, at(server), asking("hi"), answer_form::streamed, heard);
  REQUIRE(heard->wait_until([&] { return heard->deltas.size() == 1; }));
  CHECK_FALSE(heard->wait_until([&] { return heard->deltas.size() > 1 || heard->ends > 0; }, 200));
  CHECK(server.bytes_sent() < 64 << 20);
  sent.cancel();
  REQUIRE(heard->wait_end());
  CHECK(heard->problem->failure == provider_failure::cancelled);
  CHECK(server.wait_for_closed(1));
}

TEST_CASE("an endless stream ends at the limit of the endpoint", "[llm][call][limit]") {
  model_endpoint endpoint;
  endpoint.response_bytes_max = 1 << 20;
  const auto problem =
      failure_of(scripted_answer::events().piece("data: " + hello_chunk + "\n\n", scripted_answer::for_ever),
                 answer_form::streamed, endpoint);
  CHECK(problem.failure == provider_failure::too_large);
  CHECK(
      failure_of(scripted_answer::events().piece(": x\n", scripted_answer::for_ever), answer_form::streamed, endpoint)
          .failure == provider_failure::too_large);
}

TEST_CASE("a line of 10 MB is refused by the limit of events", "[llm][call][limit]") {
  const auto problem =
      failure_of(scripted_answer::events().piece("data: ").piece(std::string(100'000, 'x'), 100).piece("\n\n").end());
  CHECK(problem.failure == provider_failure::too_large);
  CHECK_FALSE(problem.retryable);
}

TEST_CASE("a provider that hangs before or inside its answer is a timeout", "[llm][call][error]") {
  model_endpoint quick;
  quick.first_byte_timeout_ms = 50;
  quick.idle_timeout_ms = 50;
  CHECK(failure_of(scripted_answer().hang(), answer_form::streamed, quick).failure == provider_failure::timeout);
  CHECK(failure_of(scripted_answer().hang(), answer_form::whole, quick).failure == provider_failure::timeout);
  CHECK(failure_of(scripted_answer::events().event(hello_chunk).hang(), answer_form::streamed, quick).failure ==
        provider_failure::timeout);
  CHECK(failure_of(scripted_answer::events().piece("data: {\"ch").hang(), answer_form::streamed, quick).failure ==
        provider_failure::timeout);
}

TEST_CASE("a provider that drips below every idle limit runs into the total one", "[llm][call][error]") {
  model_endpoint endpoint;
  endpoint.total_timeout_ms = 200;
  endpoint.idle_timeout_ms = 100;
  scripted_http_server server;
  server.always(scripted_answer::events().piece(": x\n\n", 20'000'000).end());
  endpoint.base_url = server.url();
  endpoint.model = "m";
  endpoint.response_bytes_max = 1ull << 40;
  http_client client(direct());
  const auto heard = call(client, endpoint, answer_form::streamed);
  REQUIRE(heard->problem);
  CHECK(heard->problem->failure == provider_failure::timeout);
}

TEST_CASE("answers cut anywhere are told as cut, and may be tried again", "[llm][call][error]") {
  for (const scripted_answer& cut :
       {scripted_answer::events().event(hello_chunk).piece("data: {\"choices\":[{\"del").reset(),
        scripted_answer::events()
            .event(hello_chunk)
            .piece("data: {\"choices\":[{\"delta\":{\"content\":\"\xe2\x82")
            .close(),
        scripted_answer::events().event(hello_chunk).close(), scripted_answer::events().event(hello_chunk).end(),
        scripted_answer::events().end(), scripted_answer::events().reset()}) {
    const auto problem = failure_of(cut);
    CHECK(problem.failure == provider_failure::cut);
    CHECK(problem.retryable);
  }
  CHECK(failure_of(scripted_answer().reset()).failure == provider_failure::unreachable);
  CHECK(failure_of(scripted_answer().close(), answer_form::whole).failure == provider_failure::unreachable);
  CHECK(failure_of(scripted_answer().raw("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"choi").reset(),
                   answer_form::whole)
            .failure == provider_failure::cut);
  // The end of the stream inside an event.
  CHECK(failure_of(scripted_answer::events().piece("data: {\"choices\":[{\"del").end()).failure ==
        provider_failure::malformed);
}

TEST_CASE("garbage instead of an answer is one clear error", "[llm][call][error]") {
  CHECK(failure_of(scripted_answer::whole(200, "text/html", "<html>hi</html>"), answer_form::whole).failure ==
        provider_failure::malformed);
  CHECK(failure_of(scripted_answer::whole(200, "text/html", "<html>hi</html>")).failure == provider_failure::cut);
  CHECK(failure_of(scripted_answer::events().event("garbage").end()).failure == provider_failure::malformed);
  CHECK(failure_of(scripted_answer::events().piece("data: \xff\xfe\n\n").end()).failure ==
        provider_failure::malformed);
  CHECK(failure_of(scripted_answer().raw("SSH-2.0-OpenSSH\r\n\r\n").close()).failure == provider_failure::malformed);
  CHECK(failure_of(scripted_answer::json(200, "{}")).failure == provider_failure::malformed);
  CHECK(failure_of(scripted_answer::json(200, "{}", {{"Content-Encoding", "gzip"}})).failure ==
        provider_failure::malformed);
}

TEST_CASE("errors by status carry what the provider said, and when to come back", "[llm][call][error]") {
  auto problem = failure_of(
      scripted_answer::json(429, R"({"error":{"message":"slow down, canary-4711"}})", {{"Retry-After", "1.5"}}));
  CHECK(problem.failure == provider_failure::throttled);
  CHECK(problem.retry_after_ms == 1500);
  CHECK(problem.message == "the provider answered 429: slow down, ***");
  CHECK_FALSE(failure_of(scripted_answer::json(429, "{}")).retry_after_ms);
  CHECK(failure_of(scripted_answer::json(429, "{}", {{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"}}))
            .retry_after_ms == 600'000);
  CHECK(failure_of(scripted_answer::json(429, "{}", {{"Retry-After", "whenever"}})).retryable);
  CHECK(failure_of(scripted_answer::json(503, "busy")).failure == provider_failure::overloaded);
  problem = failure_of(scripted_answer::json(401, R"({"error":{"message":"Incorrect API key: canary-4711"}})"));
  CHECK(problem.failure == provider_failure::unauthorized);
  CHECK_FALSE(problem.retryable);
  CHECK(failure_of(scripted_answer::json(307, "", {{"Location", "http://elsewhere/"}})).failure ==
        provider_failure::refused);
  // An error without end, and one that is cut: its status says enough.
  CHECK(failure_of(scripted_answer()
                       .raw("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
                       .piece(std::string(4096, 'x'), scripted_answer::for_ever))
            .status == 500);
  CHECK(failure_of(scripted_answer().raw("HTTP/1.1 500 No\r\nContent-Length: 99\r\n\r\n{\"err").reset()).failure ==
        provider_failure::overloaded);
  CHECK(failure_of(scripted_answer::events().event(hello_chunk).event(R"({"error":{"message":"overloaded"}})").end())
            .failure == provider_failure::overloaded);
}

TEST_CASE("odd but honest streams are taken", "[llm][call][stream]") {
  scripted_http_server server;
  http_client client(direct());
  const auto text_of = [&](scripted_answer answer) {
    server.answer(std::move(answer));
    const auto heard = call(client, at(server), answer_form::streamed);
    return heard->reply ? heard->text + "/" + heard->reply->text : heard->problem->message;
  };
  const std::string last = R"({"choices":[{"delta":{},"finish_reason":"stop"}]})";
  // Without the empty line after the last event; whole JSON instead of a stream; byte by byte; after [DONE] silence.
  CHECK(text_of(scripted_answer::events().event(hello_chunk).piece("data: [DONE]").end()) == "hello/hello");
  CHECK(text_of(scripted_answer::json(200, R"({"choices":[{"message":{"content":"one"}}]})")) == "one/one");
  CHECK(text_of(scripted_answer::events()
                    .single_bytes()
                    .event(R"({"choices":[{"delta":{"content":"€"}}]})")
                    .event(last)
                    .end()) == "€/€");
  CHECK(text_of(scripted_answer::events().event(hello_chunk).event("[DONE]").hang()) == "hello/hello");
  CHECK(text_of(scripted_answer::events().event(hello_chunk).event("[DONE]").piece("x", scripted_answer::for_ever)) ==
        "hello/hello");
}

TEST_CASE("a call that can't be sent fails at once, by a text that says why", "[llm][call]") {
  http_client client(direct());
  model_endpoint endpoint;
  endpoint.base_url = "localhost:8000/v1";
  endpoint.model = "m";
  auto heard = call(client, endpoint, answer_form::whole);
  REQUIRE(heard->problem);
  CHECK(heard->problem->failure == provider_failure::invalid_request);
  CHECK_THAT(heard->problem->message, Catch::Contains("write http://localhost:8000/v1"));
  endpoint.base_url = "http://127.0.0.1:9/v1";
  endpoint.model = "";
  CHECK_THAT(call(client, endpoint, answer_form::whole)->problem->message, Catch::Contains("model"));
}

TEST_CASE("embeddings come back in the order of their texts", "[llm][call][embedding]") {
  scripted_chat_server server;
  http_client client(direct());
  auto heard = std::make_shared<heard_call>();
  model_call::start(client, server.endpoint(), embedding_request{"", {"abba", "c"}, 0}, heard);
  REQUIRE(heard->wait_end());
  REQUIRE(heard->vectors);
  REQUIRE(heard->vectors->vectors.size() == 2);
  CHECK(heard->vectors->vectors[0][0] == 2.f);
  CHECK(heard->vectors->vectors[1][2] == 1.f);
  CHECK(heard->vectors->usage.input_tokens == 2);

  server.http().answer(scripted_answer::json(500, "{}"));
  heard = std::make_shared<heard_call>();
  model_call::start(client, server.endpoint(), embedding_request{"", {"a"}, 0}, heard);
  REQUIRE(heard->wait_end());
  CHECK(heard->problem->failure == provider_failure::overloaded);
}

TEST_CASE("one bad call among many leaves the others alone", "[llm][call]") {
  scripted_chat_server server;
  server.decide([](const testing::seen_chat& chat) {
    const int number = std::stoi(std::string(chat.last_text()));
    if (number % 5 == 1) return scripted_reply::failure(503, "no");
    if (number % 5 == 2) return scripted_reply::pieces({"a", "b"}).cut_after(1);
    return scripted_reply::text("yes");
  });
  http_client client(direct());
  std::vector<std::shared_ptr<heard_call>> all;
  for (int i = 0; i < 100; ++i) {
    all.push_back(std::make_shared<heard_call>());
    model_call::start(client, server.endpoint(), asking(std::to_string(i)),
                      i % 2 ? answer_form::streamed : answer_form::whole, all.back());
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(all[i]->wait_end());
    CHECK(all[i]->ends == 1);
    CHECK(all[i]->reply.has_value() == (i % 5 != 1 && i % 5 != 2));
  }
}
