// Tumbling and sliding windows: when they speak, what they hold, what is late.
#include "sage/operators/windows/pane_operator.hpp"

#include <chrono>
#include <stdexcept>
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
using counted = window_result<std::string, std::uint64_t>;
using summed = window_result<std::string, std::int64_t>;

// Sums of numbers per key; the window is `make`'s.
template <class Result, class Make>
auto of_pairs(Make make) {
  return declared<pair>([make](auto in) { return make(in.key_by(&pair::first)); });
}
auto sums(const aligned_windows& windows) {
  return of_pairs<summed>([=](auto keyed) { return keyed.window(windows).sum(&pair::second); });
}
// Records of one type in and out: a harness has one for all ports.
auto reduced(const aligned_windows& windows, std::chrono::milliseconds lateness, bool side) {
  return declared<pair>([=](auto in) {
    auto stream =
        in.key_by(&pair::first).window(windows).allowed_lateness(lateness).reduce([](pair a, const pair& b) {
          return pair(a.first, a.second + b.second);
        });
    if (side) static_cast<void>(stream.late_output());
    return stream;
  });
}

}  // namespace

TEST_CASE("a tumbling window speaks when time has come to its last millisecond", "[operators][windows]") {
  both_states<pair, summed> h(sums(tumbling(10ms)));
  CHECK(run_script(h, "a:1@0 b:2@9 a:3@5 a:7@10 W8").empty());
  CHECK(run_script(h, "W9") == std::vector<summed>{{"a", 0, 10, 4}, {"b", 0, 10, 2}});
  CHECK(run_script(h, "|") == std::vector<summed>{{"a", 10, 20, 7}});
  CHECK(h.times() == std::vector<event_time>{9, 9, 19});
}

TEST_CASE("windows before the epoch and with an offset begin where they should", "[operators][windows]") {
  both_states<pair, summed> h(sums(tumbling(10ms, 3ms)));
  CHECK(run_script(h, "a:1@-7 a:2@-8 a:4@2 a:8@3 |") ==
        std::vector<summed>{{"a", -17, -7, 2}, {"a", -7, 3, 5}, {"a", 3, 13, 8}});
}

TEST_CASE("a sliding window holds what its span holds", "[operators][windows]") {
  both_states<pair, summed> h(sums(sliding(10ms, 4ms)));
  CHECK(run_script(h, "a:1@0 a:2@4 b:4@9 W9") ==
        std::vector<summed>{{"a", -8, 2, 1}, {"a", -4, 6, 3}, {"a", 0, 10, 3}, {"b", 0, 10, 4}});
  CHECK(run_script(h, "|") == std::vector<summed>{{"a", 4, 14, 2}, {"b", 4, 14, 4}, {"b", 8, 18, 4}});
}

TEST_CASE("what lies between two windows is filtered", "[operators][windows]") {
  both_states<pair, summed> h(sums(sliding(3ms, 10ms)));
  CHECK(run_script(h, "a:1@0 a:2@3 a:4@9 a:8@12 |") == std::vector<summed>{{"a", 0, 3, 1}, {"a", 10, 13, 8}});
  CHECK(h.fates().filtered == 2);
  CHECK(h.fates().passed == 2);
}

TEST_CASE("a late record is counted, or leaves on the late output", "[operators][windows]") {
  for (const bool side : {false, true}) {
    both_states<pair> h(reduced(tumbling(10ms), 0ms, side), harness_options{.ports = 2});
    run_script(h, "a:1@5 W9 / a:2@3 a:4@10 b:8@9 |");
    CHECK(h.records() == std::vector<pair>{{"a", 1}, {"a", 4}});
    CHECK(h.records(operators::late_port) == (side ? std::vector<pair>{{"a", 2}, {"b", 8}} : std::vector<pair>{}));
    CHECK(h.fates().late == (side ? 0 : 2));
    if (side) CHECK(h.times(operators::late_port) == std::vector<event_time>{3, 9});
  }
}

