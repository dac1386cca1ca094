// How records find their way: union, split, route, broadcast, rebalance, and operators of the user.
#include <map>
#include <stdexcept>

#include "tests/pipelines/picky.hpp"
#include "tests/repeat_operator.hpp"

namespace {

using sage::environment;
using sage::test::all_variants;
using sage::test::make_environment;
using sage::test::numbers;
using sage::test::on_every_engine;
using sage::test::sorted;

constexpr int count = 300;

TEST_CASE("union_with conforms: every record of every input", "[conformance][union]") {
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    auto low = env.from_source(sage::range<int>(0, 100, 2));
    auto middle = env.from_source(sage::collection<int>({100, 101, 102}));
    auto high = env.from_source(sage::range<int>(103, count)).map([](int x) { return x; });
    auto none = env.from_source(sage::collection<int>({}));
    low.union_with(middle, high, none).sink(sage::collect_into(out));
    env.execute("union");
    CHECK(sorted(out) == numbers(count));
  });
}

TEST_CASE("union_with keeps the order of each input", "[conformance][union]") {
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    auto low = env.from_source(sage::range<int>(0, 100));
    auto high = env.from_source(sage::range<int>(100, count));
    low.union_with(high).parallelism(1).sink(sage::collect_into(out)).parallelism(1);
    env.execute("union");
    std::vector<int> records = out.records();
    std::stable_partition(records.begin(), records.end(), [](int x) { return x < 100; });
    CHECK(records == numbers(count));
  });
}

TEST_CASE("split conforms: each record on one side", "[conformance][split]") {
  on_every_engine([](environment& env) {
    sage::collected<int> yes;
    sage::collected<int> no;
    sage::collected<int> none;
    auto source = env.from_source(sage::range<int>(0, count, 3));
    auto [matching, rest] = source.split([](const int& x) { return x % 3 == 0; });
    matching.sink(sage::collect_into(yes));
    rest.sink(sage::collect_into(no));
    auto [all, nothing] = source.split([](const int&) { return true; });
    all.sink(sage::discard());
    nothing.sink(sage::collect_into(none));
    env.execute("split");
    std::vector<int> expected_yes;
    std::vector<int> expected_no;
    for (int x = 0; x < count; ++x) (x % 3 == 0 ? expected_yes : expected_no).push_back(x);
    CHECK(sorted(yes) == expected_yes);
    CHECK(sorted(no) == expected_no);
    CHECK(none.size() == 0);
  });
}

struct request {
  std::string intent;
  int number = 0;
};

TEST_CASE("route to labels conforms, with the rest on otherwise", "[conformance][route]") {
  on_every_engine([](environment& env) {
    sage::collected<std::string> out;
    auto requests = env.from_source(sage::range<int>(0, count, 3)).map([](int x) {
      static constexpr const char* intents[] = {"order", "refund", "joke"};
      return request{intents[x % 3], x};
    });
    auto routed = requests.route(&request::intent, {"order", "refund"});
    auto orders = routed["order"].map([](const request& r) { return "o" + std::to_string(r.number); });
    auto refunds = routed["refund"].map([](const request& r) { return "r" + std::to_string(r.number); });
    auto rest = routed.otherwise().map([](const request& r) { return r.intent + std::to_string(r.number); });
    orders.union_with(refunds, rest).sink(sage::collect_into(out));
    env.execute("route");
    std::vector<std::string> expected;
    for (int x = 0; x < count; ++x) {
      expected.push_back((x % 3 == 0 ? "o" : x % 3 == 1 ? "r" : "joke") + std::to_string(x));
    }
    std::sort(expected.begin(), expected.end());
    CHECK(sorted(out) == expected);
    CHECK_THROWS_AS(routed["small talk"], sage::error);
  });
}

using placed = std::pair<std::size_t, int>;  // the instance that had it, the record

auto note_instance() {
  return [](int x, sage::context& self) { return placed(self.instance(), x); };
}

