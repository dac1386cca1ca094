// The whole way from a source to a sink: results, fates and ends, on every engine.
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>

#include "tests/pipelines/engines.hpp"

namespace {

using sage::environment;
using sage::test::on_every_engine;
using sage::test::sorted;

std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

TEST_CASE("map and filter give what a loop gives", "[pipeline][map][filter]") {
  on_every_engine([](environment& env) {
    sage::collected<long> out;
    env.from_source(sage::range<int>(0, 3000, 5))
        .map([](int x) { return x * 3L + 1; })
        .filter([](const long& x) { return x % 2 == 1; })
        .sink(sage::collect_into(out));
    env.execute("loop");
    std::vector<long> expected;
    for (int x = 0; x < 3000; ++x) {
      if ((x * 3L + 1) % 2 == 1) expected.push_back(x * 3L + 1);
    }
    CHECK(sorted(out) == expected);
  });
}

TEST_CASE("flat_map by range and by collector agree and keep order at parallelism 1", "[pipeline][flat_map]") {
  on_every_engine([](environment& env) {
    sage::collected<int> by_range;
    sage::collected<int> by_collector;
    auto source = env.from_source(sage::collection<int>(numbers(100)));
    source.flat_map([](int x) { return std::vector<int>(static_cast<std::size_t>(x % 5), x); })
        .sink(sage::collect_into(by_range));
    source
        .flat_map([](int x, sage::collector<int>& out) {
          for (int i = 0; i < x % 5; ++i) out.push(x);
        })
        .sink(sage::collect_into(by_collector));
    env.execute("flat");
    std::vector<int> expected;
    for (int x = 0; x < 100; ++x) expected.insert(expected.end(), static_cast<std::size_t>(x % 5), x);
    CHECK(by_range.records() == expected);
    CHECK(by_collector.records() == expected);
  });
}

struct event {
  std::string user;
  int value = 0;
  friend bool operator==(const event&, const event&) = default;
  friend auto operator<=>(const event&, const event&) = default;
};
SAGE_DESCRIBE(event, user, value)

std::vector<event> events(int count) {
  std::vector<event> all;
  for (int i = 0; i < count; ++i) all.push_back(event{"user" + std::to_string(i * 7 % 13), i});
  return all;
}

TEST_CASE("reduce, aggregate and running aggregates agree with a map by key", "[pipeline][keyed]") {
  on_every_engine([](environment& env) {
    sage::collected<event> sums;
    sage::collected<std::pair<std::string, std::uint64_t>> counts;
    sage::collected<std::pair<std::string, std::uint64_t>> running;
    auto keyed = env.from_source(sage::collection<event>(events(500)))
                     .rebalance()
                     .map([](event e) { return e; })
                     .key_by(&event::user);
    keyed
        .reduce([](event a, const event& b) {
          a.value += b.value;
          return a;
        })
        .sink(sage::collect_into(sums));
    keyed.aggregate(sage::count{}).sink(sage::collect_into(counts));
    keyed.aggregate(sage::count{}).emit(sage::every_update).sink(sage::collect_into(running));
    env.execute("keyed");

    std::map<std::string, int> sum;
    std::map<std::string, std::uint64_t> count;
    for (const event& e : events(500)) {
      sum[e.user] += e.value;
      ++count[e.user];
    }
    std::vector<event> expected_sums;
    for (const auto& [user, value] : sum) expected_sums.push_back(event{user, value});
    CHECK(sorted(sums) == expected_sums);
    CHECK(sorted(counts) == std::vector<std::pair<std::string, std::uint64_t>>(count.begin(), count.end()));
    std::vector<std::pair<std::string, std::uint64_t>> expected_running;
    for (const auto& [user, total] : count) {
      for (std::uint64_t i = 1; i <= total; ++i) expected_running.emplace_back(user, i);
    }
    CHECK(sorted(running) == expected_running);
  });
}

TEST_CASE("distinct, union, split, route and collect do what they say", "[pipeline][routes]") {
  on_every_engine([](environment& env) {
    sage::collected<int> distinct;
    sage::collected<int> even;
    sage::collected<std::string> labels;
    sage::collected<std::vector<int>> groups;
    auto source = env.from_source(sage::collection<int>(numbers(200)));
    source.map([](int x) { return x % 17; }).distinct().sink(sage::collect_into(distinct));
    auto [matching, rest] = source.split([](const int& x) { return x % 2 == 0; });
    matching.union_with(rest.filter([](const int& x) { return x > 190; })).sink(sage::collect_into(even));
    auto routed = source.map([](int x) {
                          return std::string(x % 3 == 0 ? "a" : x % 3 == 1 ? "b" : "c");
                        })
                      .route([](const std::string& s) { return s; }, {"a", "b"});
    routed["a"]
        .union_with(routed["b"].map([](std::string s) { return s + s; }), routed.otherwise())
        .sink(sage::collect_into(labels));
    source.collect(7).sink(sage::collect_into(groups));
    env.execute("routes");

    CHECK(sorted(distinct) == numbers(17));
    std::vector<int> expected_even;
    for (int x = 0; x < 200; ++x) {
      if (x % 2 == 0 || x > 190) expected_even.push_back(x);
    }
    CHECK(sorted(even) == expected_even);
    const auto label = sorted(labels);
    CHECK(std::count(label.begin(), label.end(), "a") == 67);
    CHECK(std::count(label.begin(), label.end(), "bb") == 67);
    CHECK(std::count(label.begin(), label.end(), "c") == 66);
    REQUIRE(groups.size() == 29);
    std::vector<int> flat;
    for (const auto& group : groups.records()) {
      CHECK((group.size() == 7 || group.size() == 4));
      flat.insert(flat.end(), group.begin(), group.end());
    }
    CHECK(flat == numbers(200));
  });
}

struct visits {
  sage::value_state<int> count;
  sage::list_state<int> values;
  void open(sage::context& self) {
    count = sage::value_state<int>(self, "count");
    values = sage::list_state<int>(self, "values");
  }
  void operator()(const event& e, sage::collector<event>& out) {
    count.set(count.value_or(0) + 1);
    values.add(e.value);
    out.push(event{e.user, static_cast<int>(values.get().size()) * 1000 + count.value_or(0)});
    if (e.value % 10 == 3) throw std::runtime_error("three");
  }
};

TEST_CASE("a process that throws leaves neither output nor state behind", "[pipeline][process][record-law]") {
  on_every_engine([](environment& env) {
    sage::collected<event> out;
    env.from_source(sage::collection<event>(events(300)))
        .key_by(&event::user)
        .process(visits{})
        .on_error(sage::drop)
        .sink(sage::collect_into(out));
    const auto done = env.execute("visits");
    std::map<std::string, int> count;
    std::vector<event> expected;
    int dropped = 0;
    for (const event& e : events(300)) {
      if (e.value % 10 == 3) {
        ++dropped;
        continue;
      }
      const int n = ++count[e.user];
      expected.push_back(event{e.user, n * 1000 + n});
    }
    std::sort(expected.begin(), expected.end());
    CHECK(sorted(out) == expected);
    std::uint64_t counted = 0;
    for (const auto& m : done.metrics.operators) counted += m.dropped;
    CHECK(counted == static_cast<std::uint64_t>(dropped));
  });
}

TEST_CASE("dead letters keep the record, the cause and the attempts", "[pipeline][record-law]") {
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    sage::collected<sage::dead_letter> dead;
    env.from_source(sage::collection<int>(numbers(100)))
        .map([](int x) {
          if (x % 9 == 4) throw std::runtime_error("nine");
          return x;
        })
        .name("picky")
        .on_error(sage::retry(2).otherwise(sage::dead_letters))
        .sink(sage::collect_into(out));
    env.dead_letters().sink(sage::collect_into(dead));
    env.execute("dead");
    CHECK(out.size() == 89);
    REQUIRE(dead.size() == 11);
    for (const sage::dead_letter& d : dead.records()) {
      CHECK(d.operator_name == "picky");
      CHECK(d.attempts == 3);
      CHECK(d.error == "nine");
      CHECK(std::stoi(d.record) % 9 == 4);
    }
  });
}

