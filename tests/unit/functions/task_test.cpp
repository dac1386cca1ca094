// Coroutines on their loop: what they return, what they wait for, and that nothing of a stopped one is left.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/completion.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/testing/task_runner.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using namespace std::chrono_literals;
using sage::testing::task_runner;

struct counted {
  explicit counted(int& alive) : alive_(&alive) { ++*alive_; }
  counted(const counted& other) : alive_(other.alive_) { ++*alive_; }
  counted& operator=(const counted&) = delete;
  ~counted() { --*alive_; }
  int* alive_;
};

task<int> immediate(int value) {
  co_return value;
}
task<int> later(std::chrono::milliseconds wait, int value) {
  co_await sleep_for(wait);
  co_return value;
}
task<int> failing(std::chrono::milliseconds wait) {
  co_await sleep_for(wait);
  throw std::runtime_error("no luck");
}

TEST_CASE("a task returns a value, nothing, or an exception to whoever awaits it", "[functions][task]") {
  task_runner runner;
  const auto outer = []() -> task<std::string> {
    const int a = co_await immediate(20);
    const int b = co_await later(5ms, 22);
    co_return std::to_string(a + b);
  };
  CHECK(runner.run(outer()) == "42");
  CHECK_THROWS_WITH(runner.run(failing(1ms)), "no luck");
}

TEST_CASE("a million immediate completions grow no stack", "[functions][task]") {
  task_runner runner;
  const auto many = []() -> task<long> {
    long sum = 0;
    for (int i = 0; i < 1'000'000; ++i) sum += co_await immediate(1);
    co_return sum;
  };
  CHECK(runner.run(many()) == 1'000'000);
}