TEST_CASE("within the lateness a late record makes its window speak again", "[operators][windows]") {
  both_states<pair> h(reduced(tumbling(10ms), 5ms, false), harness_options{.ports = 2});
  CHECK(run_script(h, "a:1@5 W9") == std::vector<pair>{{"a", 1}});
  CHECK(run_script(h, "a:2@3 b:4@3") == std::vector<pair>{{"a", 3}, {"b", 4}});
  CHECK(run_script(h, "W13 a:8@3") == std::vector<pair>{{"a", 11}});
  CHECK(run_script(h, "W14 a:16@3 |").empty());
  CHECK(h.fates().late == 1);
}

TEST_CASE("a late record joins the sliding windows that are open", "[operators][windows]") {
  both_states<pair, summed> h(sums(sliding(10ms, 5ms)));
  CHECK(run_script(h, "a:1@7 W9") == std::vector<summed>{{"a", 0, 10, 1}});
  CHECK(run_script(h, "a:2@6 |") == std::vector<summed>{{"a", 5, 15, 3}});
}

TEST_CASE("windows speak early by number, accumulating or purging", "[operators][windows]") {
  for (const bool purging : {false, true}) {
    both_states<pair, summed> h(of_pairs<summed>([=](auto keyed) {
      const auto windows = keyed.window(tumbling(10ms)).every_records(2);
      return (purging ? windows.purging() : windows).sum(&pair::second);
    }));
    CHECK(run_script(h, "a:1@0 b:2@1 a:4@2") == std::vector<summed>{{"a", 0, 10, 5}});
    CHECK(run_script(h, "a:8@3 a:16@4") == std::vector<summed>{{"a", 0, 10, purging ? 24 : 29}});
    const auto last = run_script(h, "|");
    CHECK(last ==
          (purging ? std::vector<summed>{{"b", 0, 10, 2}} : std::vector<summed>{{"a", 0, 10, 29}, {"b", 0, 10, 2}}));
  }
}

TEST_CASE("windows that have changed speak early by processing time", "[operators][windows]") {
  for (const auto& windows : {tumbling(10ms), sliding(10ms, 5ms)}) {
    both_states<pair, summed> h(
        of_pairs<summed>([=](auto keyed) { return keyed.window(windows).early_every(1s).sum(&pair::second); }));
    run_script(h, "a:1@5 b:2@5 W4");
    CHECK(h.records().empty());
    h.time().advance_to(h.core().wake_at().value());
    h.wake();
    const std::size_t once = h.records().size();
    CHECK(once == (windows.slide_ms == 10 ? 2 : 4));
    CHECK(run_script(h, "a:4@6").empty());
    h.time().advance_to(h.core().wake_at().value());
    h.wake();
    // Only `a` has something new to say.
    CHECK(h.records().size() == once + once / 2);
    CHECK(h.records().back().value == 5);
  }
}

TEST_CASE("aggregates get key and window, and process gets the records", "[operators][windows]") {
  struct span_of {
    using accumulator = int;
    void add(accumulator& acc, const pair& p) { acc += p.second; }
    void merge(accumulator& acc, const accumulator& other) { acc += other; }
    std::string result(const std::string& key, const window& w, accumulator&& acc) {
      return key + std::to_string(w.end - w.start) + ":" + std::to_string(acc);
    }
  };
  both_states<pair, std::string> a(
      declared<pair>([](auto in) { return in.key_by(&pair::first).window(tumbling(10ms)).aggregate(span_of{}); }));
  CHECK(run_script(a, "x:1@1 x:2@2 |") == std::vector<std::string>{"x10:3"});

  for (const auto& windows : {tumbling(10ms), sliding(10ms, 5ms)}) {
    both_states<pair, std::string> p(declared<pair>([=](auto in) {
      return in.key_by(&pair::first)
          .window(windows)
          .process([](const std::string& key, const window& w, std::vector<pair>& all, collector<std::string>& out) {
            for (const pair& one : all) out.push(key + std::to_string(w.start) + ":" + std::to_string(one.second));
          });
    }));
    CHECK(run_script(p, "x:1@1 x:3@7 x:2@2 W9").size() == (windows.slide_ms == 10 ? 3 : 5));
    CHECK(p.records().back() == (windows.slide_ms == 10 ? "x0:2" : "x0:3"));
  }
}

TEST_CASE("a stream without key has one window at a time", "[operators][windows]") {
  both_states<int, window_result<void, std::int64_t>> h(
      declared<int>([](auto in) { return in.window(tumbling(10ms)).sum([](int x) { return x; }); }));
  CHECK(run_script(h, "1@1 2@2 4@11 |") == std::vector<window_result<void, std::int64_t>>{{0, 10, 3}, {10, 20, 4}});
}