TEST_CASE("route to instances conforms: the user's function decides", "[conformance][route]") {
  for (const auto& v : all_variants()) {
    INFO(v.title());
    const auto env = make_environment(v);
    sage::collected<placed> out;
    env->from_source(sage::range<int>(0, count, 3))
        .route(sage::to_instance([](int x, std::size_t n) { return static_cast<std::size_t>(x) / 7 % n; }))
        .map(note_instance())
        .parallelism(v.parallelism)
        .sink(sage::collect_into(out));
    env->execute("to_instance");
    std::vector<placed> expected;
    for (int x = 0; x < count; ++x) expected.emplace_back(static_cast<std::size_t>(x) / 7 % v.parallelism, x);
    std::sort(expected.begin(), expected.end());
    CHECK(sorted(out) == expected);
  }
}

TEST_CASE("a partitioner that names an instance that isn't there fails the job", "[conformance][route]") {
  for (const auto& v : all_variants()) {
    if (v.parallelism == 1) continue;  // one target: nobody is asked
    INFO(v.title());
    const auto env = make_environment(v);
    env->from_source(sage::range<int>(0, count))
        .name("numbers")
        .flat_map([](int x) { return std::vector<int>{x}; })
        .on_error(sage::drop)  // must not forgive it
        .route(sage::to_instance([](int x, std::size_t n) { return x == 200 ? n : 0; }))
        .map([](int x) { return x; })
        .parallelism(v.parallelism)
        .sink(sage::discard());
    CHECK_THROWS_WITH(env->execute("wrong"), Catch::Contains("the partitioner returned instance"));
  }
}

TEST_CASE("broadcast conforms: every record to every instance", "[conformance][broadcast]") {
  for (const auto& v : all_variants()) {
    INFO(v.title());
    const auto env = make_environment(v);
    sage::collected<placed> out;
    sage::collected<std::string> text;
    auto source = env->from_source(sage::range<int>(0, count, 3));
    source.broadcast().map(note_instance()).parallelism(v.parallelism).sink(sage::collect_into(out));
    // Records that are edited in place by one must not change for the others.
    source.map([](int x) { return std::to_string(x); })
        .broadcast()
        .map([](std::string s) { return std::move(s) + "!"; })
        .parallelism(v.parallelism)
        .sink(sage::collect_into(text));
    env->execute("broadcast");
    std::vector<placed> expected;
    std::vector<std::string> expected_text;
    for (std::size_t instance = 0; instance < v.parallelism; ++instance) {
      for (int x = 0; x < count; ++x) {
        expected.emplace_back(instance, x);
        expected_text.push_back(std::to_string(x) + "!");
      }
    }
    std::sort(expected_text.begin(), expected_text.end());
    CHECK(sorted(out) == expected);
    CHECK(sorted(text) == expected_text);
  }
}

TEST_CASE("rebalance conforms: every record to one instance, all of them used", "[conformance][rebalance]") {
  for (const auto& v : all_variants()) {
    INFO(v.title());
    const auto env = make_environment(v);
    sage::collected<placed> out;
    env->from_source(sage::range<int>(0, count))
        .rebalance()
        .map(note_instance())
        .parallelism(v.parallelism)
        .sink(sage::collect_into(out));
    env->execute("rebalance");
    std::vector<int> values;
    std::map<std::size_t, int> per_instance;
    for (const auto& [instance, x] : out.records()) {
      values.push_back(x);
      ++per_instance[instance];
    }
    std::sort(values.begin(), values.end());
    CHECK(values == numbers(count));
    if (v.batch_size < 100) CHECK(per_instance.size() == v.parallelism);
  }
}

TEST_CASE("an operator of the user conforms", "[conformance][transform]") {
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    auto source = env.from_source(sage::range<int>(0, count, 3));
    source.transform("threefold", [] { return std::make_unique<sage::test::repeat_operator>(3); })
        .map([](int x) { return x * 2; })
        .sink(sage::collect_into(out));
    source.transform("swallow", [] { return std::make_unique<sage::test::repeat_operator>(0); })
        .sink(sage::collect_into(out));
    env.execute("transform");
    std::vector<int> expected;
    for (int x = 0; x < count; ++x) expected.insert(expected.end(), 3, x * 2);
    CHECK(sorted(out) == expected);
  });
}

}  // namespace