TEST_CASE("sleeping costs virtual time only", "[functions][task]") {
  task_runner runner;
  const nanoseconds begun = runner.time().now();
  CHECK(runner.run(later(std::chrono::hours(10), 7)) == 7);
  CHECK(runner.time().now() - begun == std::int64_t{36'000} * 1'000'000'000);
}

TEST_CASE("all waits for every task and keeps their order", "[functions][task]") {
  task_runner runner;
  const auto joined = []() -> task<std::vector<int>> {
    std::vector<task<int>> tasks;
    tasks.push_back(later(30ms, 1));
    tasks.push_back(later(10ms, 2));
    tasks.push_back(immediate(3));
    std::vector<int> values = co_await all(std::move(tasks));
    co_return values;
  };
  const nanoseconds begun = runner.time().now();
  CHECK(runner.run(joined()) == std::vector{1, 2, 3});
  CHECK(runner.time().now() - begun == 30'000'000);

  const auto mixed = []() -> task<int> {
    auto [a, b] = co_await all(later(3ms, 40), immediate(2));
    co_return a + b;
  };
  CHECK(runner.run(mixed()) == 42);
}

TEST_CASE("the first failure of all stops the others", "[functions][task]") {
  task_runner runner;
  int alive = 0;
  const auto sleeper = [](int& count) -> task<int> {
    counted here(count);
    co_await sleep_for(std::chrono::hours(1));
    co_return 1;
  };
  const auto joined = [&]() -> task<int> {
    std::vector<task<int>> tasks;
    tasks.push_back(sleeper(alive));
    tasks.push_back(failing(5ms));
    tasks.push_back(sleeper(alive));
    try {
      std::vector<int> values = co_await all(std::move(tasks));
      co_return static_cast<int>(values.size());
    } catch (const std::runtime_error&) {
      co_return alive;
    }
  };
  const nanoseconds begun = runner.time().now();
  CHECK(runner.run(joined()) == 0);
  CHECK(runner.time().now() - begun == 5'000'000);
}

TEST_CASE("any takes the first success and stops the rest", "[functions][task]") {
  task_runner runner;
  const auto raced = []() -> task<std::pair<std::size_t, int>> {
    auto winner = co_await any(later(50ms, 1), failing(1ms), later(10ms, 3));
    co_return winner;
  };
  const nanoseconds begun = runner.time().now();
  CHECK(runner.run(raced()) == std::pair<std::size_t, int>(2, 3));
  CHECK(runner.time().now() - begun == 10'000'000);
  const auto hopeless = []() -> task<int> {
    auto winner = co_await any(failing(2ms), failing(1ms));
    co_return winner.second;
  };
  CHECK_THROWS_WITH(runner.run(hopeless()), "no luck");
}

TEST_CASE("with_timeout stops what takes too long", "[functions][task]") {
  task_runner runner;
  const auto bounded = [](std::chrono::milliseconds wait) -> task<int> {
    int value = co_await with_timeout(later(wait, 5), 20ms);
    co_return value;
  };
  CHECK(runner.run(bounded(19ms)) == 5);
  try {
    runner.run(bounded(21ms));
    FAIL("no time-out");
  } catch (const error& problem) {
    CHECK(problem.code() == errc::timeout);
  }
}

TEST_CASE("blocking code runs through a name or without anything to destroy", "[functions][task]") {
  task_runner runner;
  const auto caller = [](std::string text) -> task<std::string> {
    const auto work = [text] { return text + "!"; };
    std::string value = co_await run_blocking(work);
    auto& stays = text;
    auto by_reference = [&stays] { stays += "?"; };
    co_await run_blocking(by_reference);
    const int plain = co_await run_blocking([] { return 3; });
    co_return value + text + std::to_string(plain);
  };
  CHECK(runner.run(caller("hi")) == "hi!hi?3");
  const auto thrower = []() -> task<int> {
    const int value = co_await run_blocking([]() -> int { throw std::runtime_error("disk on fire"); });
    co_return value;
  };
  CHECK_THROWS_WITH(runner.run(thrower()), "disk on fire");
}

// Runs jobs when the test says so.
class held_blocking final : public functions::blocking_port {
 public:
  void submit(functions::blocking_job& job) override { jobs.push_back(&job); }
  bool withdraw(functions::blocking_job& job) noexcept override {
    if (started) return false;
    return std::erase(jobs, &job) > 0;
  }
  std::vector<functions::blocking_job*> jobs;
  bool started = false;
};

TEST_CASE("what is given up while blocking code runs is kept until that is through", "[functions][task]") {
  auto port = std::make_shared<held_blocking>();
  port->started = true;
  task_runner runner(port);
  int alive = 0;
  const auto blocked = [](int& count) -> task<int> {
    counted here(count);
    const auto work = [&here] { return *here.alive_; };
    const int value = co_await run_blocking(work);
    co_return value;
  };
  const auto caller = [&]() -> task<int> {
    try {
      const int value = co_await with_timeout(blocked(alive), 5ms);
      co_return value;
    } catch (const error&) {
      co_return -1;
    }
  };
  CHECK(runner.run(caller()) == -1);
  CHECK(alive == 1);  // the frame that the blocking code refers to
  CHECK(runner.loop().has_retired());
  port->jobs.at(0)->run();
  runner.loop().attend();
  CHECK(alive == 0);
  CHECK_FALSE(runner.loop().has_retired());
}

TEST_CASE("blocking code that has not begun is withdrawn", "[functions][task]") {
  auto port = std::make_shared<held_blocking>();
  task_runner runner(port);
  const auto caller = []() -> task<int> {
    const auto blocked = []() -> task<int> {
      const int value = co_await run_blocking([] { return 1; });
      co_return value;
    };
    try {
      const int value = co_await with_timeout(blocked(), 5ms);
      co_return value;
    } catch (const error&) {
      co_return -1;
    }
  };
  CHECK(runner.run(caller()) == -1);
  CHECK(port->jobs.empty());
  runner.loop().attend();
  CHECK_FALSE(runner.loop().has_retired());
}

TEST_CASE("a completion delivers once, and its loss is an error", "[functions][task]") {
  task_runner runner;
  const auto caller = [](bool drop) -> task<int> {
    pending<int> answer;
    {
      const completion<int> done = answer.make_completion();
      if (!drop) {
        done.set(4);
        done.set(5);
      }
    }
    const int value = co_await answer;
    co_return value;
  };
  CHECK(runner.run(caller(false)) == 4);
  CHECK_THROWS_WITH(runner.run(caller(true)), Catch::Contains("dropped without a result"));
}

TEST_CASE("a task that waits for nobody is named", "[functions][task]") {
  task_runner runner;
  const auto caller = []() -> task<int> {
    pending<int> answer;
    const completion<int> done = answer.make_completion();
    const int value = co_await answer;
    done.set(1);
    co_return value;
  };
  CHECK_THROWS_WITH(runner.run(caller()), Catch::Contains("never come"));
}

TEST_CASE("timers come in order and can be taken back", "[functions][task]") {
  struct note final : functions::task_event {
    note(std::vector<int>& to, int number) : to_(to), number_(number) {}
    void on_event() noexcept override { to_.push_back(number_); }
    std::vector<int>& to_;
    int number_;
  };
  std::vector<int> seen;
  note a(seen, 1), b(seen, 2), c(seen, 3), d(seen, 4);
  functions::timer_heap heap;
  functions::timer_node first(a), second(b), third(c), fourth(d);
  heap.set(third, 30);
  heap.set(first, 10);
  heap.set(fourth, 30);
  heap.set(second, 20);
  second.cancel();
  heap.set(first, 40);
  while (functions::task_event* who = heap.take_due(100)) who->on_event();
  CHECK(seen == std::vector{3, 4, 1});
  CHECK(heap.empty());
}

}  // namespace
