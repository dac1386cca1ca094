// Agents with a model that writes its own answers: tests/real.
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "sage/agents.hpp"
#include "sage/agents/answer_stream.hpp"
#include "sage/agents/tools/tool.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "tests/catch.hpp"
#include "tests/system/real_models.hpp"

namespace {

using namespace sage;
using namespace sage::testing;

const std::vector<std::string> cities = {"paris", "berlin", "tokyo", "oslo",  "rome",  "lima",
                                         "cairo", "delhi",  "milan", "quito", "seoul", "dakar"};

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
  seen_pieces shown;
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

task<> forecast_in_parts(agent<forecast_state>& self, forecast_request in, emitter<answer_part>& out) {
  answer_stream shown(out);
  auto call = self.chat("main").user(in.text).tools("get_weather").temperature(0).observe(shown);
  chat_answer answer = co_await call;
  shown.end(answer.reply, answer.usage);
}

TEST_CASE("an agent streams a real model's answer on as it comes, numbered and with the usage of all its steps",
          "[system][real]") {
  const real_server server("model_server.mjs");
  const auto resources = std::make_shared<agent_resources>();
  resources->model("main", tiny_chat(server)).tool(weather_tool(std::make_shared<std::atomic<int>>(0)));
  local_environment env;
  collected<answer_part> parts;
  const std::vector<forecast_request> one = {{1, "weather in oslo"}};
  env.from_source(iterate(one))
      .key_by(&forecast_request::conversation)
      .transform("forecast", agent_operator(forecast_in_parts, {.resources = resources}))
      .sink(collect_into(parts));
  env.execute("parts");
  const std::vector<answer_part> all = parts.records();
  REQUIRE(all.size() > 5);
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    CHECK(all[i].number == i);
    CHECK(all[i].done == (i + 1 == all.size()));
    text += all[i].text;
  }
  CHECK(text == "it is 14 degrees in oslo");
  CHECK(all.back().usage.output_tokens > 100);  // the wish for the tool counts too
  CHECK(all.back().finish == finish_reason::stop);
}

// Shows an answer, and ends the server that writes it after the first character.
struct fatal_stream final : chat_observer {
  fatal_stream(answer_stream& to, const real_server& its) : shown(to), server(its) {}
  void on_delta(const chat_delta& piece) override {
    shown.on_delta(piece);
    if (!piece.text.empty()) server.kill();
  }
  void on_restart() override { shown.on_restart(); }
  [[nodiscard]] bool takes_back() const override { return shown.takes_back(); }
  answer_stream& shown;
  const real_server& server;
};

TEST_CASE("what a caller was shown isn't said again by the model that takes over", "[system][real]") {
  const real_server dying("model_server.mjs", {"--tokens-per-second", "20"});
  const real_server server("model_server.mjs");
  const auto resources = std::make_shared<agent_resources>();
  resources->model("main", fallback_model({retrying_model(tiny_chat(dying)), tiny_chat(server)}));
  const auto greet = [&](agent<empty_state>& self, std::string text, emitter<answer_part>& out) -> task<> {
    answer_stream shown(out);
    fatal_stream watched(shown, dying);
    auto call = self.chat("main").user(text).temperature(0).observe(watched);
    try {
      chat_answer answer = co_await call;
      shown.end(answer.reply);
    } catch (const error& problem) {
      shown.say(" [" + problem.message() + "]");
    }
  };
  local_environment env;
  collected<answer_part> parts;
  const std::vector<std::string> texts = {"hello"};
  env.from_source(iterate(texts))
      .key_by([](const std::string& text) { return text; })
      .transform("greet", agent_operator(greet, {.resources = resources}))
      .sink(collect_into(parts));
  env.execute("parts");
  std::string text;
  for (const answer_part& part : parts.records()) text += part.text;
  CHECK_THAT(text, Catch::StartsWith("h") && Catch::Contains(" [") && !Catch::Contains("hello, how"));
}

}  // namespace
