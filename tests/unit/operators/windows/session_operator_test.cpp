// Session windows: how they join, when they speak, what is late; and against brute force.
#include "sage/operators/windows/session_operator.hpp"

#include <chrono>
#include <map>
#include <random>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/both_states.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::test::both_states;
using sage::testing::declared;
using sage::testing::harness_options;
using sage::testing::operator_harness;
using sage::testing::run_script;

namespace {

using pair = std::pair<std::string, int>;
using summed = window_result<std::string, std::int64_t>;

auto sums(std::chrono::milliseconds gap, std::chrono::milliseconds lateness = 0ms, error_policy policy = fail,
          window_limits limits = {}) {
  return declared<pair>([=](auto in) {
    return in.key_by(&pair::first)
        .window(session(gap))
        .allowed_lateness(lateness)
        .limits(limits)
        .sum(&pair::second)
        .on_error(policy);
  });
}

}  // namespace

TEST_CASE("a session ends when nothing has come for the gap", "[operators][windows]") {
  both_states<pair, summed> h(sums(10ms));
  CHECK(run_script(h, "a:1@0 a:2@10 b:4@3 a:8@21 W18").size() == 1);
  CHECK(h.records() == std::vector<summed>{{"b", 3, 13, 4}});
  CHECK(run_script(h, "W19") == std::vector<summed>{{"a", 0, 20, 3}});
  CHECK(run_script(h, "|") == std::vector<summed>{{"a", 21, 31, 8}});
  CHECK(h.times() == std::vector<event_time>{12, 19, 30});
}

TEST_CASE("a record between two sessions makes them one", "[operators][windows]") {
  both_states<pair, summed> h(sums(10ms));
  CHECK(run_script(h, "a:1@0 a:2@18 a:4@9 |") == std::vector<summed>{{"a", 0, 28, 7}});
  CHECK(h.fates().passed == 3);
}

TEST_CASE("a late record counts as late, joins an open session, or makes one speak again", "[operators][windows]") {
  both_states<pair, summed> strict(sums(10ms));
  CHECK(run_script(strict, "a:1@0 W9 a:2@0").size() == 1);
  CHECK(strict.fates().late == 1);
  CHECK(run_script(strict, "a:4@12 W11 a:8@2 |") == std::vector<summed>{{"a", 2, 22, 12}});

  both_states<pair, summed> lenient(sums(10ms, 5ms));
  CHECK(run_script(lenient, "a:1@0 W9") == std::vector<summed>{{"a", 0, 10, 1}});
  CHECK(run_script(lenient, "W13 a:2@0") == std::vector<summed>{{"a", 0, 10, 3}});
  CHECK(run_script(lenient, "W14 a:4@0 |").empty());
  CHECK(lenient.fates().late == 1);
}

TEST_CASE("a session that would never close meets its limit", "[operators][windows]") {
  both_states<pair, summed> h(sums(10ms, 0ms, drop, {.session_ms_max = 25}));
  CHECK(run_script(h, "a:1@0 a:2@10 a:4@15 a:8@16 |") == std::vector<summed>{{"a", 0, 25, 7}});
  CHECK(h.fates().dropped == 1);
}

TEST_CASE("settings that sessions can't have are refused at the call", "[operators][windows]") {
  reference_environment env;
  const auto keyed = env.from_source(collection(std::vector<pair>{})).key_by(&pair::first);
  CHECK_THROWS_WITH(session(0ms), Catch::Contains("between 1 ms"));
  CHECK_THROWS_WITH(keyed.window(session(1s)).every_records(2), Catch::Contains("sessions"));
  CHECK_THROWS_WITH(keyed.window(session(1s)).early_every(1s), Catch::Contains("sessions"));
}

TEST_CASE("keys without session are given back", "[operators][windows]") {
  using fold = operators::aggregate_fold<operators::counting, int, int, true>;
  using op = operators::session_operator<int, std::identity, fold>;
  auto made = std::make_unique<op>(std::identity{}, fold{}, error_policy{}, 5, window_settings{});
  op& logic = *made;
  operator_harness<int, window_result<int, std::uint64_t>> h(operators::operator_ptr(std::move(made)));
  for (int round = 0; round < 100; ++round) {
    std::vector<int> records(1000);
    for (int i = 0; i < 1000; ++i) records[static_cast<std::size_t>(i)] = round * 1000 + i;
    h.feed_timed(records, std::vector<event_time>(1000, round * 10));
    h.advance(round * 10 + 6);
  }
  h.end();
  CHECK(h.records().size() == 100'000);
  CHECK(logic.keys() < 10'000);
}

TEST_CASE("sessions say what brute force says, whatever the order", "[operators][windows]") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random() % bound); };
    const std::int64_t gap = draw(12) + 1;
    INFO("seed " << seed << ", gap " << gap);
    both_states<pair, summed> h(sums(std::chrono::milliseconds(gap)),
                                harness_options{.batch_size = static_cast<std::size_t>(draw(5) + 1)});
    std::map<std::string, std::multimap<event_time, int>> accepted;  // within the bound of disorder: all of them
    std::vector<std::pair<pair, event_time>> all;
    for (event_time now = -30; now < 120; now += draw(9)) {
      all.push_back({{std::string(1, static_cast<char>('a' + draw(3))), static_cast<int>(draw(50))}, now - draw(20)});
    }
    event_time newest = -1000;
    event_time told = -2000;
    for (const auto& [record, time] : all) {
      h.feed_timed({record}, {time});
      accepted[record.first].emplace(time, record.second);
      newest = std::max(newest, time);
      if (newest - 21 > told && draw(2) == 0) h.advance(told = newest - 21);
    }
    h.end();
    std::vector<summed> expected;
    for (const auto& [key, records] : accepted) {
      summed one{key, records.begin()->first, records.begin()->first + gap, 0};
      for (const auto& [time, value] : records) {
        if (time > one.end) {
          expected.push_back(one);
          one = {key, time, time + gap, 0};
        }
        one.end = time + gap;
        one.value += value;
      }
      expected.push_back(one);
    }
    auto said = h.records();
    std::sort(said.begin(), said.end());
    std::sort(expected.begin(), expected.end());
    REQUIRE(said == expected);
    REQUIRE(h.fates().late == 0);
    REQUIRE(h.fates().passed == all.size());
  }
}
