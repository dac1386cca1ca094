// Our client, agent loop and wrappers against models that write their own answers: tests/real.
#include <atomic>
#include <chrono>
#include <cmath>
#include <memory>
#include <mutex>
#include <numeric>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "sage/agents.hpp"
#include "sage/agents/tools/tool.hpp"
#include "sage/functions/tasks/task.hpp"
#include "sage/llm/models/http_chat_model.hpp"
#include "sage/llm/models/http_embedding_model.hpp"
#include "sage/llm/models/model_error.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "sage/sage.hpp"
#include "tests/catch.hpp"
#include "tests/system/real_server.hpp"

namespace {

using namespace std::chrono_literals;
using namespace sage;
using sage::testing::real_server;

const std::vector<std::string> cities = {"paris", "berlin", "tokyo", "oslo",  "rome",  "lima",
                                         "cairo", "delhi",  "milan", "quito", "seoul", "dakar"};

std::shared_ptr<http_chat_model> tiny_chat(const real_server& server, std::string key = {},
                                           std::string name = "tiny-chat") {
  model_endpoint endpoint;
  endpoint.base_url = server.base_url();
  endpoint.model = std::move(name);
  endpoint.key = secret<std::string>(std::move(key));
  return std::make_shared<http_chat_model>(std::move(endpoint), std::make_shared<llm::http_client>());
}

chat_request ask(std::string text) {
  chat_request request;
  request.messages.push_back({chat_role::user, std::move(text), {}, {}, {}, {}});
  request.temperature = 0;
  return request;
}

// Runs `work` on every record of `records` in a pipeline and returns what came of it, in order.
template <class In, class F>
auto run_all(std::vector<In> records, F work, async_options options = {.capacity = 16}) {
  using out = typename std::invoke_result_t<F&, In>::value_type;
  local_environment env;
  collected<out> answers;
  env.from_source(iterate(records)).async_map(std::move(work), options).sink(collect_into(answers));
  env.execute("real");
  return answers.records();
}

struct pieces final : chat_observer {
  void on_delta(const chat_delta& piece) override {
    text += piece.text;
    ++count;
    for (const chat_tool_call_delta& call : piece.tool_calls) arguments += call.arguments;
  }
  std::string text;
  std::string arguments;
  int count = 0;
};

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
    const chat_request request = ask(std::move(text));
    seen_chat seen;
    seen.whole = co_await model->chat(request, nullptr);
    pieces shown;
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
    chat_request request = ask("weather in quito");
    request.tools.push_back({"get_weather", "", R"({"type":"object","properties":{"city":{"type":"string"}}})"});
    pieces shown;
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

enum class intent : std::uint8_t { order, refund, small_talk };
SAGE_DESCRIBE_ENUM(intent, order, refund, small_talk)
struct verdict {
  intent label = intent::order;
  bool sure = false;
};
SAGE_DESCRIBE(verdict, label, sure)

struct empty_state {
  int turns = 0;
};
SAGE_DESCRIBE(empty_state, turns)

TEST_CASE("a real model that knows nothing of it follows the schema of a typed answer", "[system][real]") {
  const real_server server("model_server.mjs");
  const auto resources = std::make_shared<agent_resources>();
  resources->model("main", tiny_chat(server));
  const auto classify = [](agent<empty_state>& self, std::string text) -> task<verdict> {
    auto call = self.chat("main").user(text).temperature(0).as<verdict>(0);  // no second try
    verdict found = co_await call;
    co_return found;
  };
  const std::vector<std::string> texts = {"weather in quito", "hello", "add 3 and 4"};
  local_environment env;
  collected<verdict> verdicts;
  env.from_source(iterate(texts))
      .key_by([](const std::string& text) { return text; })
      .transform("classify", agent_operator(classify, {.capacity = 4, .resources = resources}))
      .sink(collect_into(verdicts));
  env.execute("typed");
  CHECK(verdicts.records().size() == texts.size());
}

struct weather_query {
  std::string city;
};
SAGE_DESCRIBE(weather_query, city)

tool_ref weather_tool(std::shared_ptr<std::atomic<int>> calls) {
  return make_tool("get_weather", "the weather of a city", [calls](const weather_query& query) {
    ++*calls;
    return std::to_string(10 + query.city.size());
  });
}

struct forecast_request {
  std::int64_t conversation = 0;
  std::string text;
};
SAGE_DESCRIBE(forecast_request, conversation, text)

struct forecast_state {
  chat_history history;
};
SAGE_DESCRIBE(forecast_state, history)

// What an agent did: every piece that its caller saw, and the conversation as it stands at the end.
struct forecast_record {
  std::int64_t conversation = 0;
  std::string pieces;
  std::string text;
  std::uint32_t steps = 0;
  std::uint32_t tool_calls = 0;
  chat_usage usage;
  chat_history history;
  friend bool operator==(const forecast_record&, const forecast_record&) = default;
};
SAGE_DESCRIBE(forecast_record, conversation, pieces, text, steps, tool_calls, usage, history)

task<forecast_record> forecast(agent<forecast_state>& self, forecast_request in) {
  self.state().history.add_user(in.text);
  pieces shown;
  auto call = self.chat("main").messages(self.state().history).tools("get_weather").temperature(0).observe(shown);
  chat_answer answer = co_await call;
  forecast_record record;
  record.conversation = in.conversation;
  record.pieces = shown.text;
  record.text = answer.text;
  record.steps = answer.steps;
  record.tool_calls = answer.tool_calls;
  record.usage = answer.usage;
  record.history = self.state().history;
  co_return record;
}

std::vector<forecast_record> run_forecasts(const std::vector<forecast_request>& requests,
                                           const std::shared_ptr<agent_resources>& resources, std::size_t capacity) {
  local_environment env;
  collected<forecast_record> records;
  env.from_source(iterate(requests))
      .key_by(&forecast_request::conversation)
      .transform("forecast", agent_operator(forecast, {.capacity = capacity, .resources = resources}))
      .sink(collect_into(records));
  env.execute("forecasts");
  std::vector<forecast_record> all = records.records();
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.conversation < b.conversation; });
  return all;
}

