// Our client against a model that writes its own answers: tests/real.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sage/functions/tasks/join.hpp"
#include "sage/llm/models/model_error.hpp"
#include "tests/catch.hpp"
#include "tests/system/real_models.hpp"

namespace {

using namespace std::chrono_literals;
using namespace sage;
using namespace sage::testing;

struct seen_chat {
  chat_reply whole;
  chat_reply streamed;
  std::string pieces;
  std::int64_t count = 0;
};
SAGE_DESCRIBE(seen_chat, whole, streamed, pieces, count)

TEST_CASE("a real model says the same streamed and not, with the tokens it used", "[system][real]") {
  const real_server server("model_server.mjs");
  const auto model = tiny_chat(server);
  const auto both = [model](std::string text) -> task<seen_chat> {
    const chat_request request = question(std::move(text));
    seen_chat seen;
    seen.whole = co_await model->chat(request, nullptr);
    seen_pieces shown;
    seen.streamed = co_await model->chat(request, &shown);
    seen.pieces = shown.text;
    seen.count = shown.count;
    co_return seen;
  };
  const std::vector<seen_chat> seen = run_all(std::vector<std::string>{"hello"}, both);
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].whole.text.starts_with("hello"));
  CHECK(seen[0].whole.finish == finish_reason::stop);
  CHECK(seen[0].whole.model == "tiny-chat");
  CHECK(seen[0].whole.usage == chat_usage{7, seen[0].whole.text.size(), 0, false});
  CHECK(seen[0].streamed.text == seen[0].whole.text);
  CHECK(seen[0].streamed.usage == seen[0].whole.usage);
  CHECK(seen[0].pieces == seen[0].whole.text);
  CHECK(seen[0].count > 5);  // character by character, however they are grouped on the way
}

TEST_CASE("a real model's wish for a tool comes whole and in pieces", "[system][real]") {
  const real_server server("model_server.mjs");
  const auto model = tiny_chat(server);
  const auto wish = [model](bool streamed) -> task<chat_reply> {
    chat_request request = question("weather in quito");
    request.tools.push_back({"get_weather", "", R"({"type":"object","properties":{"city":{"type":"string"}}})"});
    seen_pieces shown;
    chat_reply reply = co_await model->chat(request, streamed ? &shown : nullptr);
    if (streamed) reply.text = shown.arguments;
    co_return reply;
  };
  const std::vector<chat_reply> replies = run_all(std::vector<bool>{false, true}, wish);
  REQUIRE(replies.size() == 2);
  for (const chat_reply& reply : replies) {
    CHECK(reply.finish == finish_reason::tool_calls);
    CHECK(reply.tool_calls == std::vector<chat_tool_call>{{"call_1", "get_weather", R"({"city": "quito"})"}});
  }
  CHECK(replies[1].text == R"({"city": "quito"})");
}

// How a call failed, or its text.
template <class Model>
std::string outcome_of(Model model, chat_request request) {
  const auto call = [model, request](int) -> task<std::string> {
    std::string seen;
    try {
      const chat_reply reply = co_await model->chat(request, nullptr);
      seen = reply.text;
    } catch (const llm::model_error& problem) {
      seen = std::string(llm::to_string(problem.details().failure)) + " " + std::to_string(problem.details().status) +
             " " + problem.details().code + (problem.details().retryable ? " retryable" : "");
    }
    co_return seen;
  };
  return run_all(std::vector<int>{1}, call).at(0);
}

TEST_CASE("what a real server refuses is told apart", "[system][real]") {
  const real_server server("model_server.mjs", {"--key", "opensesame"});
  CHECK(outcome_of(tiny_chat(server, "opensesame"), question("hello")).starts_with("hello"));
  CHECK(outcome_of(tiny_chat(server, "wrong"), question("hello")) == "unauthorized 401 invalid_api_key");
  CHECK(outcome_of(tiny_chat(server, "opensesame", "huge-chat"), question("hello")) == "refused 404 model_not_found");
  CHECK(outcome_of(tiny_chat(server, "opensesame"), question(std::string(500, 'x'))) ==
        "refused 400 context_length_exceeded");
}