TEST_CASE("a function that throws fails the job with operator, instance and cause", "[pipeline][failure]") {
  on_every_engine([](environment& env) {
    env.from_source(sage::range<int>(0, 100000))
        .map([](int x) {
          if (x == 4321) throw std::runtime_error("bad luck");
          return x;
        })
        .name("unlucky")
        .sink(sage::discard());
    try {
      env.execute("fails");
      FAIL("it should have thrown");
    } catch (const sage::error& problem) {
      CHECK(problem.code() == sage::errc::user_function);
      CHECK(std::string(problem.what()) == "unlucky[0]: bad luck");
    }
  });
}

struct life {
  std::shared_ptr<std::vector<std::string>> log;
  std::string name;
  bool throws = false;
  void open(sage::context&) {
    if (throws) throw std::runtime_error("can't open");
    log->push_back("open " + name);
  }
  void close() { log->push_back("close " + name); }
  int operator()(int x) const { return x; }
};

TEST_CASE("open runs before the first record, close after the last in reverse order", "[pipeline][life]") {
  sage::reference_environment env;
  auto log = std::make_shared<std::vector<std::string>>();
  env.from_source(sage::range<int>(0, 10)).map(life{log, "a"}).map(life{log, "b"}).sink(sage::discard());
  env.execute("life");
  CHECK(*log == std::vector<std::string>{"open a", "open b", "close b", "close a"});

  log->clear();
  env.from_source(sage::range<int>(0, 10))
      .map(life{log, "a"})
      .map(life{log, "b", true})
      .name("b")
      .sink(sage::discard());
  CHECK_THROWS_WITH(env.execute("life"), "b[0]: can't open");
  CHECK(*log == std::vector<std::string>{"open a", "close a"});
}

