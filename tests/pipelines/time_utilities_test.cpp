// throttle, delay, collect, dedup, debounce, sample, rate, sessionize and match, on every engine.
#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "sage/testing.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::test::on_every_engine;
using sage::test::sorted;
using sage::testing::declared;
using sage::testing::operator_harness;
using sage::testing::run_script;

namespace {

struct reading {
  std::string sensor;
  int value = 0;
  std::int64_t at = 0;
  friend auto operator<=>(const reading&, const reading&) = default;
};
SAGE_DESCRIBE(reading, sensor, value, at)

auto readings(environment& env, std::vector<reading> all) {
  return env.from_source(collection<reading>(std::move(all)))
      .assign_timestamps(&reading::at, bounded_out_of_orderness(50ms))
      .key_by(&reading::sensor);
}

std::vector<reading> shuffled(std::vector<reading> all, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const std::size_t other = std::min(all.size() - 1, i + random() % 3);
    if (std::abs(all[i].at - all[other].at) < 20) std::swap(all[i], all[other]);
  }
  return all;
}

}  // namespace

TEST_CASE("a throttle lets records go at its rate", "[pipeline][utilities]") {
  operator_harness<int> h(declared<int>([](auto in) { return in.throttle(10, 3); }));
  CHECK(h.feed({1, 2, 3, 4, 5}) == operators::flow::suspended);
  CHECK(h.records() == std::vector<int>{1, 2, 3});
  h.time().advance_to(h.core().retry_at().value());
  CHECK(h.resume() == operators::flow::suspended);
  CHECK(h.records().size() == 4);
  h.time().advance(1'000'000'000);
  CHECK(h.resume() == operators::flow::done);
  CHECK(h.records() == std::vector<int>{1, 2, 3, 4, 5});
  h.end();
  CHECK_THROWS(operator_harness<int>(declared<int>([](auto in) { return in.throttle(0); })));
}

TEST_CASE("a delay lets records go later, and the watermark behind them", "[pipeline][utilities]") {
  operator_harness<int> h(declared<int>([](auto in) { return in.delay(1s); }));
  run_script(h, "1@5 2@6 W6");
  CHECK(h.records().empty());
  h.time().advance(500'000'000);
  run_script(h, "3@7");
  h.time().advance(500'000'000);
  h.wake();
  CHECK(h.records() == std::vector<int>{1, 2});
  CHECK(h.end() == operators::flow::suspended);
  h.time().advance(500'000'000);
  CHECK(h.resume() == operators::flow::done);
  CHECK(h.records() == std::vector<int>{1, 2, 3});
}

TEST_CASE("records are gathered by number, and what is left by time or the end", "[pipeline][utilities]") {
  on_every_engine([](environment& env) {
    collected<std::vector<int>> all;
    env.from_source(range<int>(0, 10)).key_by([](int n) { return n % 2; }).collect(3, 1h).sink(collect_into(all));
    env.execute("collect");
    CHECK(sorted(all) == std::vector<std::vector<int>>{{0, 2, 4}, {1, 3, 5}, {6, 8}, {7, 9}});
  });
  operator_harness<int, std::vector<int>> h(declared<int>([](auto in) { return in.collect(3, 1s); }));
  h.feed({1, 2});
  h.time().advance(1'000'000'000);
  h.wake();
  CHECK(h.records() == std::vector<std::vector<int>>{{1, 2}});
  h.feed({3, 4, 5});
  h.time().advance(2'000'000'000);
  h.wake();
  CHECK(h.records() == std::vector<std::vector<int>>{{1, 2}, {3, 4, 5}});
}

TEST_CASE("dedup, debounce, sample, rate and sessionize do what they say", "[pipeline][utilities]") {
  on_every_engine([](environment& env) {
    const std::vector<reading> in{{"a", 1, 0},   {"a", 2, 40},  {"b", 3, 50},  {"a", 4, 90}, {"a", 5, 100},
                                  {"a", 6, 250}, {"b", 7, 260}, {"a", 8, 290}, {"b", 9, 600}};
    collected<reading> first;
    collected<reading> quiet;
    collected<reading> sampled;
    collected<std::pair<std::string, double>> rates;
    collected<std::pair<std::string, std::size_t>> sessions;
    auto keyed = readings(env, in);
    keyed.dedup(100ms).sink(collect_into(first));
    keyed.debounce(100ms).sink(collect_into(quiet));
    keyed.sample(200ms).sink(collect_into(sampled));
    keyed.rate(1s)
        .map([](const window_result<std::string, double>& one) { return std::pair(one.key, one.value); })
        .sink(collect_into(rates));
    keyed.sessionize(100ms)
        .map([](const session_records<std::string, reading>& one) { return std::pair(one.key, one.records.size()); })
        .sink(collect_into(sessions));
    env.execute("utilities");
    CHECK(
        sorted(first) ==
        std::vector<reading>{{"a", 1, 0}, {"a", 5, 100}, {"a", 6, 250}, {"b", 3, 50}, {"b", 7, 260}, {"b", 9, 600}});
    CHECK(sorted(quiet) ==
          std::vector<reading>{{"a", 5, 100}, {"a", 8, 290}, {"b", 3, 50}, {"b", 7, 260}, {"b", 9, 600}});
    CHECK(sorted(sampled) ==
          std::vector<reading>{{"a", 5, 100}, {"a", 8, 290}, {"b", 3, 50}, {"b", 7, 260}, {"b", 9, 600}});
    CHECK(sorted(rates) == std::vector<std::pair<std::string, double>>{{"a", 6}, {"b", 3}});
    CHECK(sorted(sessions) ==
          std::vector<std::pair<std::string, std::size_t>>{{"a", 2}, {"a", 4}, {"b", 1}, {"b", 1}, {"b", 1}});
  });
}

TEST_CASE("windows by count and of the calendar say the same on every engine", "[pipeline][windows]") {
  constexpr std::int64_t day_ms = 86'400'000;
  on_every_engine([](environment& env) {
    std::vector<reading> in;
    for (int i = 0; i < 240; ++i) in.push_back({i % 3 == 0 ? "a" : "b", i, i * day_ms / 24});
    collected<std::pair<std::string, int>> by_count;
    collected<std::pair<std::string, std::uint64_t>> by_day;
    collected<std::pair<std::string, double>> medians;
    auto keyed = readings(env, in);
    keyed.window(count_window(20))
        .max(&reading::value)
        .map([](const window_result<std::string, int>& one) { return std::pair(one.key, one.value); })
        .sink(collect_into(by_count));
    keyed.window(calendar(calendar_unit::day, "UTC"))
        .count()
        .map([](const window_result<std::string, std::uint64_t>& one) { return std::pair(one.key, one.value); })
        .sink(collect_into(by_day));
    keyed.window(calendar(calendar_unit::month, "UTC"))
        .quantile(0.5, &reading::value)
        .map([](const window_result<std::string, double>& one) { return std::pair(one.key, one.value); })
        .sink(collect_into(medians));
    env.execute("kinds");
    CHECK(by_count.records().size() == 12);
    CHECK(sorted(by_count).front() == std::pair<std::string, int>("a", 57));
    CHECK(sorted(by_day).size() == 20);
    CHECK(sorted(by_day).front() == std::pair<std::string, std::uint64_t>("a", 8));
    REQUIRE(medians.records().size() == 2);
    CHECK(std::abs(sorted(medians).front().second - 118.5) < 5);
  });
}

TEST_CASE("a pattern is found by key and in order of time, whatever the order of arrival", "[pipeline][pattern]") {
  std::uint64_t seed = 0;
  on_every_engine([&seed](environment& env) {
    // Every sensor: two low readings or more, then a spike, within 100 ms; and low ones that nothing follows.
    std::vector<reading> in;
    for (int round = 0; round < 20; ++round) {
      for (const char* sensor : {"a", "b", "c"}) {
        const std::int64_t at = round * 1000;
        in.push_back({sensor, 1, at});
        in.push_back({sensor, 2, at + 10});
        in.push_back({sensor, 50, at + 20});
        if (round % 2 == 0) in.push_back({sensor, 99, at + 40});
      }
    }
    std::sort(in.begin(), in.end(), [](const reading& l, const reading& r) { return l.at < r.at; });
    struct reports {
      void operator()(const pattern_match<reading>& found, collector<std::string>& out) {
        out.push(found.first("low")->sensor + std::to_string(found.all("low").size()) + "@" +
                 std::to_string(found.last("spike")->at));
      }
      void on_timeout(const pattern_match<reading>& found, collector<std::string>& out) {
        if (found.all("low").size() == 2) out.push("over " + std::to_string(found.start()));
      }
    };
    const auto wanted = pattern<reading>("low", [](const reading& r) { return r.value < 10; })
                            .times(2)
                            .followed_by("spike", [](const reading& r) { return r.value > 90; })
                            .within(100ms);
    collected<std::string> found;
    readings(env, shuffled(in, seed++)).match(wanted).select(reports{}).sink(collect_into(found));
    env.execute("pattern");
    std::vector<std::string> expected;
    for (int round = 0; round < 20; ++round) {
      for (const char* sensor : {"a", "b", "c"}) {
        expected.push_back(round % 2 == 0 ? sensor + std::string("2@") + std::to_string(round * 1000 + 40)
                                          : "over " + std::to_string(round * 1000));
      }
    }
    std::sort(expected.begin(), expected.end());
    CHECK(sorted(found) == expected);
  });
}