TEST_CASE("bounds on an answer reach a real model, and its probabilities come back", "[system][real]") {
  const real_server server("model_server.mjs");
  const auto model = tiny_chat(server);
  const auto bounded = [model](int which) -> task<chat_reply> {
    chat_request request = question("hello");
    if (which == 0) request.output_tokens_max = 3;
    if (which == 1) request.stop = {" how"};
    if (which == 2) request.logprobs = 2;
    seen_pieces shown;
    const chat_reply streamed = co_await model->chat(request, &shown);
    chat_reply whole = co_await model->chat(request, nullptr);
    if (streamed.text != whole.text || shown.text != whole.text || streamed.finish != whole.finish ||
        streamed.logprobs != whole.logprobs) {
      whole.text += " (differs)";
    }
    co_return whole;
  };
  const std::vector<chat_reply> replies = run_all(std::vector<int>{0, 1, 2}, bounded);
  REQUIRE(replies.size() == 3);
  CHECK(replies[0].text == "hel");
  CHECK(replies[0].finish == finish_reason::length);
  CHECK(replies[1].text == "hello,");
  CHECK(replies[1].finish == finish_reason::stop);
  CHECK(replies[2].text == "hello, how can i help you?");
  REQUIRE(replies[2].logprobs.size() == replies[2].text.size());
  for (std::size_t i = 0; i < replies[2].text.size(); ++i) {
    CHECK(replies[2].logprobs[i].token == replies[2].text.substr(i, 1));
    CHECK(replies[2].logprobs[i].logprob <= 0);
    CHECK(replies[2].logprobs[i].logprob > -3);  // it was the likeliest
  }
}

TEST_CASE("a chat that takes too long hangs up on a real model, streamed or not", "[system][real]") {
  const real_server server("model_server.mjs", {"--tokens-per-second", "10"});
  const auto model = tiny_chat(server);
  const auto hurried = [model](bool streamed) -> task<std::string> {
    const chat_request request = question("hello");
    seen_pieces shown;
    std::string seen = "answered";
    auto work = model->chat(request, streamed ? &shown : nullptr);
    try {
      auto within = with_timeout(std::move(work), 300ms);
      const chat_reply reply = co_await within;
      seen = reply.text;
    } catch (const error& problem) {
      seen = to_string(problem.code());
    }
    co_return seen;
  };
  CHECK(run_all(std::vector<bool>{false, true}, hurried) == std::vector<std::string>{"timeout", "timeout"});
  CHECK(comes_true([&] { return page_of(server, "/calls").find(R"("given_up":2)") != std::string::npos; }));
}

TEST_CASE("a real server that dies in the middle of an answer is a cut answer", "[system][real]") {
  struct killer final : chat_observer {
    explicit killer(const real_server& its) : server(its) {}
    void on_delta(const chat_delta& piece) override {
      if (!piece.text.empty()) server.kill();
    }
    const real_server& server;
  };
  const real_server server("model_server.mjs", {"--tokens-per-second", "20"});
  const auto model = tiny_chat(server);
  const auto call = [&](int) -> task<std::string> {
    const chat_request request = question("hello");
    killer observer(server);
    std::string seen = "answered";
    try {
      const chat_reply reply = co_await model->chat(request, &observer);
      seen = reply.text;
    } catch (const llm::model_error& problem) {
      seen = llm::to_string(problem.details().failure);
    }
    co_return seen;
  };
  CHECK(run_all(std::vector<int>{1}, call) == std::vector<std::string>{"cut"});
  CHECK(run_all(std::vector<int>{1}, call) == std::vector<std::string>{"unreachable"});
}

}  // namespace