TEST_CASE("a real model completes the weather tool loop through our agent operator, streamed, 20 times identically",
          "[system][real]") {
  const real_server server("model_server.mjs");
  const auto calls = std::make_shared<std::atomic<int>>(0);
  const auto resources = std::make_shared<agent_resources>();
  resources->model("main", tiny_chat(server)).tool(weather_tool(calls));
  std::vector<forecast_request> requests;
  for (int i = 0; i < 20; ++i) requests.push_back({i, "weather in quito"});
  for (const std::size_t capacity : {1, 20}) {
    *calls = 0;
    std::vector<forecast_record> records = run_forecasts(requests, resources, capacity);
    REQUIRE(records.size() == 20);
    CHECK(*calls == 20);
    const forecast_record first = records.front();
    CHECK(first.text == "it is 15 degrees in quito");
    CHECK(first.pieces == first.text);
    CHECK(first.steps == 2);
    CHECK(first.tool_calls == 1);
    CHECK(first.usage.output_tokens > 100);
    REQUIRE(first.history.messages.size() == 4);
    CHECK(first.history.messages[1].tool_calls.at(0).arguments == R"({"city": "quito"})");
    CHECK(first.history.messages[2].text == "15");
    for (forecast_record& record : records) {
      record.conversation = first.conversation;
      CHECK(record == first);
    }
  }
}

TEST_CASE("conversations with a real model don't get into each other's way", "[system][real]") {
  const real_server server("model_server.mjs");
  const auto calls = std::make_shared<std::atomic<int>>(0);
  const auto resources = std::make_shared<agent_resources>();
  resources->model("main", tiny_chat(server)).tool(weather_tool(calls));
  const std::vector<std::string> questions = {"weather in ", "forecast for "};
  std::vector<forecast_request> requests;
  for (std::size_t i = 0; i < 48; ++i) {
    requests.push_back({static_cast<std::int64_t>(i), questions[i % 2] + cities[i % cities.size()]});
  }
  const std::vector<forecast_record> records = run_forecasts(requests, resources, 48);
  REQUIRE(records.size() == requests.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const std::string& city = cities[i % cities.size()];
    CHECK(records[i].text == "it is " + std::to_string(10 + city.size()) + " degrees in " + city);
  }
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
  CHECK(outcome_of(tiny_chat(server, "opensesame"), ask("hello")).starts_with("hello"));
  CHECK(outcome_of(tiny_chat(server, "wrong"), ask("hello")) == "unauthorized 401 invalid_api_key");
  CHECK(outcome_of(tiny_chat(server, "opensesame", "huge-chat"), ask("hello")) == "refused 404 model_not_found");
  CHECK(outcome_of(tiny_chat(server, "opensesame"), ask(std::string(500, 'x'))) ==
        "refused 400 context_length_exceeded");
}

TEST_CASE("a busy real server's refusals are waited out", "[system][real]") {
  const real_server server("model_server.mjs", {"--slots", "1", "--waiting-max", "0", "--tokens-per-second", "500"});
  llm::endpoint_limits limits;
  const auto gate = std::make_shared<llm::endpoint_gate>(limits);
  const chat_model_ref model =
      retrying_model(limited_model(tiny_chat(server), gate, std::make_shared<llm::estimating_tokenizer>()));
  const auto call = [model](int) -> task<std::string> {
    const chat_request request = ask("hello");
    const chat_reply reply = co_await model->chat(request, nullptr);
    co_return reply.text;
  };
  const std::vector<std::string> answers = run_all(std::vector<int>{1, 2, 3, 4}, call);
  REQUIRE(answers.size() == 4);
  for (const std::string& answer : answers) CHECK(answer.starts_with("hello"));
}

}  // namespace
