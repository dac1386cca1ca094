// Operators that look at one record at a time, on every engine, against a plain loop.
#include <map>
#include <numeric>
#include <stdexcept>

#include "tests/pipelines/engines.hpp"
#include "tests/pipelines/picky.hpp"

namespace {

using sage::environment;
using sage::test::numbers;
using sage::test::on_every_engine;

using sage::test::sorted;

constexpr int count = 300;

TEST_CASE("map conforms", "[conformance][map]") {
  on_every_engine([](environment& env) {
    sage::collected<long> out;
    sage::collected<int> in_place;
    auto source = env.from_source(sage::range<int>(0, count, 3));
    source.map([](int x) { return x * 5L; }).sink(sage::collect_into(out));
    source.map([](int x) { return x + 1; })
        .map([](const int& x) { return x * 2; })
        .sink(sage::collect_into(in_place));
    env.execute("map");
    std::vector<long> expected;
    std::vector<int> expected_in_place;
    for (int x = 0; x < count; ++x) {
      expected.push_back(x * 5L);
      expected_in_place.push_back((x + 1) * 2);
    }
    CHECK(sorted(out) == expected);
    CHECK(sorted(in_place) == expected_in_place);
  });
}

TEST_CASE("filter conforms, on records of any kind and on shared batches", "[conformance][filter]") {
  on_every_engine([](environment& env) {
    sage::collected<int> even;
    sage::collected<int> all;
    sage::collected<std::string> text;
    auto source = env.from_source(sage::range<int>(0, count, 3));
    source.filter([](const int& x) { return x % 2 == 0; }).sink(sage::collect_into(even));
    source.sink(sage::collect_into(all));
    source.map([](int x) { return std::to_string(x); })
        .filter([](const std::string& s) { return s.back() == '7'; })
        .filter([](std::string s) { return s.size() > 1; })
        .sink(sage::collect_into(text));
    env.execute("filter");
    std::vector<int> expected;
    std::vector<std::string> expected_text;
    for (int x = 0; x < count; ++x) {
      if (x % 2 == 0) expected.push_back(x);
      if (x % 10 == 7 && x > 9) expected_text.push_back(std::to_string(x));
    }
    std::sort(expected_text.begin(), expected_text.end());
    CHECK(sorted(even) == expected);
    CHECK(sorted(all) == numbers(count));
    CHECK(sorted(text) == expected_text);
  });
}

TEST_CASE("flat_map conforms, with no, some and many results per record", "[conformance][flat_map]") {
  on_every_engine([](environment& env) {
    sage::collected<int> ranges;
    sage::collected<int> pushed;
    auto source = env.from_source(sage::range<int>(0, count, 3));
    const auto results = [](int x) { return x == 150 ? 3000 : x % 4; };
    source.flat_map([results](int x) { return std::vector<int>(static_cast<std::size_t>(results(x)), x); })
        .sink(sage::collect_into(ranges));
    source
        .flat_map([results](const int& x, sage::collector<int>& out) {
          for (int i = 0; i < results(x); ++i) out.push(x);
        })
        .map([](int x) { return -x; })
        .sink(sage::collect_into(pushed));
    env.execute("flat_map");
    std::vector<int> expected;
    for (int x = 0; x < count; ++x) expected.insert(expected.end(), static_cast<std::size_t>(results(x)), x);
    CHECK(sorted(ranges) == expected);
    for (int& x : expected) x = -x;
    std::sort(expected.begin(), expected.end());
    CHECK(sorted(pushed) == expected);
  });
}

TEST_CASE("inspect conforms: every record is seen once and goes on", "[conformance][inspect]") {
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    auto sum = std::make_shared<std::atomic<int>>(0);
    env.from_source(sage::range<int>(0, count, 3))
        .inspect([sum](const int& x) { *sum += x; })
        .sink(sage::collect_into(out));
    env.execute("inspect");
    CHECK(sorted(out) == numbers(count));
    CHECK(*sum == count * (count - 1) / 2);
  });
}

TEST_CASE("collect conforms: consecutive records, the last vector shorter", "[conformance][collect]") {
  for (const std::size_t size : {1, 3, 64, 1000}) {
    on_every_engine([size](environment& env) {
      sage::collected<std::vector<int>> out;
      env.from_source(sage::range<int>(0, count)).collect(size).sink(sage::collect_into(out));
      env.execute("collect");
      std::vector<std::vector<int>> expected;
      for (int x = 0; x < count; ++x) {
        if (expected.empty() || expected.back().size() == size) expected.emplace_back();
        expected.back().push_back(x);
      }
      CHECK(out.records() == expected);
    });
  }
}

TEST_CASE("memoize conforms: one call per distinct argument in each instance", "[conformance][memoize]") {
  on_every_engine([](environment& env) {
    sage::collected<std::string> out;
    auto calls = std::make_shared<std::atomic<int>>(0);
    env.from_source(sage::range<int>(0, count, 3))
        .map([](int x) { return x % 10; })
        .map([calls](int x) {
          ++*calls;
          return std::to_string(x);
        })
        .memoize({.entries_max = 100})
        .sink(sage::collect_into(out));
    env.execute("memoize");
    std::vector<std::string> expected;
    for (int x = 0; x < 10; ++x) expected.insert(expected.end(), count / 10, std::to_string(x));
    CHECK(sorted(out) == expected);
    CHECK(*calls >= 10);
    CHECK(*calls <= 10 * 3);
  });
}

TEST_CASE("records of any kind travel: large, empty, owning, aligned", "[conformance][records]") {
  struct empty {};
  struct large {
    std::array<int, 500> values;
  };
  struct alignas(16) aligned {
    double x;
  };
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    env.from_source(sage::range<int>(0, count, 3))
        .map([](int x) {
          large l{};
          l.values[499] = x;
          return l;
        })
        .rebalance()
        .map([](const large& l) { return std::pair(aligned{static_cast<double>(l.values[499])}, empty{}); })
        .key_by([](const std::pair<aligned, empty>& p) { return static_cast<int>(p.first.x) % 5; })
        .process([](const std::pair<aligned, empty>& p, sage::collector<int>& to) {
          to.push(static_cast<int>(p.first.x));
        })
        .sink(sage::collect_into(out));
    env.execute("kinds");
    CHECK(sorted(out) == numbers(count));
  });
}

}  // namespace
