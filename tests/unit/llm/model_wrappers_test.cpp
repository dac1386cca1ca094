// Models around models, in virtual time: retries, breaker, fallback, hedge and cache.
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "sage/functions/tasks/join.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/scripted_failures.hpp"

namespace {

using namespace sage;
using namespace sage::test;
using namespace std::chrono_literals;
using llm::provider_failure;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

constexpr nanoseconds second = 1'000'000'000;

std::shared_ptr<scripted_chat_model> scripted(std::vector<scripted_call> calls, std::string name = "scripted") {
  return std::make_shared<scripted_chat_model>(std::move(calls), std::move(name));
}
std::shared_ptr<scripted_chat_model> always(scripted_call call, std::string name = "scripted") {
  return std::make_shared<scripted_chat_model>([call](const chat_request&, std::uint64_t) { return call; },
                                               std::move(name));
}

// How long `ask` takes, in virtual time.
template <class Ask>
nanoseconds took(task_runner& runner, Ask ask) {
  const nanoseconds begun = runner.time().now();
  ask();
  return runner.time().now() - begun;
}

TEST_CASE("what may succeed later is asked again, with jitter, and an observer is told", "[llm][models][retry]") {
  task_runner runner;
  const auto inner = scripted({fails(overloaded()), fails(overloaded()), says("there you are")});
  const chat_model_ref model = retrying_model(inner);
  keeping_observer seen;
  const nanoseconds wait = took(runner, [&] { CHECK(runner.run(ask(*model, "hi", &seen)) == "there you are"); });
  CHECK(inner->calls() == 3);
  CHECK(wait > 0);
  CHECK(wait <= second / 2 + second);  // at most 500 ms, then at most 1 s
  CHECK(seen.restarts == 2);
  CHECK(seen.text == "there you are");
  CHECK(model->name() == "scripted");

  // Those that failed together don't come back together.
  std::vector<nanoseconds> waits;
  for (const std::uint64_t seed : {1, 2, 3}) {
    requester who(runner, "", "", "", seed);
    const chat_model_ref again = retrying_model(scripted({fails(overloaded()), says("ok")}));
    waits.push_back(took(runner, [&] { CHECK(runner.run(ask(*again, "hi"), who.self()) == "ok"); }));
  }
  CHECK(waits[0] != waits[1]);
  CHECK(waits[1] != waits[2]);
}

TEST_CASE("a retry never comes before Retry-After, and not at all when that is absurd", "[llm][models][retry]") {
  task_runner runner;
  const auto later = [](std::int64_t ms) { return problem_of(provider_failure::throttled, true, ms); };
  const chat_model_ref patient = retrying_model(scripted({fails(later(7000)), says("ok")}));
  const nanoseconds wait = took(runner, [&] { CHECK(runner.run(ask(*patient, "hi")) == "ok"); });
  CHECK(wait >= 7 * second);
  CHECK(wait <= 7 * second + second / 2);

  const auto inner = always(fails(later(600'000)));
  const chat_model_ref absurd = retrying_model(inner);
  CHECK(took(runner, [&] { CHECK_THROWS_AS(runner.run(ask(*absurd, "hi")), llm::model_error); }) == 0);
  CHECK(inner->calls() == 1);
}

TEST_CASE("what can't succeed later is asked once, and retries end", "[llm][models][retry]") {
  task_runner runner;
  const auto wrong = always(fails(refused()));
  CHECK_THROWS_WITH(runner.run(ask(*retrying_model(wrong), "hi")), Catch::Contains("refused by the script"));
  CHECK(wrong->calls() == 1);

  const auto down = always(fails(overloaded()));
  llm::backoff_settings settings;
  settings.retries_max = 3;
  CHECK_THROWS_AS(runner.run(ask(*retrying_model(down, settings), "hi")), llm::model_error);
  CHECK(down->calls() == 4);
}

TEST_CASE("what was shown and can't be taken back is not tried again", "[llm][models][retry]") {
  // Shows a word and breaks off, once.
  class breaking_off final : public chat_model {
   public:
    task<chat_reply> chat(const chat_request&, chat_observer* observer) override {
      const bool breaks = ++calls == 1;
      chat_delta word;
      word.text = "word";
      if (observer) observer->on_delta(word);
      if (breaks) throw llm::model_error(problem_of(provider_failure::cut, true), "breaking_off");
      chat_reply reply;
      reply.text = "word";
      co_return reply;
    }
    [[nodiscard]] std::string_view name() const noexcept override { return "breaking_off"; }
    int calls = 0;
  };
  struct printed final : chat_observer {
    void on_delta(const chat_delta& piece) override { text += piece.text; }
    [[nodiscard]] bool takes_back() const override { return false; }
    std::string text;
  };
  task_runner runner;
  for (const bool by_fallback : {false, true}) {
    const auto inner = std::make_shared<breaking_off>();
    const chat_model_ref model = by_fallback ? fallback_model({inner, inner}) : retrying_model(inner);
    printed paper;
    CHECK_THROWS_AS(runner.run(ask(*model, "hi", &paper)), llm::model_error);
    CHECK(paper.text == "word");
    CHECK(inner->calls == 1);
    inner->calls = 0;
    keeping_observer board;
    CHECK(runner.run(ask(*model, "hi", &board)) == "word");
    CHECK(board.text == "word");
    CHECK(inner->calls == 2);
  }
}

TEST_CASE("a breaker opens, probes one call at a time, and closes", "[llm][models][breaker]") {
  task_runner runner;
  bool is_up = false;
  const auto inner = std::make_shared<scripted_chat_model>(
      [&is_up](const chat_request&, std::uint64_t) { return is_up ? says("up", 10ms) : fails(overloaded(), 10ms); });
  llm::breaker_settings settings;
  settings.calls_min = 4;
  const chat_model_ref model = breaking_model(inner, settings);
  for (int i = 0; i < 4; ++i) CHECK_THROWS_AS(runner.run(ask(*model, "hi")), llm::model_error);
  CHECK(inner->calls() == 4);
  try {
    runner.run(ask(*model, "hi"));
    FAIL("an open breaker lets nobody through");
  } catch (const llm::model_error& open) {
    CHECK(open.details().retryable);
    CHECK(open.details().retry_after_ms.value_or(0) > 0);
    CHECK(open.details().retry_after_ms.value_or(0) <= 1000);
    CHECK(std::string(open.what()).find("left alone") != std::string::npos);
  }
  CHECK(inner->calls() == 4);

  // A stopped probe has taught nothing, and gives its permit back.
  runner.time().advance(second);
  {
    const auto probe = runner.start(ask(*model, "hi"));
    runner.advance();
    CHECK(inner->calls() == 5);
    CHECK_THROWS_AS(runner.run(ask(*model, "beside it")), llm::model_error);
    CHECK(inner->calls() == 5);
  }
  CHECK(inner->running() == 0);
  is_up = true;
  CHECK(runner.run(ask(*model, "hi")) == "up");
  CHECK(runner.run(ask(*model, "hi")) == "up");
  CHECK(inner->calls() == 7);
}

TEST_CASE("a breaker doesn't hold refused requests against its endpoint", "[llm][models][breaker]") {
  task_runner runner;
  const auto inner = always(fails(refused()));
  llm::breaker_settings settings;
  settings.calls_min = 2;
  const chat_model_ref model = breaking_model(inner, settings);
  for (int i = 0; i < 20; ++i) CHECK_THROWS_WITH(runner.run(ask(*model, "hi")), Catch::Contains("refused"));
  CHECK(inner->calls() == 20);
}

TEST_CASE("a fallback asks the next model, unless no model would do better", "[llm][models][fallback]") {
  task_runner runner;
  SECTION("the next one takes over, and an observer starts anew") {
    const auto bad_key = always(fails(problem_of(provider_failure::unauthorized, false)));
    const auto down = always(fails(overloaded()));
    keeping_observer seen;
    const chat_model_ref model = fallback_model({down, bad_key, always(says("third"))});
    CHECK(runner.run(ask(*model, "hi", &seen)) == "third");
    CHECK(seen.restarts == 2);
    CHECK(seen.text == "third");
  }
  SECTION("a request that makes no sense goes no further") {
    const auto spare = always(says("never"));
    const chat_model_ref model = fallback_model({always(fails(refused())), spare});
    CHECK_THROWS_WITH(runner.run(ask(*model, "hi")), Catch::Contains("refused"));
    CHECK(spare->calls() == 0);
  }
  SECTION("what isn't the provider's doing goes no further") {
    scripted_call broke;
    broke.failure = error(errc::limit, "the budget is used up");
    const auto spare = always(says("never"));
    const chat_model_ref model = fallback_model({always(broke), spare});
    CHECK_THROWS_WITH(runner.run(ask(*model, "hi")), Catch::Contains("budget"));
    CHECK(spare->calls() == 0);
  }
  SECTION("the last failure comes through") {
    const chat_model_ref model =
        fallback_model({always(fails(overloaded())), always(fails(problem_of(provider_failure::cut, true)))});
    CHECK_THROWS_WITH(runner.run(ask(*model, "hi")), Catch::Contains("by the script"));
  }
  CHECK_THROWS_AS(fallback_model({}), error);
}

TEST_CASE("a hedged call asks the second model after the wait and stops the loser", "[llm][models][hedge]") {
  task_runner runner;
  SECTION("the first is slow") {
    const auto slow = always(says("slow", 10s));
    const auto quick = always(says("quick", 1s));
    const chat_model_ref model = hedged_model(slow, quick, 2s);
    CHECK(took(runner, [&] { CHECK(runner.run(ask(*model, "hi")) == "quick"); }) == 3 * second);
    CHECK(slow->running() == 0);
    CHECK(quick->calls() == 1);
  }
  SECTION("the first answers in time") {
    const auto second_model = always(says("never"));
    const chat_model_ref model = hedged_model(always(says("first", 1s)), second_model, 2s);
    CHECK(took(runner, [&] { CHECK(runner.run(ask(*model, "hi")) == "first"); }) == second);
    CHECK(second_model->calls() == 0);
  }
  SECTION("the first answers after all, before the second") {
    const auto second_model = always(says("late", 10s));
    const chat_model_ref model = hedged_model(always(says("first", 3s)), second_model, 2s);
    CHECK(runner.run(ask(*model, "hi")) == "first");
    CHECK(second_model->calls() == 1);
    CHECK(second_model->running() == 0);
  }
  SECTION("the first fails: the second is asked at once") {
    const chat_model_ref model = hedged_model(always(fails(overloaded(), 100ms)), always(says("saved", 1s)), 1h);
    CHECK(took(runner, [&] { CHECK(runner.run(ask(*model, "hi")) == "saved"); }) == second + second / 10);
  }
  SECTION("both fail") {
    const chat_model_ref model = hedged_model(always(fails(overloaded())), always(fails(refused())), 2s);
    CHECK_THROWS_AS(runner.run(ask(*model, "hi")), llm::model_error);
  }
  SECTION("no other model would do better") {
    const auto spare = always(says("never"));
    const chat_model_ref model = hedged_model(always(fails(refused())), spare, 2s);
    CHECK(took(runner, [&] { CHECK_THROWS_WITH(runner.run(ask(*model, "hi")), Catch::Contains("refused")); }) == 0);
    CHECK(spare->calls() == 0);
  }
  SECTION("an observed call goes to the first alone") {
    const auto spare = always(says("never"));
    const chat_model_ref model = hedged_model(always(says("slow", 10s)), spare, 2s);
    keeping_observer seen;
    CHECK(runner.run(ask(*model, "hi", &seen)) == "slow");
    CHECK(spare->calls() == 0);
  }
}

TEST_CASE("a cache answers what was asked exactly so before, per tenant", "[llm][models][cache]") {
  task_runner runner;
  const auto inner = std::make_shared<scripted_chat_model>(
      [](const chat_request&, std::uint64_t call) { return says("answer " + std::to_string(call)); });
  const chat_model_ref model = cached_model(inner);
  requester ours(runner, "us");
  requester theirs(runner, "them");
  CHECK(runner.run(ask(*model, "hi", nullptr, 0.0), ours.self()) == "answer 0");
  CHECK(runner.run(ask(*model, "hi", nullptr, 0.0), ours.self()) == "answer 0");
  keeping_observer seen;
  CHECK(runner.run(ask(*model, "hi", &seen, 0.0), ours.self()) == "answer 0");
  CHECK(seen.text == "answer 0");
  CHECK(inner->calls() == 1);
  CHECK(runner.run(ask(*model, "hi", nullptr, 0.0), theirs.self()) == "answer 1");
  CHECK(runner.run(ask(*model, "hi!", nullptr, 0.0), ours.self()) == "answer 2");
  // What is asked with chance in it is asked again.
  CHECK(runner.run(ask(*model, "hi"), ours.self()) == "answer 3");
  CHECK(runner.run(ask(*model, "hi"), ours.self()) == "answer 4");
  CHECK(runner.run(ask(*model, "hi", nullptr, 0.5), ours.self()) == "answer 5");
}

TEST_CASE("a failure isn't cached", "[llm][models][cache]") {
  task_runner runner;
  const auto inner = scripted({fails(overloaded()), says("better now")});
  const chat_model_ref model = cached_model(inner);
  CHECK_THROWS_AS(runner.run(ask(*model, "hi", nullptr, 0.0)), llm::model_error);
  CHECK(runner.run(ask(*model, "hi", nullptr, 0.0)) == "better now");
  CHECK(runner.run(ask(*model, "hi", nullptr, 0.0)) == "better now");
  CHECK(inner->calls() == 2);
}

}  // namespace
