// An agent's coroutine: what it does goes through self, so a turn can be parked, written down and gone on with.
#include "sage/agents/agent.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <set>

#include "sage/functions/tasks/join.hpp"
#include "sage/testing/scripted_chat_model.hpp"
#include "sage/testing/task_runner.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using namespace std::chrono_literals;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

struct notes {
  chat_history history;
  int mails = 0;
};

struct weather_query {
  std::string city;
};
SAGE_DESCRIBE(weather_query, city)

struct verdict {
  std::string label;
  int confidence = 0;
};
SAGE_DESCRIBE(verdict, label, confidence)

scripted_call says(std::string text) {
  scripted_call reply;
  reply.text = std::move(text);
  return reply;
}
scripted_call calls(std::string name, std::string arguments) {
  scripted_call reply;
  reply.tool_calls.push_back({"call_1", std::move(name), std::move(arguments)});
  return reply;
}

// Collects effects instead of performing them.
class parking_shell final : public agents::effect_shell {
 public:
  void on_effect(agents::pending_effect& effect) override { seen.push_back(effect.name() + "@" + effect.path()); }
  std::vector<std::string> seen;
};

struct bench {
  explicit bench(agents::effect_shell& shell, bool keeps = false) : its(shell, "c1", 0, keeps) {}
  agent<notes> self() = delete;

  task_runner runner;
  context surroundings{"job", "agent", 0, 1, 1, runner.time(), batch_pool::make(), 1};
  agent_resources resources;
  agents::successors others;
  notes state;
  agents::turn its;
};

task<std::string> forecast(agent<notes>& self, std::string question) {
  self.state().history.add_user(question);
  auto reply = co_await self.chat("main").system("be brief").messages(self.state().history).tools("get_weather");
  auto send = [&] { return ++self.state().mails; };
  const int mails = co_await self.effect("mail", question, send);
  co_return reply.text + " (" + std::to_string(mails) + ")";
}

tool_ref weather_tool() {
  return make_tool("get_weather", "the weather of a city",
                   [](const weather_query& query) { return query.city == "quito" ? "21" : "unknown city"; });
}

TEST_CASE("an agent thinks, acts and answers, and its history grows", "[agents][agent]") {
  agents::performing_shell shell;
  bench b(shell);
  auto model = std::make_shared<scripted_chat_model>(
      std::vector{calls("get_weather", R"({"city":"quito"})"), says("it is 21 degrees in quito")});
  model->keep_requests();
  b.resources.model("main", model).tool(weather_tool());
  agent<notes> self(b.state, b.its, b.resources, b.others, b.surroundings, {});
  CHECK(b.runner.run(forecast(self, "weather in quito")) == "it is 21 degrees in quito (1)");
  REQUIRE(b.state.history.messages.size() == 4);
  CHECK(b.state.history.messages[2].text == "21");
  CHECK(b.state.history.messages[3].text == "it is 21 degrees in quito");
  REQUIRE(model->requests().size() == 2);
  CHECK(model->requests()[0].messages[0].text == "be brief");
  CHECK(model->requests()[0].tools.at(0).name == "get_weather");
}

TEST_CASE("what a tool refuses is told to the model", "[agents][agent]") {
  agents::performing_shell shell;
  bench b(shell);
  auto model = std::make_shared<scripted_chat_model>(
      std::vector{calls("get_weather", R"({"town":1})"), calls("get_wether", "{}"), says("sorry")});
  model->keep_requests();
  b.resources.model("main", model).tool(weather_tool());
  agent<notes> self(b.state, b.its, b.resources, b.others, b.surroundings, {});
  CHECK(b.runner.run(forecast(self, "weather?")) == "sorry (1)");
  const auto requests = model->requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[1].messages.back().text.find("city") != std::string::npos);
  CHECK(requests[2].messages.back().text.find("get_weather") != std::string::npos);
}

TEST_CASE("a typed answer is repaired by the model, a bounded number of times", "[agents][agent]") {
  agents::performing_shell shell;
  bench b(shell);
  b.resources.model("main",
                    std::make_shared<scripted_chat_model>(std::vector{
                        says("refund, I am sure"), says("```json\n{\"label\":\"refund\",\"confidence\":9}\n```")}));
  agent<notes> self(b.state, b.its, b.resources, b.others, b.surroundings, {});
  const auto classify = [](agent<notes>& its) -> task<std::string> {
    const verdict found = co_await its.chat("main").user("money back!").as<verdict>();
    co_return found.label + std::to_string(found.confidence);
  };
  CHECK(b.runner.run(classify(self)) == "refund9");
  b.resources.model("main", std::make_shared<scripted_chat_model>(
                                [](const chat_request&, std::uint64_t) { return says("no idea"); }));
  CHECK_THROWS_WITH(b.runner.run(classify(self)), Catch::Contains("not what was asked for"));
}

