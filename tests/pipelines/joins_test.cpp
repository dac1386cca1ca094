// Joins of streams that are out of order and far apart, on every engine, against a loop over all pairs.
#include <chrono>
#include <map>
#include <random>
#include <set>

#include "sage/sage.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

struct left {
  int key = 0;
  event_time at = 0;
  int id = 0;
};
SAGE_DESCRIBE(left, key, at, id)
struct right {
  int key = 0;
  event_time at = 0;
  std::string id;
};
SAGE_DESCRIBE(right, key, at, id)

using match = std::pair<int, std::string>;

std::vector<left> lefts(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<left> all;
  for (std::size_t i = 0; i < count; ++i) {
    all.push_back(
        {static_cast<int>(random() % 9), static_cast<event_time>(i * 2 - random() % 30), static_cast<int>(i)});
  }
  return all;
}
std::vector<right> rights(std::size_t count, std::uint64_t seed) {
  std::vector<right> all;
  for (const left& one : lefts(count, seed + 100)) all.push_back({one.key, one.at, "r" + std::to_string(one.id)});
  return all;
}

std::vector<match> expected_matches(const std::vector<left>& a, const std::vector<right>& b, event_time lower,
                                    event_time upper, bool left_alone, bool right_alone) {
  std::vector<match> all;
  std::vector<bool> met(b.size(), false);
  for (const left& one : a) {
    bool found = false;
    for (std::size_t i = 0; i < b.size(); ++i) {
      if (b[i].key != one.key || b[i].at < one.at + lower || b[i].at > one.at + upper) continue;
      all.emplace_back(one.id, b[i].id);
      found = met[i] = true;
    }
    if (!found && left_alone) all.emplace_back(one.id, "");
  }
  for (std::size_t i = 0; i < b.size(); ++i) {
    if (!met[i] && right_alone) all.emplace_back(-1, b[i].id);
  }
  std::sort(all.begin(), all.end());
  return all;
}

match either(const left* l, const right* r) {
  return {l ? l->id : -1, r ? r->id : std::string()};
}

auto keyed(environment& env, const std::vector<left>& all) {
  return env.from_source(collection(all))
      .assign_timestamps(&left::at, bounded_out_of_orderness(30ms))
      .key_by(&left::key);
}
auto keyed(environment& env, const std::vector<right>& all) {
  return env.from_source(collection(all))
      .assign_timestamps(&right::at, bounded_out_of_orderness(30ms))
      .key_by(&right::key);
}

}  // namespace

TEST_CASE("an interval join finds the pairs that a loop over all pairs finds", "[pipeline][joins]") {
  const auto a = lefts(300, 1);
  const auto b = rights(300, 1);
  for (const auto& [lower, upper] : {std::pair{-20, 20}, std::pair{0, 0}, std::pair{5, 40}, std::pair{-60, -10}}) {
    const auto expected = expected_matches(a, b, lower, upper, false, false);
    test::on_every_engine([&](environment& env) {
      collected<match> out;
      keyed(env, a)
          .join(keyed(env, b))
          .within(std::chrono::milliseconds(lower), std::chrono::milliseconds(upper))
          .apply([](const left& l, const right& r) { return match(l.id, r.id); })
          .sink(collect_into(out));
      env.execute("join");
      REQUIRE(test::sorted(out) == expected);
    });
  }
}

TEST_CASE("outer joins also find who is alone, and their time never lies", "[pipeline][joins]") {
  const auto a = lefts(250, 2);
  const auto b = rights(200, 2);
  for (const auto& [lower, upper] : {std::pair{-6, 6}, std::pair{3, 9}, std::pair{-9, -3}}) {
    for (const join_kind kind : {join_kind::left_outer, join_kind::right_outer, join_kind::full_outer}) {
      const auto expected =
          expected_matches(a, b, lower, upper, kind != join_kind::right_outer, kind != join_kind::left_outer);
      test::on_every_engine([&](environment& env) {
        INFO(lower << " to " << upper << ", kind " << static_cast<int>(kind));
        collected<match> out;
        collected<std::pair<match, int>> late;
        const auto near = keyed(env, a)
                              .join(keyed(env, b))
                              .within(std::chrono::milliseconds(lower), std::chrono::milliseconds(upper));
        const auto joined = kind == join_kind::left_outer    ? near.left_outer()
                            : kind == join_kind::right_outer ? near.right_outer()
                                                             : near.full_outer();
        auto found = joined.apply(either);
        found.sink(collect_into(out));
        // Each result is in a window: were one behind the watermark, it would be missing there.
        std::atomic<std::uint64_t> counted{0};
        found.window(tumbling(50ms)).count().sink([&](const window_result<void, std::uint64_t>& w) {
          counted += w.value;
        });
        env.execute("outer");
        REQUIRE(test::sorted(out) == expected);
        REQUIRE(counted.load() == expected.size());
      });
    }
  }
}

