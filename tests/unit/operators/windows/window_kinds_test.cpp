// Windows by count, by a trigger, of the calendar and over the wall clock.
#include <chrono>
#include <deque>
#include <map>
#include <numeric>
#include <random>
#include <string>

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
using counted = window_result<std::string, std::uint64_t>;

template <class Windows>
auto sums(const Windows& windows) {
  return declared<pair>([=](auto in) { return in.key_by(&pair::first).window(windows).sum(&pair::second); });
}

std::vector<std::int64_t> values(const std::vector<summed>& all) {
  std::vector<std::int64_t> found;
  for (const summed& one : all) found.push_back(one.value);
  return found;
}

// Speaks when a record's value is 0, begins anew at a negative one, and 10 ms behind the first record.
struct wishes {
  using state = bool;  // whether its timer is set
  trigger_action on_record(state& timed, const pair& record, trigger_timers& timers) const {
    if (record.second == 99) throw std::runtime_error("ninety-nine");
    if (!timed) timers.at_event_time(timers.timestamp() + 10);
    timed = true;
    if (record.second == 0) return trigger_action::fire;
    return record.second < 0 ? trigger_action::purge : trigger_action::wait;
  }
  trigger_action on_timer(state& timed, const timer& at, trigger_timers& timers) const {
    static_cast<void>(at);
    static_cast<void>(timers);
    timed = false;
    return trigger_action::fire_and_purge;
  }
};

event_time at(int year, int month, int day, int hour = 0, int minute = 0) {
  using namespace std::chrono;
  const sys_days date = std::chrono::year(year) / month / day;
  return duration_cast<milliseconds>((date + hours(hour) + minutes(minute)).time_since_epoch()).count();
}

window span_at(calendar_unit unit, const char* zone, event_time time) {
  window found;
  functions::calendar(unit, zone).span_of(time, found.start, found.end);
  return found;
}

}  // namespace

TEST_CASE("windows by count speak when they are full, and at the end", "[operators][windows][count]") {
  both_states<pair, summed> h(sums(count_window(3)));
  CHECK(values(run_script(h, "a:1 b:10 a:2 c:5 b:20 a:4 a:8")) == std::vector<std::int64_t>{7});
  CHECK(values(run_script(h, "b:40 a:16")) == std::vector<std::int64_t>{70});
  auto rest = values(run_script(h, "|"));
  std::sort(rest.begin(), rest.end());
  CHECK(rest == std::vector<std::int64_t>{5, 24});
  CHECK(h.fates().passed == 9);
}

TEST_CASE("a window by count carries the times of its records", "[operators][windows][count]") {
  both_states<pair, summed> h(sums(count_window(2)));
  CHECK(run_script(h, "a:1@7 a:2@3") == std::vector<summed>{{"a", 3, 8, 3}});
  CHECK(h.times() == std::vector<event_time>{7});
}

TEST_CASE("sliding windows by count say what brute force says", "[operators][windows][count]") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::uint64_t bound) { return static_cast<std::uint32_t>(random() % bound); };
    const std::uint32_t count = draw(8) + 1;
    const std::uint32_t slide = draw(8) + 1;
    INFO("seed " << seed << ": the last " << count << " every " << slide);
    const bool spills = draw(2) == 0;
    operator_harness<pair, summed> h(
        sums(count_window(count, slide)).spilling(spills),
        harness_options{.batch_size = draw(5) + 1u,
                        .state = spills ? std::make_shared<sage::testing::memory_state>(2) : nullptr});
    std::map<std::string, std::deque<int>> last;
    std::map<std::string, std::uint32_t> fresh;
    std::map<std::string, std::uint32_t> total;
    std::vector<std::pair<std::string, std::int64_t>> expected;
    const auto speak = [&](const std::string& key) {
      std::int64_t sum = 0;
      for (const int value : last[key]) sum += value;
      expected.emplace_back(key, sum);
      fresh[key] = 0;
    };
    for (int i = 0; i < 100; ++i) {
      const pair record{std::string(1, static_cast<char>('a' + draw(5))), static_cast<int>(draw(100))};
      h.feed({record});
      auto& held = last[record.first];
      held.push_back(record.second);
      ++total[record.first];
      if (held.size() > count) held.pop_front();
      if (++fresh[record.first] == slide) speak(record.first);
    }
    h.end();
    // At the end, what has come since speaks with as many before it as there are whole parts.
    const std::uint32_t part = std::gcd(count, slide);
    for (const auto& [key, unsaid] : fresh) {
      auto& held = last[key];
      while (held.size() > count - part + (total[key] - 1) % part + 1) held.pop_front();
      if (unsaid > 0) speak(key);
    }
    std::vector<std::pair<std::string, std::int64_t>> said;
    for (const summed& one : h.records()) said.emplace_back(one.key, one.value);
    std::sort(said.begin(), said.end());
    std::sort(expected.begin(), expected.end());
    REQUIRE(said == expected);
    REQUIRE(h.fates().passed == 100);
  }
}

