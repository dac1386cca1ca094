// Budgets in front of models, in virtual time.
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/tasks/waiting.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/scripted_failures.hpp"

namespace {

using namespace sage;
using namespace sage::test;
using namespace std::chrono_literals;
using llm::provider_failure;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

auto takes(std::chrono::milliseconds delay) {
  return [delay](const chat_request&, std::uint64_t) { return says("ok", delay); };
}

struct budgeted {
  explicit budgeted(const llm::budget_settings& settings, scripted_chat_model::script script)
      : budget(std::make_shared<budget_port>(settings)),
        inner(std::make_shared<scripted_chat_model>(std::move(script))),
        model(budgeted_model(inner, budget, std::make_shared<llm::estimating_tokenizer>())) {}
  std::shared_ptr<budget_port> budget;
  std::shared_ptr<scripted_chat_model> inner;
  chat_model_ref model;
};

llm::budget_settings calls_per_conversation(std::uint64_t calls) {
  llm::budget_settings settings;
  settings.conversation.calls_max = calls;
  return settings;
}

TEST_CASE("over its budget a conversation is refused by name, and its siblings go on", "[llm][models][budget]") {
  task_runner runner;
  budgeted its(calls_per_conversation(2), takes(0ms));
  requester one(runner, "r1", "c1", "us"), other(runner, "r2", "c2", "us");
  for (int i = 0; i < 2; ++i) CHECK(runner.run(ask(*its.model, "hi"), one.self()) == "ok");
  try {
    runner.run(ask(*its.model, "hi"), one.self());
    FAIL("the budget is used up");
  } catch (const error& refusal) {
    CHECK(refusal.code() == errc::limit);
    CHECK(std::string(refusal.what()).find("the budget of conversation 'c1' is used up") != std::string::npos);
  }
  CHECK(runner.run(ask(*its.model, "hi"), other.self()) == "ok");
  CHECK(its.inner->calls() == 3);
  CHECK(its.budget->spent(llm::budget::level::tenant, "us").calls == 3);
  // A refusal is final: neither retries nor fallbacks spend anything on it.
  const auto spare = std::make_shared<scripted_chat_model>(takes(0ms));
  const chat_model_ref stubborn = fallback_model({retrying_model(its.model), spare});
  CHECK_THROWS_WITH(runner.run(ask(*stubborn, "hi"), one.self()), Catch::Contains("used up"));
  CHECK(spare->calls() == 0);
}

// Shows words, one each 10 ms, as many times as it is asked, then breaks off; the last time it goes to its end.
class breaking_off final : public chat_model {
 public:
  breaking_off(int words, std::vector<bool> breaks) : words_(words), breaks_(std::move(breaks)) {}
  task<chat_reply> chat(const chat_request&, chat_observer* observer) override {
    const bool breaks = breaks_.at(static_cast<std::size_t>(calls++));
    for (int i = 0; i < words_; ++i) {
      co_await sleep_for(10ms);
      chat_delta word;
      word.text = "word ";
      if (observer) observer->on_delta(word);
    }
    if (breaks) throw llm::model_error(problem_of(provider_failure::cut, true), "breaking_off");
    chat_reply reply;
    reply.text = "words";
    reply.usage.input_tokens = 100;
    reply.usage.output_tokens = 1000;
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "breaking_off"; }
  int calls = 0;

 private:
  int words_;
  std::vector<bool> breaks_;
};

TEST_CASE("what was streamed before a failure or a stop is paid for", "[llm][models][budget]") {
  constexpr int words = 400;  // of one token each
  const auto tokens = std::make_shared<llm::estimating_tokenizer>();
  const std::uint64_t input = llm::count_tokens(*tokens, asking("hi"));
  REQUIRE(input > 0);
  const auto budget = std::make_shared<budget_port>(llm::budget_settings{});
  const auto spent = [&] { return budget->spent(llm::budget::level::tenant, "us"); };
  const auto model_of = [&](std::vector<bool> breaks) {
    return budgeted_model(std::make_shared<breaking_off>(words, std::move(breaks)), budget, tokens);
  };
  task_runner runner;
  requester us(runner, "us");
  std::uint64_t before = 0;
  const auto paid = [&] {
    CHECK(spent().reserved == 0);
    return spent().tokens - std::exchange(before, spent().tokens);
  };
  const std::uint64_t slack = words / 50;

  SECTION("a failure in mid-answer") {
    keeping_observer seen;
    CHECK_THROWS_AS(runner.run(ask(*model_of({true}), "hi", &seen), us.self()), llm::model_error);
    const std::uint64_t its = paid();
    CHECK(its >= input + words);
    CHECK(its <= input + words + slack);
    CHECK(spent().calls == 1);
  }
  SECTION("a stop in mid-answer") {
    const chat_model_ref model = model_of({false});
    keeping_observer seen;
    {
      const auto stopped = runner.start(ask(*model, "hi", &seen), us.self());
      runner.advance_until([&] { return seen.pieces == 100; });
    }
    const std::uint64_t its = paid();
    CHECK(its >= input + 100);
    CHECK(its <= input + 100 + slack);
  }
  SECTION("an attempt that was void, beside the one that was not") {
    const chat_model_ref model = budgeted_model(
        retrying_model(std::make_shared<breaking_off>(words, std::vector{true, false})), budget, tokens);
    keeping_observer seen;
    CHECK(runner.run(ask(*model, "hi", &seen), us.self()) == "words");
    const std::uint64_t its = paid();
    CHECK(its >= input + words + 1100);
    CHECK(its <= input + words + 1100 + slack);
    CHECK(seen.restarts == 1);
  }
  SECTION("what nobody has looked at, or that hadn't begun, is given back") {
    CHECK_THROWS_AS(runner.run(ask(*model_of({true}), "hi"), us.self()), llm::model_error);
    CHECK(paid() == 0);
    const chat_model_ref model = model_of({false});
    keeping_observer seen;
    { const auto stopped = runner.start(ask(*model, "hi", &seen), us.self()); }
    CHECK(paid() == 0);
    CHECK(spent().calls == 0);
  }
}

TEST_CASE("what failed or was stopped before its answer began is given back to the budget", "[llm][models][budget]") {
  task_runner runner;
  llm::budget_settings settings = calls_per_conversation(1);
  settings.tenant.tokens_max = 1000;
  budgeted its(settings, [](const chat_request&, std::uint64_t call) {
    return call == 0 ? fails(overloaded()) : call == 1 ? says("never", 24h) : says("ok");
  });
  requester one(runner, "r1", "c1", "us");
  const auto spent = [&] { return its.budget->spent(llm::budget::level::tenant, "us"); };
  CHECK_THROWS_AS(runner.run(ask(*its.model, "hi"), one.self()), llm::model_error);
  CHECK(spent().calls == 0);
  {
    const auto stopped = runner.start(ask(*its.model, "hi"), one.self());
    runner.advance();
    CHECK(spent().reserved > 0);
  }
  CHECK(spent().reserved == 0);
  CHECK(spent().calls == 0);
  CHECK(runner.run(ask(*its.model, "hi"), one.self()) == "ok");
  CHECK(spent().calls == 1);
  CHECK(spent().tokens == 2);  // what the model said it used, not what was reserved
  CHECK_THROWS_WITH(runner.run(ask(*its.model, "hi"), one.self()), Catch::Contains("conversation 'c1'"));
}

}  // namespace
