// state_bytes_max behind every keyed operator: what does not fit follows the error policy, and is counted.
#include <map>
#include <set>

#include "sage/sage.hpp"
#include "sage/state/rocksdb_backend.hpp"
#include "sage/testing.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

struct visit {
  int user = 0;
  std::int64_t at = 0;
};
SAGE_DESCRIBE(visit, user, at)

constexpr int users = 20;

// Each user comes five times within a second, in turn.
std::vector<visit> visits() {
  std::vector<visit> all;
  for (int i = 0; i < users * 5; ++i) all.push_back({i % users, i * 10});
  return all;
}

auto timed(environment& env) {
  return env.from_source(collection(visits())).assign_timestamps(&visit::at, monotonic()).key_by(&visit::user);
}

// The users that `of_user` tells of what came out, and how many records were dropped.
template <class Declare>
void check_users(Declare&& declare, std::size_t fitting, std::uint64_t dropped) {
  test::on_every_engine([&](environment& env) {
    collected<int> out;
    declare(env).sink(collect_into(out));
    const job_result done = env.execute("limited");
    std::uint64_t gone = 0;
    for (const auto& m : done.metrics.operators) gone += m.dropped;
    const auto records = out.records();
    CHECK(std::set<int>(records.begin(), records.end()).size() == fitting);
    CHECK(gone == dropped);
  });
}

struct counted {
  using accumulator = std::uint64_t;
  void add(accumulator& acc, const visit&) const { ++acc; }
  void merge(accumulator& acc, const accumulator& more) const { acc += more; }
  int result(int user, accumulator&&) const { return user; }
};

// Keeps every time: what one user needs grows.
struct remembering {
  using accumulator = std::vector<std::int64_t>;
  void add(accumulator& acc, const visit& v) const { acc.push_back(v.at); }
  void merge(accumulator& acc, const accumulator& more) const { acc.insert(acc.end(), more.begin(), more.end()); }
  int result(int user, accumulator&& acc) const { return user * 100 + static_cast<int>(acc.size()); }
};

}  // namespace

TEST_CASE("an aggregate takes as many keys as fit", "[pipeline][state][limits]") {
  check_users(
      [](environment& env) {
        return timed(env)
            .aggregate(counted{})
            .parallelism(1)
            .state_bytes_max(0, 7 * sizeof(std::uint64_t))
            .on_error(drop);
      },
      7, (users - 7) * 5);
}

TEST_CASE("an aggregate takes as much of a key as fits", "[pipeline][state][limits]") {
  test::on_every_engine([](environment& env) {
    collected<int> out;
    timed(env)
        .aggregate(remembering{})
        .state_bytes_max(sizeof(std::vector<std::int64_t>) + 3 * sizeof(std::int64_t), 0)
        .on_error(drop)
        .sink(collect_into(out));
    env.execute("limited");
    std::vector<int> expected;
    for (int user = 0; user < users; ++user) expected.push_back(user * 100 + 3);
    CHECK(test::sorted(out) == expected);
  });
}

TEST_CASE("distinct knows as many keys as fit", "[pipeline][state][limits]") {
  check_users(
      [](environment& env) {
        return timed(env)
            .distinct()
            .parallelism(1)
            .state_bytes_max(0, 4 * sizeof(int))
            .on_error(drop)
            .map(&visit::user);
      },
      4, (users - 4) * 5);
}

TEST_CASE("a key that distinct refuses leaves nothing behind", "[pipeline][state][limits]") {
  operators::distinct_operator<int, std::identity>* logic = nullptr;
  auto made = std::make_unique<operators::distinct_operator<int, std::identity>>(
      std::identity{}, error_policy(drop), state::state_limits{0, 4 * sizeof(int)});
  logic = made.get();
  testing::operator_harness<int, int> harness(std::move(made));
  for (int key = 0; key < 1000; ++key) harness.feed({key});
  CHECK(harness.records() == std::vector<int>{0, 1, 2, 3});
  CHECK(logic->state_size_now().rows == 4);
}