TEST_CASE("a trigger of the user's says when its window speaks", "[operators][windows][trigger]") {
  both_states<pair, summed> h(sums(global(wishes{})));
  CHECK(values(run_script(h, "a:1@1 a:2@2 a:0@3")) == std::vector<std::int64_t>{3});
  CHECK(values(run_script(h, "b:5@4 a:4@5 W10")).empty());
  CHECK(values(run_script(h, "W11")) == std::vector<std::int64_t>{7});  // the timer of a, which begins anew
  CHECK(values(run_script(h, "a:8@12 a:-1@13 a:3@14 W30")) == std::vector<std::int64_t>{5, 3});
  CHECK(values(run_script(h, "a:6@31 |")) == std::vector<std::int64_t>{6});
}

TEST_CASE("a trigger that throws fails its record alone", "[operators][windows][trigger]") {
  both_states<pair, summed> h(declared<pair>(
      [](auto in) { return in.key_by(&pair::first).window(global(wishes{})).sum(&pair::second).on_error(drop); }));
  CHECK(values(run_script(h, "a:99@1 a:1@2 a:99@3 a:0@4")) == std::vector<std::int64_t>{1});
  CHECK(h.fates().dropped == 2);
  CHECK(values(run_script(h, "W11")).empty());  // the first record's timer went with it
  CHECK(values(run_script(h, "W12")) == std::vector<std::int64_t>{1});
}