TEST_CASE("a stream joined with itself, far ahead of its other half, neither stops nor loses anything",
          "[pipeline][joins]") {
  // A diamond: one branch comes to the join long before the other, more than the credit of its channels covers.
  const auto a = lefts(3000, 3);
  std::uint64_t pairs = 0;
  for (const left& one : a) {
    for (const left& other : a) pairs += one.key == other.key && std::abs(one.at - other.at) <= 4 ? 1 : 0;
  }
  test::on_every_engine([&](environment& env) {
    collected<int> out;
    const auto source = env.from_source(collection(a)).assign_timestamps(&left::at, bounded_out_of_orderness(30ms));
    const auto slow = source.map([](const left& l) { return l; })
                          .start_chain()
                          .filter([](const left&) { return true; })
                          .rebalance();
    source.key_by(&left::key)
        .join(slow.key_by(&left::key))
        .within(-4ms, 4ms)
        .apply([](const left& l, const left&) { return l.id; })
        .sink(collect_into(out));
    env.execute("diamond");
    REQUIRE(out.size() == pairs);
  });
}

TEST_CASE("a temporal join finds what was valid at a record's time", "[pipeline][joins]") {
  const auto a = lefts(300, 5);
  auto b = rights(200, 5);
  // One version per key and time: which of two is newer would be anybody's guess.
  std::set<std::pair<int, event_time>> known;
  std::erase_if(b, [&](const right& r) { return !known.emplace(r.key, r.at).second; });
  for (const bool outer : {false, true}) {
    std::vector<match> expected;
    for (const left& one : a) {
      const right* valid = nullptr;
      for (const right& version : b) {
        if (version.key == one.key && version.at <= one.at && (!valid || version.at > valid->at)) valid = &version;
      }
      if (valid || outer) expected.emplace_back(one.id, valid ? valid->id : "");
    }
    std::sort(expected.begin(), expected.end());
    test::on_every_engine([&](environment& env) {
      collected<match> out;
      const auto joined = keyed(env, a).join(keyed(env, b)).as_of();
      (outer ? joined.left_outer() : joined)
          .apply([](const left& l, const right* r) { return match(l.id, r ? r->id : ""); })
          .sink(collect_into(out));
      env.execute("as of");
      REQUIRE(test::sorted(out) == expected);
    });
  }
}

TEST_CASE("a window join finds the pairs of each window, co_group the groups", "[pipeline][joins]") {
  const auto a = lefts(300, 6);
  const auto b = rights(300, 6);
  const auto window_of = [](event_time t) { return t - (t % 40 + 40) % 40; };
  std::vector<match> expected;
  std::map<std::pair<int, event_time>, std::pair<int, int>> groups;
  for (const left& l : a) {
    ++groups[{l.key, window_of(l.at)}].first;
    for (const right& r : b) {
      if (l.key == r.key && window_of(l.at) == window_of(r.at)) expected.emplace_back(l.id, r.id);
    }
  }
  for (const right& r : b) ++groups[{r.key, window_of(r.at)}].second;
  std::sort(expected.begin(), expected.end());
  using group = std::pair<std::pair<int, event_time>, std::pair<int, int>>;
  test::on_every_engine([&](environment& env) {
    collected<match> out;
    collected<group> grouped;
    const auto joined = keyed(env, a).join(keyed(env, b)).window(tumbling(40ms));
    joined.apply([](const left& l, const right& r) { return match(l.id, r.id); }).sink(collect_into(out));
    joined
        .co_group([](const int& key, const window& when, std::vector<left>& ls, std::vector<right>& rs,
                     collector<group>& to) {
          to.push({{key, when.start}, {static_cast<int>(ls.size()), static_cast<int>(rs.size())}});
        })
        .sink(collect_into(grouped));
    env.execute("window join");
    REQUIRE(test::sorted(out) == expected);
    REQUIRE(test::sorted(grouped) == std::vector<group>(groups.begin(), groups.end()));
  });
}

TEST_CASE("a join that would keep too much applies its policy to the record", "[pipeline][joins]") {
  std::vector<left> a;
  for (int i = 0; i < 100; ++i) a.push_back({0, 10, i});
  reference_environment env;
  const auto declare = [&](error_policy policy, collected<match>& out) {
    keyed(env, a)
        .join(keyed(env, std::vector<right>{{0, 10, "r"}}))
        .within(-1ms, 1ms)
        .limits({.records_per_key_max = 60})
        .left_outer()
        .apply([](const left& l, const right* r) { return match(l.id, r ? r->id : ""); })
        .on_error(policy)
        .sink(collect_into(out));
  };
  collected<match> out;
  declare(drop, out);
  env.execute("dropping");
  CHECK(out.size() == 60);
  collected<match> none;
  declare(fail, none);
  CHECK_THROWS_WITH(env.execute("failing"), Catch::Contains("60 records of one key"));
}

TEST_CASE("joins that can't be meant are refused at the call", "[pipeline][joins]") {
  reference_environment env;
  const auto a = keyed(env, lefts(1, 1));
  const auto b = keyed(env, rights(1, 1));
  CHECK_THROWS_WITH(a.join(b).within(5s, -5s), Catch::Contains("within(-5s, 5s)"));
  CHECK_THROWS_WITH(a.join(b).within(-5s, 5s).left_outer().apply([](const left& l, const right&) { return l; }),
                    Catch::Contains("const B*"));
}
