// Records travel without being copied, whatever edge they cross; where several read them, they share one buffer.
#include <atomic>
#include <mutex>
#include <set>

#include "sage/testing/tracked.hpp"
#include "tests/pipelines/engines.hpp"

namespace {

using sage::environment;
using sage::testing::tracked;
using sage::testing::tracked_counts;

constexpr int count = 500;

TEST_CASE("no edge copies a record", "[pipeline][copies]") {
  tracked_counts counts;
  sage::test::on_every_engine([&](environment& env) {
    const auto make = [&counts](int x) { return tracked(x, counts); };
    const auto pass = [](tracked one) { return one; };
    std::atomic<int> sum{0};
    env.from_source(sage::range<int>(0, count, 2))
        .map(make)
        .rebalance()
        .map(pass)
        .start_chain()
        .key_by([](const tracked& one) { return one.value() % 13; })
        .process([](tracked one, sage::collector<tracked>& out) { out.push(std::move(one)); })
        .filter([](const tracked& one) { return one.value() % 2 == 0; })
        .route(sage::to_instance(
            [](const tracked& one, std::size_t n) { return static_cast<std::size_t>(one.value()) % n; }))
        .map(pass)
        .sink([&sum](tracked one) { sum += one.value(); });
    env.execute("copies");
    CHECK(sum == (count / 2 - 1) * count / 2);
    CHECK(counts.copies() == 0);
    CHECK(counts.moves() > 0);
    CHECK(counts.alive() == 0);
  });
}

TEST_CASE("a broadcast is one buffer that all instances read", "[pipeline][copies]") {
  tracked_counts counts;
  sage::test::on_every_engine([&](environment& env) {
    std::mutex lock;
    std::set<const tracked*> places;
    std::atomic<int> seen{0};
    env.from_source(sage::range<int>(0, count))
        .map([&counts](int x) { return tracked(x, counts); })
        .broadcast()
        .inspect([&](const tracked& one) {
          ++seen;
          const std::lock_guard guard(lock);
          places.insert(&one);
        })
        .parallelism(3)
        .sink([](const tracked&) {})
        .parallelism(3);
    env.execute("broadcast");
    CHECK(seen == 3 * count);
    CHECK(places.size() <= static_cast<std::size_t>(count));
    CHECK(counts.copies() == 0);
    CHECK(counts.alive() == 0);
  });
}

}  // namespace