TEST_CASE("keys whose windows by count have spoken are given back", "[operators][windows][count]") {
  using fold = operators::aggregate_fold<operators::counting, int, int, true>;
  using op = operators::trigger_operator<int, std::identity, fold, decltype(count_window(1))>;
  auto made = std::make_unique<op>(std::identity{}, fold{}, error_policy{}, count_window(1), window_settings{});
  op& logic = *made;
  operator_harness<int, window_result<int, std::uint64_t>> h(operators::operator_ptr(std::move(made)));
  for (int round = 0; round < 100; ++round) {
    std::vector<int> records(1000);
    for (int i = 0; i < 1000; ++i) records[static_cast<std::size_t>(i)] = round * 1000 + i;
    h.feed(records);
  }
  CHECK(logic.keys() < 10'000);
  h.end();
  CHECK(h.records().size() == 100'000);
}

TEST_CASE("what a trigger decides can't be set besides", "[operators][windows][trigger]") {
  reference_environment env;
  const auto keyed = env.from_source(collection(std::vector<pair>{})).key_by(&pair::first);
  CHECK_THROWS_WITH(keyed.window(count_window(3)).allowed_lateness(1s), Catch::Contains("trigger"));
  CHECK_THROWS_WITH(keyed.window(count_window(3)).every_records(2), Catch::Contains("trigger"));
  CHECK_THROWS_WITH(keyed.window(count_window(3)).early_every(1s), Catch::Contains("trigger"));
  CHECK_THROWS(count_window(0));
  CHECK_THROWS(count_window(3, 0));
}

TEST_CASE("days, weeks, months and hours are those of their zone", "[operators][windows][calendar]") {
  // Clocks in Berlin were set forward on 2021-03-28 and back on 2021-10-31; in Lord Howe by half an hour on
  // 2021-04-03; in Sao Paulo over midnight on 2018-11-04; Samoa had no 2011-12-30.
  using unit = calendar_unit;
  CHECK(span_at(unit::day, "Europe/Berlin", at(2021, 3, 28, 12)) == window{at(2021, 3, 27, 23), at(2021, 3, 28, 22)});
  CHECK(span_at(unit::day, "Europe/Berlin", at(2021, 10, 31, 12)) ==
        window{at(2021, 10, 30, 22), at(2021, 10, 31, 23)});
  CHECK(span_at(unit::week, "Europe/Berlin", at(2021, 3, 28, 12)) ==
        window{at(2021, 3, 21, 23), at(2021, 3, 28, 22)});
  CHECK(span_at(unit::month, "Europe/Berlin", at(2021, 10, 31, 23, 30)) ==
        window{at(2021, 10, 31, 23), at(2021, 11, 30, 23)});
  CHECK(span_at(unit::month, "UTC", at(2024, 2, 29, 23)) == window{at(2024, 2, 1), at(2024, 3, 1)});
  CHECK(span_at(unit::hour, "Europe/Berlin", at(2021, 10, 31, 1, 30)) ==
        window{at(2021, 10, 31, 1), at(2021, 10, 31, 2)});
  CHECK(span_at(unit::hour, "Asia/Kolkata", at(2021, 1, 1, 0, 10)) ==
        window{at(2020, 12, 31, 23, 30), at(2021, 1, 1, 0, 30)});
  CHECK(span_at(unit::hour, "Australia/Lord_Howe", at(2021, 4, 3, 15, 10)) ==
        window{at(2021, 4, 3, 15), at(2021, 4, 3, 15, 30)});
  CHECK(span_at(unit::day, "America/Sao_Paulo", at(2018, 11, 4, 12)) ==
        window{at(2018, 11, 4, 3), at(2018, 11, 5, 2)});
  CHECK(span_at(unit::day, "Pacific/Apia", at(2011, 12, 30, 12)) ==
        window{at(2011, 12, 30, 10), at(2011, 12, 31, 10)});
  CHECK_THROWS_WITH(calendar(unit::day, "Europe/Atlantis"), Catch::Contains("Atlantis"));
}

TEST_CASE("the spans of a calendar lie side by side, whatever its zone does", "[operators][windows][calendar]") {
  for (const char* zone :
       {"UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "America/Sao_Paulo",
        "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca", "Asia/Kathmandu"}) {
    for (const calendar_unit unit :
         {calendar_unit::hour, calendar_unit::day, calendar_unit::week, calendar_unit::month}) {
      const functions::calendar of_zone(unit, zone);
      std::mt19937_64 random(7);
      for (int i = 0; i < 2000; ++i) {
        const auto time = static_cast<event_time>(random() % (70ull * 365 * 86'400'000)) - 2 * at(1980, 1, 1);
        window one;
        of_zone.span_of(time, one.start, one.end);
        INFO(zone << " unit " << static_cast<int>(unit) << " at " << time);
        REQUIRE(one.contains(time));
        window next;
        of_zone.span_of(one.end, next.start, next.end);
        REQUIRE(next.start == one.end);
        window same;
        of_zone.span_of(one.start, same.start, same.end);
        REQUIRE(same == one);
      }
    }
  }
}

TEST_CASE("a calendar's window holds its day, however long that is", "[operators][windows][calendar]") {
  both_states<pair, summed> h(sums(calendar(calendar_unit::day, "Europe/Berlin")));
  h.feed_timed({{"a", 1}, {"a", 2}, {"a", 4}},
               {at(2021, 3, 27, 22, 59), at(2021, 3, 27, 23), at(2021, 3, 28, 21, 59)});
  h.feed_timed({{"a", 8}}, {at(2021, 3, 28, 22)});
  h.advance(at(2021, 3, 28, 22) - 2);
  CHECK(values(h.records()) == std::vector<std::int64_t>{1});
  h.advance(at(2021, 3, 28, 22) - 1);
  CHECK(values(h.records()) == std::vector<std::int64_t>{1, 6});
  h.end();
  CHECK(h.records().back() == summed{"a", at(2021, 3, 28, 22), at(2021, 3, 29, 22), 8});
}

TEST_CASE("windows over the wall clock speak when it has come to their end",
          "[operators][windows][processing_time]") {
  operator_harness<pair, summed> h(sums(tumbling(10s).processing_time()));
  const event_time begun = h.time().wall_ms();
  const event_time first = begun - begun % 10'000;
  h.feed({{"a", 1}, {"b", 2}});
  h.time().advance((first + 9'999 - begun) * 1'000'000);
  h.wake();
  CHECK(h.records().empty());
  h.time().advance(1'000'000);
  h.wake();
  CHECK(h.records() == std::vector<summed>{{"a", first, first + 10'000, 1}, {"b", first, first + 10'000, 2}});
  h.feed({{"a", 4}});
  h.end();
  CHECK(h.records().back() == summed{"a", first + 10'000, first + 20'000, 4});
}

TEST_CASE("quantiles are near those of the sorted values", "[operators][windows][quantile]") {
  for (const int size : {1, 2, 100, 512, 5000, 100'000}) {
    std::mt19937_64 random(static_cast<std::uint64_t>(size));
    std::vector<double> sorted;
    operators::t_digest whole;
    operators::t_digest half;
    for (int i = 0; i < size; ++i) {
      const double value = std::exp(static_cast<double>(random() % 100'000) / 20'000.0);
      sorted.push_back(value);
      (i % 2 == 0 ? whole : half).add(value);
    }
    whole.merge(half);
    std::sort(sorted.begin(), sorted.end());
    for (const double q : {0.0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1.0}) {
      INFO(size << " values, quantile " << q);
      const double said = whole.quantile(q);
      const auto below = std::lower_bound(sorted.begin(), sorted.end(), said) - sorted.begin();
      const double share = static_cast<double>(below) / size;
      CHECK(std::abs(share - q) <= 0.001 + q * (1 - q) / 25 + 1.0 / size);
    }
    CHECK(whole.quantile(0) == sorted.front());
    CHECK(whole.quantile(1) == sorted.back());
    CHECK(whole.means.size() <= 200);
  }
  operators::t_digest digest;
  CHECK_THROWS(digest.add(std::numeric_limits<double>::quiet_NaN()));
}
