// Loops: bounded, never stuck, and over when nothing is inside.
#include <atomic>
#include <chrono>
#include <cstdint>

#include "sage/async.hpp"
#include "sage/testing.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct walker {
  std::uint64_t start = 0;
  std::uint64_t at = 0;
  std::uint32_t steps = 0;
  auto operator<=>(const walker&) const = default;
};
SAGE_DESCRIBE(walker, start, at, steps)

walker collatz(walker w) {
  w.at = w.at % 2 == 0 ? w.at / 2 : 3 * w.at + 1;
  ++w.steps;
  return w;
}

std::vector<walker> walkers(std::uint64_t count) {
  std::vector<walker> all;
  for (std::uint64_t i = 2; i < count + 2; ++i) all.push_back({i, i, 0});
  return all;
}

std::vector<walker> arrived(std::uint64_t count) {
  std::vector<walker> all = walkers(count);
  for (walker& w : all) {
    while (w.at != 1) w = collatz(w);
  }
  return all;
}

// Knows where each start has come to, so only the steps are read off the record.
struct stepper {
  value_state<std::uint64_t> at;
  void open(context& self) { at = value_state<std::uint64_t>(self, "at"); }
  void operator()(const walker& w, collector<walker>& out) {
    walker known = w;
    known.at = at.value_or(w.start);
    known = collatz(known);
    at.set(known.at);
    out.push(known);
  }
};