TEST_CASE("windows of every kind open as many as fit, and give back what is closed", "[pipeline][state][limits]") {
  const auto limited = [](auto windows) {
    return [windows](environment& env) {
      return timed(env)
          .window(windows)
          .aggregate(counted{})
          .parallelism(1)
          .state_bytes_max(0, 6 * sizeof(std::uint64_t))
          .on_error(drop);
    };
  };
  // All five rounds are in one window, one session.
  check_users(limited(tumbling(10s)), 6, (users - 6) * 5);
  check_users(limited(session(500ms)), 6, (users - 6) * 5);
  check_users(limited(count_window(100)), 6, (users - 6) * 5);
  // A window of one record speaks at once, and is given back.
  check_users(limited(count_window(1)), users, 0);
}

TEST_CASE("windows of time that are closed make room for others", "[pipeline][state][limits]") {
  // A round of all users is 200 ms, as a window is: with a batch per record, each round finds the last one closed.
  environment_options options;
  options.batch_size = 1;
  for (const auto place : {state_place::memory, state_place::rocksdb}) {
    if (place == state_place::rocksdb && !state::has_rocksdb()) continue;
    options.state.place = place;
    reference_environment env(options);
    collected<int> out;
    timed(env)
        .window(tumbling(200ms))
        .aggregate(counted{})
        .parallelism(1)
        .state_bytes_max(0, 6 * sizeof(std::uint64_t))
        .on_error(drop)
        .sink(collect_into(out));
    env.execute("limited");
    CHECK(out.size() == 6 * 5);
  }
}

TEST_CASE("windows that keep their records count them", "[pipeline][state][limits]") {
  for (const bool of_key : {true, false}) {
    test::on_every_engine([of_key](environment& env) {
      const std::size_t some = sizeof(std::vector<visit>) + 3 * sizeof(visit);
      collected<std::size_t> out;
      const auto gather = [](const int&, const window&, std::vector<visit>& all, collector<std::size_t>& to) {
        to.push(all.size());
      };
      timed(env)
          .window(tumbling(10s))
          .process(gather)
          .parallelism(1)
          .state_bytes_max(of_key ? 3 * sizeof(visit) : 0, of_key ? 0 : users * some)
          .on_error(drop)
          .sink(collect_into(out));
      env.execute("limited");
      std::size_t records = 0;
      for (const std::size_t each : out.records()) {
        if (of_key) CHECK(each == 3);
        records += each;
      }
      CHECK(out.size() == users);
      CHECK(records == users * 3);
    });
  }
}

TEST_CASE("a join keeps as many records as fit", "[pipeline][state][limits]") {
  test::on_every_engine([](environment& env) {
    collected<int> out;
    const auto never = env.from_source(collection(std::vector<visit>{}))
                           .assign_timestamps(&visit::at, monotonic())
                           .key_by(&visit::user);
    timed(env)
        .join(never)
        .within(0s, 100s)
        .left_outer()
        .apply([](const visit& v, const visit* none) { return none ? -1 : v.user; })
        .parallelism(1)
        .state_bytes_max(0, 9 * sizeof(visit))
        .on_error(drop)
        .sink(collect_into(out));
    const job_result done = env.execute("limited");
    std::uint64_t gone = 0;
    for (const auto& m : done.metrics.operators) gone += m.dropped;
    CHECK(out.size() + gone == users * 5);
    CHECK(out.size() >= 9);
  });
}

TEST_CASE("a limit where no state is kept is refused", "[pipeline][state][limits]") {
  reference_environment env;
  env.from_source(collection(std::vector<int>{1})).map([](int x) { return x; }).state_bytes_max(1, 1).sink(discard());
  CHECK_THROWS_WITH(env.execute("none"), Catch::Contains("limit of state"));
}
