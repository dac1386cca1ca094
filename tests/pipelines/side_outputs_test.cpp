// Side outputs with typed tags, of process functions of every kind.
#include <stdexcept>
#include <string>

#include "tests/pipelines/engines.hpp"

using namespace sage;
using sage::test::on_every_engine;
using sage::test::sorted;

namespace {

const output_tag<std::string> odd_ones{"odd"};
const output_tag<long> large_ones{"large"};

// Passes even numbers on; odd ones leave aside as text, those above 90 as they are, too.
struct parting {
  side_output<std::string> odd;
  side_output<long> large;
  void open(context& self) {
    odd = side_output(self, odd_ones);
    large = side_output(self, large_ones);
  }
  void operator()(const int& number, collector<int>& out) {
    if (number > 90) large.push(number);
    if (number % 2 == 1) odd.push(std::to_string(number));
    if (number % 2 == 0) out.push(number);
    if (number % 10 == 7) throw std::runtime_error("seven");
  }
};

// The same for two inputs.
struct parting_both {
  side_output<std::string> odd;
  void open(context& self) { odd = side_output(self, odd_ones); }
  void on_first(const int& number, collector<int>& out) {
    if (number % 2 == 1) return odd.push("first " + std::to_string(number));
    out.push(number);
  }
  void on_second(const int& number, collector<int>& out) {
    if (number % 2 == 1) return odd.push("second " + std::to_string(number));
    out.push(-number);
  }
};

struct telling_timer {
  side_output<std::string> odd;
  timer_service* timers = nullptr;
  void open(context& self) {
    odd = side_output(self, odd_ones);
    timers = &self.timers();
  }
  void operator()(const int& number, collector<int>& out) {
    out.push(number);
    timers->at_event_time(number + 5);
  }
  void on_timer(const int& key, const timer& at, collector<int>&) {
    odd.push(std::to_string(key) + "@" + std::to_string(at.time));
  }
};

auto numbers(environment& env, int from, int to) {
  return env.from_source(range<int>(from, to)).key_by([](int number) { return number % 5; });
}

}  // namespace

TEST_CASE("what a function says aside is a stream of its own", "[pipeline][side_output]") {
  on_every_engine([](environment& env) {
    collected<int> even;
    collected<std::string> odd;
    collected<long> large;
    auto parted = numbers(env, 0, 100).process(parting{}).on_error(drop);
    parted.side_output(odd_ones).sink(collect_into(odd));
    parted.side_output(large_ones).map([](long number) { return number; }).sink(collect_into(large));
    parted.sink(collect_into(even));
    env.execute("parted");
    CHECK(even.records().size() == 50);
    CHECK(odd.records().size() == 40);  // those that end in 7 threw, and are nowhere
    CHECK(sorted(large) == std::vector<long>{91, 92, 93, 94, 95, 96, 98, 99});
  });
}

TEST_CASE("a side output that nobody takes is forgotten, one taken twice is copied", "[pipeline][side_output]") {
  on_every_engine([](environment& env) {
    collected<int> even;
    collected<std::string> once;
    collected<std::string> again;
    auto parted = numbers(env, 0, 20).process(parting{}).on_error(drop);
    parted.side_output(odd_ones).sink(collect_into(once));
    parted.side_output(output_tag<std::string>{"odd"}).sink(collect_into(again));
    parted.sink(collect_into(even));
    env.execute("parted");
    CHECK(sorted(once).size() == 8);
    CHECK(sorted(once) == sorted(again));
  });
}

TEST_CASE("co_process has side outputs", "[pipeline][side_output]") {
  on_every_engine([](environment& env) {
    collected<int> even;
    collected<std::string> odd;
    auto parted = numbers(env, 0, 10).connect(numbers(env, 0, 10)).co_process(parting_both{});
    parted.side_output(odd_ones).sink(collect_into(odd));
    parted.sink(collect_into(even));
    env.execute("parted");
    CHECK(sorted(even) == std::vector<int>{-8, -6, -4, -2, 0, 0, 2, 4, 6, 8});
    CHECK(sorted(odd).size() == 10);
    CHECK(sorted(odd).front() == "first 1");
  });
}

TEST_CASE("timers may speak aside, with their time", "[pipeline][side_output]") {
  on_every_engine([](environment& env) {
    collected<int> all;
    collected<std::pair<std::string, event_time>> told;
    auto timed = env.from_source(range<int>(0, 10))
                     .assign_timestamps([](int number) { return number; }, monotonic())
                     .key_by([](int number) { return number % 2; })
                     .process(telling_timer{});
    timed.side_output(odd_ones)
        .map([](const std::string& text, context& self) { return std::pair(text, self.timestamp()); })
        .sink(collect_into(told));
    timed.sink(collect_into(all));
    env.execute("timed");
    REQUIRE(told.records().size() == 10);
    for (const auto& [text, time] : told.records()) CHECK(text.substr(2) == std::to_string(time));
  });
}

TEST_CASE("side outputs of other types, and of other operators, are refused", "[pipeline][side_output]") {
  reference_environment env;
  auto parted = numbers(env, 0, 10).process(parting{}).on_error(drop);
  CHECK_THROWS_WITH(parted.map([](int number) { return number; }).side_output(odd_ones),
                    Catch::Contains("no side outputs"));
  static_cast<void>(parted.side_output(odd_ones));
  CHECK_THROWS_WITH(parted.side_output(output_tag<int>{"odd"}), Catch::Contains("two types"));
  reference_environment other;
  auto wrong = numbers(other, 0, 10).process(parting{}).on_error(drop);
  wrong.side_output(output_tag<int>{"odd"}).sink([](int) {});
  wrong.sink([](int) {});
  CHECK_THROWS_WITH(other.execute("wrong"), Catch::Contains("two types"));
}