std::string failure_of(environment& env) {
  try {
    env.execute("loop");
  } catch (const error& problem) {
    return problem.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("records go round until they are done, whatever the bound", "[pipeline][loops]") {
  const std::vector<walker> expected = arrived(150);
  for (const std::size_t bound : {1, 3, 1000}) {
    test::on_every_engine([&](environment& env) {
      INFO("max_in_flight " << bound);
      collected<walker> out;
      auto again = env.feedback<walker>({.max_in_flight = bound});
      auto [done, more] =
          env.from_source(collection(walkers(150))).union_with(again).map(collatz).split([](const walker& w) {
            return w.at == 1;
          });
      done.sink(collect_into(out));
      more.feed(again);
      env.execute("collatz");
      REQUIRE(test::sorted(out) == expected);
    });
  }
}

TEST_CASE("a shuffle and keyed state may be part of a loop", "[pipeline][loops]") {
  const std::vector<walker> expected = arrived(80);
  test::on_every_engine([&](environment& env) {
    collected<walker> out;
    auto again = env.feedback<walker>({.max_in_flight = 20});
    auto [done, more] = env.from_source(collection(walkers(80)))
                            .union_with(again)
                            .key_by(&walker::start)
                            .process(stepper())
                            .split([](const walker& w) { return w.at == 1; });
    done.sink(collect_into(out));
    more.feed(again);
    env.execute("keyed");
    REQUIRE(test::sorted(out) == expected);
  });
}

TEST_CASE("a body may call others and wait for them", "[pipeline][loops]") {
  const std::vector<walker> expected = arrived(60);
  test::on_every_engine([&](environment& env) {
    collected<walker> out;
    auto again = env.feedback<walker>({.max_in_flight = 16});
    auto step = [](const walker& w) -> task<walker> {
      co_await sleep_for(std::chrono::microseconds(w.at % 50));
      co_return collatz(w);
    };
    auto [done, more] = env.from_source(collection(walkers(60)))
                            .union_with(again)
                            .async_map(step, {.capacity = 8, .order = result_order::unordered})
                            .split([](const walker& w) { return w.at == 1; });
    done.sink(collect_into(out));
    more.feed(again);
    env.execute("async");
    REQUIRE(test::sorted(out) == expected);
  });
}

TEST_CASE("a body may multiply records and drop them", "[pipeline][loops]") {
  // The tree of 1, each node n with the children 2n and 2n + 1, cut off at 1000, without the multiples of 7.
  std::vector<std::uint64_t> expected;
  for (std::uint64_t n = 1; n < 1000; ++n) {
    bool there = true;
    for (std::uint64_t up = n; up > 0; up /= 2) there = there && up % 7 != 0;
    if (there) expected.push_back(n);
  }
  test::on_every_engine([&](environment& env) {
    collected<std::uint64_t> out;
    auto again = env.feedback<std::uint64_t>({.max_in_flight = 2, .inside_max = 4000});
    auto nodes =
        env.from_source(collection(std::vector<std::uint64_t>{1})).union_with(again).filter([](std::uint64_t n) {
          return n < 1000 && n % 7 != 0;
        });
    nodes.sink(collect_into(out));
    nodes.flat_map([](std::uint64_t n) { return std::vector<std::uint64_t>{2 * n, 2 * n + 1}; }).feed(again);
    env.execute("tree");
    REQUIRE(test::sorted(out) == expected);
  });
}

TEST_CASE("no more records are inside than the loop admits", "[pipeline][loops]") {
  for (const std::size_t bound : {1, 7, 64}) {
    test::on_every_engine([&](environment& env) {
      std::atomic<int> inside{0};
      std::atomic<int> most{0};
      collected<walker> out;
      auto again = env.feedback<walker>({.max_in_flight = bound});
      auto [done, more] = env.from_source(collection(walkers(200)))
                              .union_with(again)
                              .inspect([&](const walker& w) {
                                if (w.steps > 0) return;
                                const int now = ++inside;
                                int seen = most.load();
                                while (seen < now && !most.compare_exchange_weak(seen, now)) {
                                }
                              })
                              .map(collatz)
                              .inspect([&](const walker& w) { inside -= w.at == 1 ? 1 : 0; })
                              .split([](const walker& w) { return w.at == 1; });
      done.sink(collect_into(out));
      more.feed(again);
      env.execute("bounded");
      REQUIRE(out.size() == 200);
      REQUIRE(most.load() <= static_cast<int>(bound));
      REQUIRE(most.load() >= 1);
    });
  }
}

TEST_CASE("a function sees how often its record has come round", "[pipeline][loops]") {
  test::on_every_engine([&](environment& env) {
    std::atomic<std::uint64_t> wrong{0};
    collected<std::uint32_t> out;
    auto again = env.feedback<walker>({.max_in_flight = 10});
    auto [done, more] = env.from_source(collection(walkers(50)))
                            .union_with(again)
                            .map([&](walker w, context& self) {
                              if (self.iteration() != w.steps) ++wrong;
                              return collatz(w);
                            })
                            .split([](const walker& w) { return w.steps == w.start % 5 + 1; });
    done.map(
            [](const walker& w, context& self) { return self.iteration() - static_cast<std::uint32_t>(w.start % 5); })
        .sink(collect_into(out));
    more.feed(again);
    env.execute("iterations");
    REQUIRE(wrong.load() == 0);
    REQUIRE(out.records() == std::vector<std::uint32_t>(50, 0));
  });
}

TEST_CASE("a record that comes back too often is handed out, dropped or fails the job", "[pipeline][loops]") {
  const auto declare = [](environment& env, feedback_options options, collected<walker>& out,
                          collected<walker>* exhausted) {
    auto again = env.feedback<walker>(options);
    auto [done, more] =
        env.from_source(collection(walkers(40))).union_with(again).map(collatz).split([](const walker& w) {
          return w.at == 1;
        });
    done.sink(collect_into(out));
    more.feed(again);
    if (exhausted) again.exhausted().sink(collect_into(*exhausted));
  };
  std::vector<walker> quick;
  for (const walker& w : arrived(40)) {
    if (w.steps <= 6) quick.push_back(w);
  }
  REQUIRE(!quick.empty());
  test::on_every_engine([&](environment& env) {
    feedback_options five{.max_in_flight = 10};
    five.iterations_max = 5;
    {
      collected<walker> out;
      collected<walker> exhausted;
      declare(env, five, out, &exhausted);
      env.execute("handed out");
      REQUIRE(test::sorted(out) == quick);
      REQUIRE(exhausted.size() == 40 - quick.size());
    }
    {
      collected<walker> out;
      five.on_limit = loop_limit::drop;
      declare(env, five, out, nullptr);
      env.execute("dropped");
      REQUIRE(test::sorted(out) == quick);
    }
    collected<walker> out;
    five.on_limit = loop_limit::fail;
    declare(env, five, out, nullptr);
    REQUIRE_THAT(failure_of(env),
                 Contains("a record has come back 6 times (iterations_max 5)") && Contains("feedback"));
  });
}

TEST_CASE("a body that multiplies without end reaches the limit instead of filling memory", "[pipeline][loops]") {
  test::on_every_engine([&](environment& env) {
    auto again = env.feedback<int>({.max_in_flight = 4, .inside_max = 100});
    auto twice = env.from_source(collection(std::vector<int>{1})).union_with(again).flat_map([](int n) {
      return std::vector<int>{n, n};
    });
    twice.feed(again);
    REQUIRE_THAT(failure_of(env), Contains("(inside_max 100)"));
  });
}

TEST_CASE("a job with a loop that never ends by itself can be drained and cancelled", "[pipeline][loops]") {
  for (const bool drains : {true, false}) {
    test::on_every_engine([&](environment& env) {
      std::atomic<std::uint64_t> seen{0};
      auto again = env.feedback<std::uint64_t>({.max_in_flight = 50});
      auto [done, more] =
          env.from_source(generator([n = std::uint64_t{0}]() mutable { return std::optional<std::uint64_t>(n++); }))
              .union_with(again)
              .map([](std::uint64_t n) { return n + (std::uint64_t{1} << 32); })
              .split([](std::uint64_t n) { return n >> 32 >= 3; });
      done.sink([&](std::uint64_t) { ++seen; });
      more.feed(again);
      job running = env.submit("endless");
      while (seen.load() < 100) static_cast<void>(running.wait_for(1));
      if (drains) {
        running.drain();
        REQUIRE_NOTHROW(running.wait());
      } else {
        running.cancel();
        REQUIRE_THROWS_AS(running.wait(), error);
      }
    });
  }
}

TEST_CASE("time does not end behind a loop before the loop does", "[pipeline][loops]") {
  test::on_every_engine([&](environment& env) {
    std::atomic<event_time> last{no_event_time};
    std::atomic<std::uint64_t> untimed{0};
    auto again = env.feedback<walker>({.max_in_flight = 8});
    auto [done, more] =
        env.from_source(collection(walkers(60)))
            .assign_timestamps([](const walker& w) { return static_cast<event_time>(w.start); }, monotonic())
            .union_with(again)
            .map(collatz)
            .split([](const walker& w) { return w.at == 1; });
    done.sink([&](const walker& w, context& self) {
      if (self.timestamp() != static_cast<event_time>(w.start)) ++untimed;
      last = std::max(last.load(), self.watermark());
    });
    more.feed(again);
    env.execute("timed");
    REQUIRE(untimed.load() == 0);
    REQUIRE(last.load() != end_of_time);
  });
}

TEST_CASE("a loop that can't work is refused before it starts", "[pipeline][loops]") {
  reference_environment env;
  const auto numbers = [&env] { return env.from_source(collection(std::vector<int>{1, 2})); };
  const auto same = [](int n) { return n; };
  SECTION("without a bound") {
    REQUIRE_THROWS_WITH(env.feedback<int>({}), Contains("max_in_flight"));
  }
  SECTION("never fed") {
    auto again = env.feedback<int>({.max_in_flight = 1});
    numbers().union_with(again).sink(discard());
    REQUIRE_THAT(failure_of(env), Contains("is never fed"));
  }
  SECTION("nothing comes in") {
    auto again = env.feedback<int>({.max_in_flight = 1});
    data_stream<int>(again.origin()).map(same).feed(again);
    REQUIRE_THAT(failure_of(env), Contains("lets nothing into its loop"));
  }
  SECTION("fed from outside") {
    auto again = env.feedback<int>({.max_in_flight = 1});
    numbers().union_with(again).sink(discard());
    numbers().map(same).name("stranger").feed(again);
    REQUIRE_THAT(failure_of(env), Contains("stranger: feeds"));
  }
  SECTION("a stream from outside in the body") {
    auto again = env.feedback<int>({.max_in_flight = 1});
    numbers().union_with(again).map(same).union_with(numbers()).feed(again);
    REQUIRE_THAT(failure_of(env), Contains("from outside"));
  }
  SECTION("an operator that waits for the end") {
    auto again = env.feedback<std::vector<int>>({.max_in_flight = 1});
    numbers()
        .map([](int n) { return std::vector<int>{n}; })
        .union_with(again)
        .map([](const std::vector<int>& v) { return v.front(); })
        .collect(3)
        .name("triples")
        .feed(again);
    REQUIRE_THAT(failure_of(env), Contains("triples: is within the loop"));
  }
  SECTION("nested") {
    auto outer = env.feedback<int>({.max_in_flight = 1});
    auto inner = env.feedback<int>({.max_in_flight = 1});
    auto [back, on] = numbers().union_with(outer).union_with(inner).map(same).split([](int n) { return n > 1; });
    back.feed(inner);
    on.feed(outer);
    REQUIRE_THAT(failure_of(env), Contains("loops can't be nested"));
  }
}
