// Tools that are coroutines: the same to a model as others, beside each other, and gone with their item.
#include "sage/agents/tools/coroutine_tool.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "sage/agents.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

constexpr nanoseconds ms = 1'000'000;

struct nap_query {
  std::string who;
  std::optional<std::uint32_t> wait_ms;
};
SAGE_DESCRIBE(nap_query, who, wait_ms)

struct report {
  std::string who;
  int woke = 0;
};
SAGE_DESCRIBE(report, who, woke)

task<report> nap(const nap_query& q) {
  co_await sleep_for(std::chrono::milliseconds(q.wait_ms.value_or(0)));
  co_return report{q.who, 1};
}

// How many of them are alive.
struct counted {
  explicit counted(int& its) noexcept : number(its) { ++number; }
  ~counted() { --number; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  int& number;
};

// Blocking code that a test runs when it wants to.
class kept_blocking final : public functions::blocking_port {
 public:
  void submit(functions::blocking_job& job) override { jobs.push_back(&job); }
  bool withdraw(functions::blocking_job& job) noexcept override { return !has_begun && std::erase(jobs, &job) > 0; }
  void run_all() {
    for (functions::blocking_job* const one : std::exchange(jobs, {})) one->run();
  }
  std::vector<functions::blocking_job*> jobs;
  bool has_begun = false;
};

struct surroundings {
  explicit surroundings(task_runner& runner) : its("job", "agent", 0, 1, 1, runner.time(), batch_pool::make(), 1) {}
  context its;
};

// What a call of `called` comes to, in virtual time.
tool_result outcome_of(const tool_ref& called, const std::string& arguments) {
  task_runner runner;
  surroundings here(runner);
  return runner.run(run_tool(called, arguments, here.its), &here.its);
}

scripted_call says(std::string text) {
  scripted_call reply;
  reply.text = std::move(text);
  return reply;
}
scripted_call calls(const std::vector<std::pair<std::string, std::string>>& names_and_arguments) {
  scripted_call reply;
  for (const auto& [name, arguments] : names_and_arguments) {
    reply.tool_calls.push_back({"call_" + std::to_string(reply.tool_calls.size()), name, arguments});
  }
  return reply;
}

struct memory {
  chat_history history;
};

// An agent's surroundings, its model and its tools.
struct bench {
  bench(std::vector<scripted_call> replies, const std::vector<tool_ref>& tools,
        std::shared_ptr<functions::blocking_port> blocking = functions::make_inline_blocking())
      : runner(std::move(blocking)), here(runner), its(shell, "c1", 0, false) {
    resources.model("main", std::make_shared<scripted_chat_model>(std::move(replies)));
    for (const tool_ref& one : tools) resources.tool(one);
  }
  task_runner runner;
  surroundings here;
  agent_resources resources;
  agents::successors others;
  memory state;
  agents::performing_shell shell;
  agents::turn its;
  agent<memory> self{state, its, resources, others, here.its, {}};
};

task<std::string> use_both(agent<memory>& self) {
  auto reply = co_await self.chat("main").user("go").messages(self.state().history).tools("first", "second");
  co_return reply.text;
}

}  // namespace

