// Windows in whole pipelines: shuffled, out of order, on every engine.
#include <chrono>
#include <map>
#include <random>

#include "sage/sage.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

struct reading {
  int sensor = 0;
  event_time at = 0;
  std::int64_t value = 0;
};
SAGE_DESCRIBE(reading, sensor, at, value)

using summed = window_result<int, std::int64_t>;

std::vector<reading> readings(std::size_t count, std::int64_t disorder, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<reading> all;
  for (std::size_t i = 0; i < count; ++i) {
    const auto back = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(disorder + 1));
    all.push_back({static_cast<int>(random() % 7), static_cast<event_time>(i) - back,
                   static_cast<std::int64_t>(random() % 1000)});
  }
  return all;
}

std::vector<summed> expected_sums(const std::vector<reading>& all, std::int64_t size, std::int64_t slide) {
  std::map<std::pair<int, event_time>, std::int64_t> sums;
  for (const reading& r : all) {
    for (event_time start = r.at - size + 1; start <= r.at; ++start) {
      if ((start % slide + slide) % slide == 0) sums[{r.sensor, start}] += r.value;
    }
  }
  std::vector<summed> results;
  for (const auto& [at, sum] : sums) results.push_back({at.first, at.second, at.second + size, sum});
  return results;
}

auto timed(environment& env, const std::vector<reading>& all) {
  return env.from_source(collection(all)).assign_timestamps(&reading::at, bounded_out_of_orderness(40ms));
}

}  // namespace

TEST_CASE("tumbling windows of a shuffled stream say what a map says", "[pipeline][windows]") {
  const auto all = readings(2000, 40, 1);
  const auto expected = expected_sums(all, 50, 50);
  test::on_every_engine([&](environment& env) {
    collected<summed> out;
    timed(env, all)
        .rebalance()
        .key_by(&reading::sensor)
        .window(tumbling(50ms))
        .sum(&reading::value)
        .sink(collect_into(out));
    env.execute("tumbling");
    REQUIRE(test::sorted(out) == expected);
  });
}

TEST_CASE("sliding windows of a shuffled stream say what a map says", "[pipeline][windows]") {
  const auto all = readings(1000, 40, 2);
  const auto expected = expected_sums(all, 60, 20);
  test::on_every_engine([&](environment& env) {
    collected<summed> out;
    timed(env, all).key_by(&reading::sensor).window(sliding(60ms, 20ms)).sum(&reading::value).sink(collect_into(out));
    env.execute("sliding");
    REQUIRE(test::sorted(out) == expected);
  });
}

TEST_CASE("windows of windows: the results carry their time", "[pipeline][windows]") {
  const auto all = readings(1500, 40, 3);
  std::map<event_time, std::uint64_t> counts;  // of sensors that spoke per 100 ms
  for (const summed& one : expected_sums(all, 20, 20)) ++counts[(one.end - 1) - ((one.end - 1) % 100 + 100) % 100];
  test::on_every_engine([&](environment& env) {
    collected<window_result<void, std::uint64_t>> out;
    timed(env, all)
        .key_by(&reading::sensor)
        .window(tumbling(20ms))
        .sum(&reading::value)
        .window(tumbling(100ms))
        .count()
        .sink(collect_into(out));
    env.execute("windows of windows");
    std::map<event_time, std::uint64_t> said;
    for (const auto& one : out.records()) said[one.start] = one.value;
    REQUIRE(said == counts);
  });
}

TEST_CASE("late records leave on their own output, and the books balance", "[pipeline][windows]") {
  std::vector<reading> all = readings(500, 0, 4);
  for (std::size_t i = 100; i < 500; i += 50) all[i].at -= 90;  // far behind everybody
  test::on_every_engine([&](environment& env) {
    collected<summed> out;
    collected<reading> late;
    auto sums = env.from_source(collection(all))
                    .assign_timestamps(&reading::at, monotonic())
                    .key_by(&reading::sensor)
                    .window(tumbling(10ms))
                    .sum(&reading::value);
    sums.late_output().sink(collect_into(late));
    sums.sink(collect_into(out));
    env.execute("late");
    std::int64_t total = 0;
    for (const summed& one : out.records()) total += one.value;
    for (const reading& one : late.records()) total += one.value;
    std::int64_t expected = 0;
    for (const reading& one : all) expected += one.value;
    REQUIRE(total == expected);  // each record is in exactly one window or late
    for (const reading& one : late.records()) REQUIRE(one.at % 50 == 10);
  });
}