TEST_CASE("the ready-made aggregates say what they should", "[operators][windows]") {
  const auto value_of = [](auto make, std::string_view script) {
    auto maker = of_pairs<void>([&](auto keyed) { return make(keyed.window(sliding(20ms, 10ms))); });
    using value = decltype(make(
        std::declval<keyed_stream<const std::string&, pair, std::string pair::*>>().window(sliding(20ms, 10ms))));
    both_states<pair, typename value::record_type> h(maker);
    return run_script(h, std::string(script)).front().value;
  };
  CHECK(value_of([](auto w) { return w.count(); }, "a:3@0 a:1@4 W9") == 2);
  CHECK(value_of([](auto w) { return w.min(&pair::second); }, "a:3@0 a:1@4 W9") == 1);
  CHECK(value_of([](auto w) { return w.max(&pair::second); }, "a:3@0 a:1@4 W9") == 3);
  CHECK(value_of([](auto w) { return w.avg(&pair::second); }, "a:3@0 a:1@4 W9") == 2.0);
}

TEST_CASE("top_n keeps the greatest, of equal ones the first", "[operators][windows]") {
  using ranked = window_result<std::string, std::vector<pair>>;
  for (const auto& windows : {tumbling(20ms), sliding(20ms, 10ms)}) {
    both_states<pair, ranked> h(
        of_pairs<ranked>([=](auto keyed) { return keyed.window(windows).top_n(2, &pair::second); }));
    run_script(h, "a:3@0 a:1@4 a:7@12 a:3@13 b:5@1 W19");
    const auto all = h.records();
    const auto found =
        std::find_if(all.begin(), all.end(), [](const ranked& one) { return one.key == "a" && one.start == 0; });
    REQUIRE(found != all.end());
    CHECK(found->value == std::vector<pair>{{"a", 7}, {"a", 3}});
  }
}

TEST_CASE("a record without event time follows the policy", "[operators][windows]") {
  both_states<pair, summed> strict(sums(tumbling(10ms)));
  CHECK_THROWS_WITH(run_script(strict, "a:1"), Catch::Matchers::Contains("assign_timestamps"));
  both_states<pair, summed> lenient(
      of_pairs<summed>([](auto keyed) { return keyed.window(tumbling(10ms)).sum(&pair::second).on_error(drop); }));
  CHECK(run_script(lenient, "a:1@0 a:2 a:4@1 |") == std::vector<summed>{{"a", 0, 10, 5}});
  CHECK(lenient.fates().dropped == 1);
}

TEST_CASE("far times are ordinary times", "[operators][windows]") {
  both_states<pair, summed> h(sums(tumbling(1000ms)));
  const event_time far = end_of_time;
  h.feed_timed({{"a", 1}, {"a", 2}, {"a", 4}}, {far, no_event_time + 1, -62135596800000});
  h.end();
  CHECK(h.records().size() == 3);
  CHECK(h.fates().passed == 3);
  CHECK(h.records()[1] == summed{"a", -62135596800000, -62135596799000, 4});
}

TEST_CASE("limits of windows fail a record, not the memory", "[operators][windows]") {
  const auto limited = [](window_limits limits) {
    return of_pairs<summed>(
        [=](auto keyed) { return keyed.window(tumbling(10ms)).limits(limits).sum(&pair::second).on_error(drop); });
  };
  both_states<pair, summed> all(limited({.windows_max = 3}));
  CHECK(run_script(all, "a:1@0 b:2@0 c:4@0 d:8@0 a:16@1 |").size() == 3);
  CHECK(all.fates().dropped == 1);
  both_states<pair, summed> each(limited({.windows_per_key_max = 2}));
  CHECK(run_script(each, "a:1@0 a:2@10 a:4@20 b:8@20 W9 a:16@25 |").size() == 4);
  CHECK(each.fates().dropped == 1);
}