TEST_CASE("a move-only record travels over every edge", "[pipeline][move]") {
  on_every_engine([](environment& env) {
    sage::collected<std::unique_ptr<int>> out;
    env.from_source(sage::range<int>(0, 1000))
        .map([](int x) { return std::make_unique<int>(x); })
        .rebalance()
        .filter([](const std::unique_ptr<int>& p) { return *p % 2 == 0; })
        .key_by([](const std::unique_ptr<int>& p) { return *p; })
        .process([](std::unique_ptr<int> p, sage::collector<std::unique_ptr<int>>& to) { to.push(std::move(p)); })
        .sink(sage::collect_into(out));
    env.execute("moves");
    auto records = out.take();
    long sum = 0;
    for (const auto& p : records) sum += *p;
    CHECK(records.size() == 500);
    CHECK(sum == 249500);
  });
}

TEST_CASE("a job that is cancelled ends as cancelled, one that is drained as done", "[pipeline][life]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = sage::test::make_environment({.engine = engine});
    const auto endless = [n = 0L]() mutable { return std::optional<long>(n++); };
    env->from_source(sage::generator(endless)).map([](long x) { return x + 1; }).sink(sage::discard());
    const sage::job cancelled = env->submit("endless");
    cancelled.cancel();
    CHECK_THROWS_AS(cancelled.wait(), sage::error);
    CHECK(cancelled.state() == sage::job_state::cancelled);

    sage::collected<long> out;
    env->from_source(sage::generator(endless))
        .filter([](const long& x) { return x % 100000 == 0; })
        .sink(sage::collect_into(out));
    const sage::job drained = env->submit("endless again");
    while (out.size() < 3) {  // it has read something: each look is a moment for it to run
      static_cast<void>(drained.wait_for(1));
    }
    drained.drain();
    CHECK(drained.wait().state == sage::job_state::done);
  }
}

TEST_CASE("all problems of a graph are reported together", "[pipeline][checker]") {
  sage::reference_environment env;
  auto source = env.from_source(sage::range<int>(0, 10)).name("numbers");
  source.map([](int x) { return std::make_unique<int>(x); }).name("boxes").parallelism(0);
  source.map([](int x) { return x; }).name("same").on_error(sage::dead_letters).sink(sage::discard()).name("same");
  try {
    env.execute("wrong");
    FAIL("it should have thrown");
  } catch (const sage::error& problem) {
    const std::string text = problem.what();
    CHECK(problem.code() == sage::errc::invalid_graph);
    CHECK(text.find("boxes: its output goes nowhere") != std::string::npos);
    CHECK(text.find("boxes: has parallelism 0") != std::string::npos);
    CHECK(text.find("same: is the name of two operators") != std::string::npos);
    CHECK(text.find("same: sends dead letters, but nobody takes them") != std::string::npos);
  }
}

}  // namespace
