// The gate of an endpoint in front of models, in virtual time.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sage/functions/tasks/completion.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/llm/models/wrappers.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/scripted_failures.hpp"

namespace {

using namespace sage;
using namespace sage::test;
using namespace std::chrono_literals;
using llm::endpoint_gate;
using llm::provider_failure;
using sage::testing::scripted_call;
using sage::testing::scripted_chat_model;
using sage::testing::task_runner;

constexpr nanoseconds second = 1'000'000'000;

llm::endpoint_limits of_at_most(std::uint32_t in_flight) {
  llm::endpoint_limits limits;
  limits.concurrency.in_flight_start = in_flight;
  limits.concurrency.in_flight_max = in_flight;
  return limits;
}

// A model behind a gate.
struct gated {
  gated(llm::endpoint_limits limits, scripted_chat_model::script script)
      : inner(std::make_shared<scripted_chat_model>(std::move(script))),
        gate(std::make_shared<endpoint_gate>(limits)),
        model(limited_model(inner, gate, std::make_shared<llm::estimating_tokenizer>())) {}
  std::shared_ptr<scripted_chat_model> inner;
  std::shared_ptr<endpoint_gate> gate;
  chat_model_ref model;
};

auto takes(std::chrono::milliseconds delay) {
  return [delay](const chat_request&, std::uint64_t) { return says("ok", delay); };
}

using asked = std::unique_ptr<sage::testing::started_task<std::string>>;

TEST_CASE("no more calls are in flight than the gate lets through, and all are served", "[llm][models][gate]") {
  task_runner runner;
  gated its(of_at_most(2), takes(1000ms));
  std::vector<asked> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(runner.start(ask(*its.model, "hi")));
  const nanoseconds begun = runner.time().now();
  std::int64_t most = 0;
  while (runner.advance()) most = std::max(most, its.inner->running());
  CHECK(most == 2);
  CHECK(runner.time().now() - begun == 3 * second);
  CHECK(std::all_of(calls.begin(), calls.end(), [](const asked& one) { return one->is_done(); }));
  CHECK(its.gate->waiting() == 0);
  CHECK(its.gate->in_flight() == 0);
}

TEST_CASE("those who wait are served after a pause, though nobody is left who could wake them",
          "[llm][models][gate]") {
  task_runner runner;
  gated its(of_at_most(1), [](const chat_request&, std::uint64_t call) {
    return call == 0 ? fails(problem_of(provider_failure::throttled, true, 5000), 100ms) : says("ok", 100ms);
  });
  const auto refused_one = runner.start(ask(*its.model, "hi"));
  const auto waiting = runner.start(ask(*its.model, "hi"));
  const auto behind = runner.start(ask(*its.model, "hi"));
  const nanoseconds begun = runner.time().now();
  runner.settle();
  CHECK(refused_one->failed());
  REQUIRE(waiting->is_done());
  CHECK(waiting->take() == "ok");
  REQUIRE(behind->is_done());
  CHECK(runner.time().now() - begun == 5 * second + 3 * second / 10);
}

TEST_CASE("the one who watches the time may be stopped: another takes over", "[llm][models][gate]") {
  task_runner runner;
  gated its(of_at_most(1), [](const chat_request&, std::uint64_t call) {
    return call == 0 ? fails(problem_of(provider_failure::throttled, true, 5000)) : says("ok", 100ms);
  });
  const auto first = runner.start(ask(*its.model, "hi"));
  std::vector<asked> waiting;
  for (int i = 0; i < 4; ++i) waiting.push_back(runner.start(ask(*its.model, "hi")));
  for (int i = 0; i < 4; ++i) runner.advance();
  REQUIRE(first->failed());
  // Each in turn may have been the one; the last is left.
  for (int i = 0; i < 3; ++i) {
    waiting[static_cast<std::size_t>(i)].reset();
    runner.loop().attend();
  }
  runner.settle();
  REQUIRE(waiting.back()->is_done());
  CHECK(waiting.back()->take() == "ok");
  CHECK(its.gate->waiting() == 0);
}

TEST_CASE("a stop gives the place back, waiting or in flight", "[llm][models][gate][cancel]") {
  task_runner runner;
  gated its(of_at_most(1), [](const chat_request&, std::uint64_t call) {
    return call == 0 ? says("never", 24h) : says("ok", 100ms);
  });
  asked hanging = runner.start(ask(*its.model, "hi"));
  asked waiting = runner.start(ask(*its.model, "hi"));
  const auto last = runner.start(ask(*its.model, "hi"));
  runner.advance();
  CHECK(its.gate->in_flight() == 1);
  CHECK(its.gate->waiting() == 2);
  waiting.reset();
  CHECK(its.gate->waiting() == 1);
  hanging.reset();
  CHECK(its.inner->running() == 0);
  const nanoseconds begun = runner.time().now();
  runner.settle();
  REQUIRE(last->is_done());
  // The provider takes a moment to see that we hung up: the place is free after it.
  CHECK(runner.time().now() - begun == second / 4 + second / 10);
  CHECK(its.gate->in_flight() == 0);
}

TEST_CASE("a time-out around a call behind the gate gives its place back", "[llm][models][gate][cancel]") {
  task_runner runner;
  gated its(of_at_most(1), takes(24h));
  const auto impatient = [&its]() -> task<int> {
    int late = 0;
    for (int i = 0; i < 3; ++i) {
      try {
        co_await with_timeout(ask(*its.model, "hi"), 1s);
      } catch (const error& problem) {
        late += problem.code() == errc::timeout ? 1 : 0;
      }
    }
    co_return late;
  };
  CHECK(runner.run(impatient()) == 3);
  CHECK(its.gate->in_flight() == 0);
  CHECK(its.gate->waiting() == 0);
}

TEST_CASE("calls beyond what may wait are refused, and say so", "[llm][models][gate]") {
  task_runner runner;
  llm::endpoint_limits limits = of_at_most(1);
  limits.waiting_max = 3;
  limits.waiting_per_tenant_max = 2;
  gated its(limits, takes(1000ms));
  requester ours(runner, "us"), theirs(runner, "them"), others(runner, "others");
  std::vector<asked> kept;
  const auto start = [&](requester& who) {
    kept.push_back(runner.start(ask(*its.model, "hi"), who.self()));
    runner.advance();
    return std::ref(*kept.back());
  };
  for (int i = 0; i < 3; ++i) start(ours);  // one in flight, two wait
  auto& fourth = start(ours).get();
  REQUIRE(fourth.failed());
  CHECK_THROWS_WITH(fourth.take(), Catch::Contains("this tenant"));
  CHECK_FALSE(start(theirs).get().failed());
  auto& sixth = start(others).get();
  REQUIRE(sixth.failed());
  CHECK_THROWS_WITH(sixth.take(), Catch::Contains("too many calls wait"));
  runner.settle();
  CHECK(its.inner->calls() == 4);
  CHECK(its.gate->waiting() == 0);
}

TEST_CASE("a call that may not wait is taken over by a fallback, and not held against the endpoint",
          "[llm][models][gate][fallback]") {
  task_runner runner;
  llm::endpoint_limits limits = of_at_most(1);
  limits.waiting_max = 1;
  gated its(limits, takes(1000ms));
  llm::breaker_settings touchy;
  touchy.calls_min = 1;
  const chat_model_ref guarded = breaking_model(its.model, touchy);
  const auto spare = std::make_shared<scripted_chat_model>(
      [](const chat_request&, std::uint64_t) { return says("by the other one"); });
  const chat_model_ref chain = fallback_model({guarded, spare});
  const auto running = runner.start(ask(*chain, "hi"));
  runner.advance();
  const auto waiting = runner.start(ask(*chain, "hi"));
  runner.advance();
  for (int i = 0; i < 5; ++i) {
    try {
      runner.run(ask(*guarded, "hi"));
      FAIL("one waits already");
    } catch (const llm::model_error& full) {
      CHECK(full.details().failure == provider_failure::crowded);
      CHECK(full.code() == errc::limit);
    }
  }
  CHECK(runner.run(ask(*chain, "hi")) == "by the other one");
  runner.settle();
  CHECK(running->take() == "ok");
  CHECK(waiting->take() == "ok");
  CHECK(runner.run(ask(*guarded, "hi")) == "ok");
  // Without another model it may be tried again when the line is shorter.
  const auto first = runner.start(ask(*its.model, "hi")), second = runner.start(ask(*its.model, "hi"));
  runner.advance();
  CHECK(runner.run(ask(*retrying_model(its.model), "hi")) == "ok");
}

TEST_CASE("a rate of ours spreads calls over time", "[llm][models][gate]") {
  task_runner runner;
  llm::endpoint_limits limits = of_at_most(100);
  limits.requests_per_minute_max = 60;
  gated its(limits, takes(0ms));
  const auto many = [&its](int count) -> task<> {
    std::vector<task<std::string>> all_of_them;
    for (int i = 0; i < count; ++i) all_of_them.push_back(ask(*its.model, "hi"));
    co_await all(std::move(all_of_them));
  };
  const nanoseconds begun = runner.time().now();
  runner.run(many(180));
  const nanoseconds wait = runner.time().now() - begun;
  CHECK(wait >= 170 * second);  // little may come at once
  CHECK(wait <= 200 * second);
}

TEST_CASE("tenants share the gate evenly", "[llm][models][gate]") {
  task_runner runner;
  gated its(of_at_most(2), takes(100ms));
  requester loud(runner, "loud"), quiet(runner, "quiet");
  std::vector<asked> first, second_ones;
  for (int i = 0; i < 100; ++i) first.push_back(runner.start(ask(*its.model, "hi"), loud.self()));
  for (int i = 0; i < 20; ++i) second_ones.push_back(runner.start(ask(*its.model, "hi"), quiet.self()));
  const auto is_done = [](const asked& one) { return one->is_done(); };
  runner.advance_until([&] { return std::all_of(second_ones.begin(), second_ones.end(), is_done); });
  const auto served = std::count_if(first.begin(), first.end(), is_done);
  CHECK(served >= 17);
  CHECK(served <= 25);
}

// A loop with a thread of its own that sleeps until it is rung. What runs on it needs no timers.
class ringing_loop final : public waker, public std::enable_shared_from_this<ringing_loop> {
 public:
  void wake() noexcept override {
    {
      const std::lock_guard lock(mutex_);
      rung_ = true;
    }
    changed_.notify_one();
  }
  [[nodiscard]] bool stop_requested() const noexcept override { return false; }