TEST_CASE("an aggregate that throws in merge or result follows the policy", "[operators][windows]") {
  struct picky {
    using accumulator = int;
    bool in_merge = false;
    void add(accumulator& acc, const pair& p) { acc += p.second; }
    void merge(accumulator& acc, const accumulator& other) {
      if (in_merge && other == 2) throw std::runtime_error("no merge");
      acc += other;
    }
    std::pair<std::string, int> result(const std::string& key, accumulator&& acc) {
      if (!in_merge && acc == 3) throw std::runtime_error("no result");
      return {key, acc};
    }
  };
  const auto made = [](bool in_merge, error_policy policy) {
    return declared<pair>([=](auto in) {
      return in.key_by(&pair::first).window(sliding(20ms, 10ms)).aggregate(picky{in_merge}).on_error(policy);
    });
  };
  for (const bool in_merge : {false, true}) {
    both_states<pair> failing(made(in_merge, fail));
    CHECK_THROWS_WITH(run_script(failing, "a:1@5 a:2@15 |"), Catch::Matchers::Contains("no "));
    both_states<pair> dropping(made(in_merge, drop));
    CHECK(run_script(dropping, "a:1@5 a:2@15 b:5@5 |") == std::vector<pair>{{"a", 1}, {"b", 5}, {"b", 5}, {"a", 2}});
    CHECK(dropping.fates().dropped == 1);
    both_states<pair> telling(made(in_merge, dead_letters));
    run_script(telling, "a:1@5 a:2@15 |");
    REQUIRE(telling.dead_letters().size() == 1);
    CHECK(telling.dead_letters().front().record.find("[0, 20)") != std::string::npos);
  }
}

TEST_CASE("windows without length and periods of nothing are refused at the call", "[operators][windows]") {
  CHECK_THROWS_WITH(tumbling(0ms), Catch::Matchers::Contains("between 1 ms"));
  CHECK_THROWS_WITH(sliding(10ms, 0ms), Catch::Matchers::Contains("between 1 ms"));
  CHECK_THROWS_WITH(sliding(-1ms, 5ms), Catch::Matchers::Contains("between 1 ms"));
  reference_environment env;
  const auto keyed = env.from_source(collection(std::vector<pair>{})).key_by(&pair::first);
  CHECK_THROWS(keyed.window(tumbling(1s)).early_every(0ns));
  CHECK_THROWS(keyed.window(tumbling(1s)).every_records(0));
  CHECK_THROWS(keyed.window(tumbling(1s)).allowed_lateness(-1ms));
  CHECK_THROWS_WITH(keyed.window(sliding(2s, 1s)).purging(), Catch::Matchers::Contains("sliding"));
}

TEST_CASE("keys that no window uses are given back", "[operators][windows]") {
  using op =
      operators::pane_operator<int, std::identity, operators::aggregate_fold<operators::counting, int, int, true>,
                               operators::regular_grid>;
  auto made = std::make_unique<op>(std::identity{}, operators::aggregate_fold<operators::counting, int, int, true>{},
                                   error_policy{}, tumbling(10ms), window_settings{});
  op& logic = *made;
  operator_harness<int, window_result<int, std::uint64_t>> h(operators::operator_ptr(std::move(made)));
  for (int round = 0; round < 100; ++round) {
    std::vector<int> records(1000);
    for (int i = 0; i < 1000; ++i) records[static_cast<std::size_t>(i)] = round * 1000 + i;
    h.feed_timed(records, std::vector<event_time>(1000, round * 10));
    h.advance(round * 10 + 5);
  }
  h.end();
  CHECK(h.records().size() == 100'000);
  CHECK(logic.keys() < 10'000);
}

TEST_CASE("a window goes on where the output made it stop", "[operators][windows]") {
  std::string script;
  for (int i = 0; i < 30; ++i) script += "k" + std::to_string(i) + ":1@" + std::to_string(i) + " ";
  both_states<pair, summed> free(sums(sliding(20ms, 10ms)), harness_options{.batch_size = 4});
  const auto wanted = run_script(free, script + "W15 |");
  both_states<pair, summed> held_up(sums(sliding(20ms, 10ms)), harness_options{.batch_size = 4});
  held_up.refuse_all();
  CHECK(run_script(held_up, script) == std::vector<summed>{});
  held_up.advance(15);
  held_up.settle();
  held_up.end();
  held_up.settle();
  CHECK(held_up.records() == wanted);
  CHECK(held_up.suspensions() > 5);
}