TEST_CASE("a coroutine is described, checked and answered like any other tool", "[agents][tool][coroutine]") {
  const auto plain_nap = [](const nap_query& q) { return report{q.who, 1}; };
  const tool_ref plain = make_tool("nap", "sleeps", plain_nap);
  const tool_ref its = make_tool("nap", "sleeps", nap);
  CHECK(its->execution() == tool_execution::coroutine);
  CHECK(its->describe() == plain->describe());
  const std::vector<std::string> all = {
      R"({"who":"ann"})",       R"({"who":"ann","wait_ms":5})",  "{}", "",  R"({"who":7})",
      R"({"who":"ann","x":1})", R"({"who":"ann","wait_ms":-1})", "[]", "{", std::string(70'000, ' ') + "{}",
      "{\"who\":\"\\ud800\"}"};
  for (const std::string& arguments : all) {
    INFO(arguments.substr(0, 60));
    CHECK(outcome_of(its, arguments) == plain->invoke(arguments));
    CHECK(outcome_of(its, arguments) == outcome_of(plain, arguments));
  }
  CHECK(outcome_of(its, R"({"who":"ann"})").text == R"({"who":"ann","woke":1})");
}

TEST_CASE("a coroutine returns text, nothing, a result, or throws", "[agents][tool][coroutine]") {
  const auto text = []() -> task<std::string> { co_return "words"; };
  const auto nothing = [](const nap_query&) -> task<> { co_await sleep_for(1ms); };
  const auto refuses = [](const nap_query&) -> task<result<std::string>> {
    co_return error(errc::not_found, "nobody here");
  };
  const auto finds = [](const nap_query& q) -> task<result<report>> { co_return report{q.who, 2}; };
  const auto throws = [](const nap_query&) -> task<int> {
    co_await sleep_for(1ms);
    throw std::runtime_error("fell out of bed");
  };
  const auto at_once = [](const nap_query&) -> task<int> { throw std::runtime_error("never got up"); };
  const auto endless = [](const nap_query&) -> task<std::string> { co_return std::string(100, 'z'); };
  const std::string ann = R"({"who":"ann"})";
  CHECK(outcome_of(make_tool("t", "", text), "") == tool_result{tool_outcome::done, "words"});
  CHECK(outcome_of(make_tool("t", "", nothing), ann) == tool_result{tool_outcome::done, "done"});
  CHECK(outcome_of(make_tool("t", "", finds), ann).text == R"({"who":"ann","woke":2})");
  const tool_result refused = outcome_of(make_tool("t", "", refuses), ann);
  CHECK(refused.outcome == tool_outcome::failed);
  CHECK_THAT(refused.text, Contains("nobody here"));
  CHECK(outcome_of(make_tool("t", "", throws), ann).outcome == tool_outcome::failed);
  CHECK_THAT(outcome_of(make_tool("t", "", throws), ann).text, Contains("fell out of bed"));
  CHECK_THAT(outcome_of(make_tool("t", "", at_once), ann).text, Contains("never got up"));
  tool_limits short_ones;
  short_ones.result_bytes_max = 10;
  CHECK_THAT(outcome_of(make_tool("t", "", endless, short_ones), ann).text, Contains("first 10 of 100 bytes"));
}

TEST_CASE("a coroutine may ask for its surroundings or a stop token, as a plain tool may",
          "[agents][tool][coroutine]") {
  const auto where = [](const nap_query& q, context& self) -> task<std::string> {
    co_return q.who + " in " + self.operator_name();
  };
  const auto only_where = [](context& self) -> task<std::string> { co_return self.operator_name(); };
  const auto may_go_on = [](const nap_query&, std::stop_token stop) -> task<bool> {
    co_return stop.stop_possible() && !stop.stop_requested();
  };
  CHECK(outcome_of(make_tool("t", "", where), R"({"who":"ann"})").text == "ann in agent");
  CHECK(outcome_of(make_tool("t", "", only_where), "{}").text == "agent");
  CHECK(outcome_of(make_tool("t", "", may_go_on), R"({"who":"ann"})").text == "true");
}

TEST_CASE("a coroutine that is invoked where it can't wait says what to call", "[agents][tool][coroutine]") {
  const tool_result outcome = make_tool("nap", "sleeps", nap)->invoke(R"({"who":"ann"})");
  CHECK(outcome.outcome == tool_outcome::failed);
  CHECK_THAT(outcome.text, Contains("run_tool"));
  CHECK(make_tool("nap", "sleeps", nap)->invoke("{}").outcome == tool_outcome::refused);
}

TEST_CASE("the coroutines of one step run beside each other and answer in the order of the calls",
          "[agents][tool][coroutine]") {
  bench b({calls({{"first", R"({"who":"ann","wait_ms":300})"}, {"second", R"({"who":"bob","wait_ms":200})"}}),
           says("both slept")},
          {make_tool("first", "", nap), make_tool("second", "", nap)});
  const nanoseconds begun = b.runner.time().now();
  CHECK(b.runner.run(use_both(b.self), &b.here.its) == "both slept");
  CHECK(b.runner.time().now() - begun == 300 * ms);
  const std::vector<chat_message>& said = b.state.history.messages;
  REQUIRE(said.size() == 4);
  CHECK(said[1].text == R"({"who":"ann","woke":1})");
  CHECK(said[2].text == R"({"who":"bob","woke":1})");
}

TEST_CASE("a stop destroys two coroutines that run at once", "[agents][tool][coroutine][cancel]") {
  int alive = 0;
  const auto hang = [&alive](const nap_query&) -> task<std::string> {
    const counted here(alive);
    co_await sleep_for(24h);
    co_return "late";
  };
  bench b({calls({{"first", R"({"who":"ann"})"}, {"second", R"({"who":"bob"})"}})},
          {make_tool("first", "", hang), make_tool("second", "", hang)});
  auto work = b.runner.start(use_both(b.self), &b.here.its);
  b.runner.advance_until([&] { return alive == 2; });
  REQUIRE(alive == 2);
  work.reset();
  CHECK(alive == 0);
  CHECK_FALSE(b.runner.loop().next_timer().has_value());
}

TEST_CASE("a stop destroys a coroutine at once, though a tool beside it still blocks",
          "[agents][tool][coroutine][cancel]") {
  int alive = 0;
  bool was_told = false;
  const auto hang = [&alive](const nap_query&) -> task<std::string> {
    const counted here(alive);
    co_await sleep_for(24h);
    co_return "late";
  };
  const auto block = [&was_told](const nap_query& q, std::stop_token stop) {
    was_told = stop.stop_requested();
    return q.who;
  };
  const auto port = std::make_shared<kept_blocking>();
  bench b({calls({{"first", R"({"who":"ann"})"}, {"second", R"({"who":"bob"})"}})},
          {make_tool("first", "", hang), make_tool("second", "", block, tool_execution::blocking)}, port);
  auto work = b.runner.start(use_both(b.self), &b.here.its);
  b.runner.advance_until([&] { return alive == 1 && port->jobs.size() == 1; });
  REQUIRE(port->jobs.size() == 1);
  port->has_begun = true;  // on a thread that can't be made to leave
  work.reset();
  CHECK(alive == 0);
  CHECK(b.runner.loop().has_retired());
  port->run_all();  // the arguments are still there
  CHECK(was_told);
  b.runner.loop().attend();
  CHECK_FALSE(b.runner.loop().has_retired());
}

TEST_CASE("a coroutine that blocks is kept until that is through, and its token is told",
          "[agents][tool][coroutine][cancel]") {
  int alive = 0;
  bool was_told = false;
  const auto look = [&](const nap_query& q, std::stop_token stop) -> task<std::string> {
    const counted here(alive);
    const auto work = [&] {
      was_told = stop.stop_requested();
      return q.who;
    };
    std::string seen = co_await run_blocking(work);
    co_return seen;
  };
  const auto port = std::make_shared<kept_blocking>();
  task_runner runner(port);
  surroundings here(runner);
  auto work = runner.start(run_tool(make_tool("look", "", look), R"({"who":"ann"})", here.its), &here.its);
  runner.settle();
  REQUIRE(port->jobs.size() == 1);
  port->has_begun = true;
  work.reset();
  CHECK(alive == 1);
  port->run_all();
  CHECK(was_told);
  runner.loop().attend();
  CHECK(alive == 0);
}

TEST_CASE("a tool beyond its time has failed, and the model is told", "[agents][tool][coroutine]") {
  int alive = 0;
  tool_limits limits;
  limits.time_ms_max = 50;
  const auto hang = [&alive](const nap_query&) -> task<std::string> {
    const counted here(alive);
    co_await sleep_for(24h);
    co_return "late";
  };
  bool was_told = false;
  const auto block = [&was_told](const nap_query& q, std::stop_token stop) {
    was_told = stop.stop_requested();
    return q.who;
  };
  const auto port = std::make_shared<kept_blocking>();
  port->has_begun = true;
  bench b({calls({{"first", R"({"who":"ann"})"}, {"second", R"({"who":"bob"})"}}), says("they are late")},
          {make_tool("first", "", hang, limits), make_tool("second", "", block, tool_execution::blocking, limits)},
          port);
  {
    const nanoseconds begun = b.runner.time().now();
    auto work = b.runner.start(use_both(b.self), &b.here.its);
    b.runner.settle();
    REQUIRE(work->is_done());
    CHECK(work->take() == "they are late");
    CHECK(b.runner.time().now() - begun == 50 * ms);
    CHECK(alive == 0);
    CHECK(b.state.history.messages.at(1).text == "the tool failed: no result within 50 ms");
    CHECK(b.state.history.messages.at(2).text == "the tool failed: no result within 50 ms");
  }
  port->run_all();  // long after everybody has gone on
  CHECK(was_told);
  b.runner.loop().attend();
  CHECK_FALSE(b.runner.loop().has_retired());
  limits.time_ms_max = 200;
  CHECK(outcome_of(make_tool("nap", "", nap, limits), R"({"who":"ann","wait_ms":150})").outcome ==
        tool_outcome::done);
}

TEST_CASE("a stopped item takes the coroutines of its agent with it, others go on",
          "[agents][tool][coroutine][cancel]") {
  int alive = 0;
  const auto hang = [&alive](const nap_query& q) -> task<std::string> {
    const counted here(alive);
    co_await sleep_for(std::chrono::milliseconds(q.wait_ms.value_or(0)));
    co_return q.who;
  };
  const auto resources = std::make_shared<agent_resources>();
  const std::string hour = R"({"who":"ann","wait_ms":3600000})";
  resources->model("main", std::make_shared<scripted_chat_model>([hour](const chat_request& asked, std::uint64_t) {
                     return asked.messages.back().role == chat_role::tool
                                ? says("slept")
                                : calls({{"first", hour}, {"second", hour}});
                   }));
  resources->tool(make_tool("first", "", hang)).tool(make_tool("second", "", hang));
  const auto sleeper = [](agent<memory>& self, int) -> task<std::string> {
    std::string text = co_await use_both(self);
    co_return text;
  };
  agent_options options;
  options.deadline = 2h;
  options.resources = resources;
  const sage::testing::asked_requests asked;
  sage::testing::operator_harness<int, std::string> h(sage::testing::declared<int>([&](auto in) {
    return in.key_by([](int x) { return x; }).transform("sleepers", agent_operator(sleeper, options));
  }));
  std::vector<ref<item_scope>> items = {asked.ask(0), asked.ask(1)};
  ref<item_scope> first = items[0];
  h.feed({0, 1}, std::move(items));
  REQUIRE(alive == 4);
  CHECK(first->stop(stop_reason::user));
  first.reset();
  h.wake();
  CHECK(alive == 2);
  CHECK(asked.outcome(0).ends() == 1);
  CHECK(h.fates().gone == 1);
  h.finish();
  CHECK(h.records() == std::vector<std::string>{"slept"});
  CHECK(alive == 0);
}