  template <class Make>
  void run(Make make) {
    sage::testing::manual_clock time;
    functions::task_loop loop(time, shared_from_this(), functions::make_inline_blocking());
    sage::testing::started_task<void> work(loop, make(), nullptr);
    while (!work.is_done()) {
      loop.attend();
      if (loop.has_ready()) {
        loop.run(64);
        continue;
      }
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return rung_; });
      rung_ = false;
    }
    work.take();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool rung_ = false;
};

// Goes through the loop's inbox before it answers, so that calls overlap.
class overlapping_model final : public chat_model {
 public:
  task<chat_reply> chat(const chat_request&, chat_observer*) override {
    const std::int64_t now = ++running_;
    std::int64_t most = most_;
    while (most < now && !most_.compare_exchange_weak(most, now)) {
    }
    ++calls_;
    pending<int> turn;
    turn.make_completion().set(1);
    co_await turn;
    for (int i = 0; i < 3; ++i) co_await sleep_for(0ms);
    --running_;
    chat_reply reply;
    reply.text = "ok";
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "overlapping"; }
  std::atomic<std::int64_t> running_{0}, most_{0}, calls_{0};
};

TEST_CASE("loops on several threads share one gate and wake each other", "[llm][models][gate][threads]") {
  constexpr int threads = 4, calls_each = 3000;
  const auto inner = std::make_shared<overlapping_model>();
  const auto gate = std::make_shared<endpoint_gate>(of_at_most(8));
  const chat_model_ref model = limited_model(inner, gate, std::make_shared<llm::estimating_tokenizer>());
  const auto work = [model]() -> task<> {
    const auto ask_often = [](chat_model& its) -> task<int> {
      for (int i = 0; i < calls_each / 30; ++i) {
        std::string text = co_await ask(its, "hi");
        if (text != "ok") co_return 0;
      }
      co_return 1;
    };
    std::vector<task<int>> agents;
    for (int i = 0; i < 30; ++i) agents.push_back(ask_often(*model));
    const std::vector<int> fine = co_await all(std::move(agents));
    if (std::count(fine.begin(), fine.end(), 1) != 30) throw error(errc::internal, "an answer is missing");
  };
  std::vector<std::thread> all_threads;
  std::atomic<int> failed{0};
  for (int i = 0; i < threads; ++i) {
    all_threads.emplace_back([&] {
      try {
        std::make_shared<ringing_loop>()->run(work);
      } catch (...) {
        ++failed;
      }
    });
  }
  for (std::thread& one : all_threads) one.join();
  CHECK(failed == 0);
  CHECK(inner->calls_ == threads * calls_each);
  CHECK(inner->most_ <= 8);
  CHECK(gate->in_flight() == 0);
  CHECK(gate->waiting() == 0);
}

}  // namespace