TEST_CASE("a parked turn is written down, destroyed, restored and gone on with", "[agents][agent]") {
  // The first run: a model and a tool answer, then it parks on the mail.
  std::vector<recorded_effect> results;
  const auto resume = [](agents::turn& its, const std::string& value) {
    REQUIRE(its.waiting().size() == 1);
    const agents::pending_effect& effect = *its.waiting().front();
    its.waiting().front()->resume({effect.path(), effect.kind(), effect.name(), effect.key(), false, value});
  };
  struct quiet final : functions::task_end {
    void on_task_end() noexcept override { ended = true; }
    bool ended = false;
  };
  chat_reply wants_tool;
  wants_tool.tool_calls.push_back({"call_1", "get_weather", R"({"city":"quito"})"});
  chat_reply answers;
  answers.text = "it is 21 degrees";
  {
    parking_shell shell;
    bench b(shell, true);
    b.resources.model("main", std::make_shared<scripted_chat_model>(std::vector<scripted_call>{}))
        .tool(weather_tool());
    agent<notes> self(b.state, b.its, b.resources, b.others, b.surroundings, {});
    quiet end;
    functions::task_scope scope(b.runner.loop(), nullptr);
    task<std::string> work = forecast(self, "quito?");
    work.start(scope, end);
    while (b.runner.advance()) {
    }
    resume(b.its, to_json(wants_tool));
    while (b.runner.advance()) {
    }
    resume(b.its, to_json(tool_result{tool_outcome::done, "21"}));
    while (b.runner.advance()) {
    }
    resume(b.its, to_json(answers));
    while (b.runner.advance()) {
    }
    CHECK(shell.seen == std::vector<std::string>{"main@0", "get_weather@1", "main@2", "mail@3"});
    CHECK(b.its.is_parked());
    CHECK_FALSE(end.ended);
    results = b.its.results();
  }
  REQUIRE(results.size() == 3);
  // Written down and read again, as a journal would.
  std::vector<recorded_effect> read = from_json<std::vector<recorded_effect>>(to_json(results)).value();
  {
    parking_shell shell;
    bench b(shell, true);
    b.resources.model("main", std::make_shared<scripted_chat_model>(std::vector<scripted_call>{}))
        .tool(weather_tool());
    b.its.restore(read);
    agent<notes> self(b.state, b.its, b.resources, b.others, b.surroundings, {});
    quiet end;
    functions::task_scope scope(b.runner.loop(), nullptr);
    task<std::string> work = forecast(self, "quito?");
    work.start(scope, end);
    while (b.runner.advance()) {
    }
    CHECK(shell.seen == std::vector<std::string>{"mail@3"});  // nothing is done twice
    resume(b.its, "7");
    while (b.runner.advance()) {
    }
    REQUIRE(end.ended);
    CHECK(work.promise().take() == "it is 21 degrees (7)");
  }
  {
    // An agent that depends on something else than its input, its state and self is found out.
    parking_shell shell;
    bench b(shell, true);
    b.resources.model("main", std::make_shared<scripted_chat_model>(std::vector<scripted_call>{}))
        .tool(weather_tool());
    b.its.restore(read);
    agent<notes> self(b.state, b.its, b.resources, b.others, b.surroundings, {});
    CHECK_THROWS_WITH(b.runner.run(forecast(self, "lima?")), Catch::Contains("diverged"));
  }
}

TEST_CASE("the same events give the same effects, whatever the order of branches", "[agents][agent]") {
  const auto agent_of_branches = [](agent<notes>& self) -> task<std::string> {
    const auto branch = [](agent<notes>& its, std::chrono::milliseconds wait) -> task<std::string> {
      co_await its.sleep_for(wait);
      const std::uint64_t bits = co_await its.random();
      co_return std::to_string(bits);
    };
    auto [a, b] = co_await all(branch(self, 20ms), branch(self, 10ms));
    const std::int64_t now = co_await self.wall_ms();
    co_return a + " " + b + " " + std::to_string(now);
  };
  agents::performing_shell shell;
  bench first(shell, true);
  agent<notes> one(first.state, first.its, first.resources, first.others, first.surroundings, {});
  const std::string came = first.runner.run(agent_of_branches(one));
  std::set<std::string> paths;
  for (const recorded_effect& effect : first.its.results()) paths.insert(effect.path);
  CHECK(paths == std::set<std::string>{"0.0", "0.1", "1.0", "1.1", "2"});
  bench second(shell, true);
  second.its.restore(first.its.results());
  second.runner.time().advance(1'000'000'000'000);
  agent<notes> two(second.state, second.its, second.resources, second.others, second.surroundings, {});
  const nanoseconds begun = second.runner.time().now();
  CHECK(second.runner.run(agent_of_branches(two)) == came);
  CHECK(second.runner.time().now() == begun);  // a restored turn doesn't sleep again
}

}  // namespace
