// Sources that are kept together in event time.
#include <algorithm>
#include <atomic>
#include <chrono>

#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::test::make_environment;
using sage::test::on_every_engine;

namespace {

constexpr std::int64_t drift_ms = 5'000;

}  // namespace

TEST_CASE("a source that is far ahead waits for the slowest", "[pipeline][event_time][alignment]") {
  on_every_engine([](environment& env) {
    // One source is a hundred times as fast in event time.
    const watermark_alignment together{std::chrono::milliseconds(drift_ms)};
    std::atomic<event_time> slow_at{0};
    std::atomic<event_time> furthest{0};
    const auto batch = static_cast<std::int64_t>(env.options().batch_size);
    auto fast = env.from_source(range<std::int64_t>(0, 2'000))
                    .assign_timestamps([](std::int64_t i) { return i * 100; }, monotonic().aligned(together))
                    .map([&](std::int64_t i) {
                      const event_time slow_now = slow_at.load();
                      if (slow_now == 19'999) return i;  // it has ended: nobody is waited for any more
                      const event_time ahead = i * 100 - slow_now;
                      event_time known = furthest.load();
                      while (known < ahead && !furthest.compare_exchange_weak(known, ahead)) {
                      }
                      return i;
                    });
    auto slow = env.from_source(range<std::int64_t>(0, 20'000))
                    .assign_timestamps([](std::int64_t i) { return i; }, monotonic().aligned(together))
                    .map([&](std::int64_t i) {
                      slow_at.store(i);
                      return i;
                    });
    std::atomic<int> count{0};
    fast.union_with(slow).sink([&count](std::int64_t) { ++count; });
    env.execute("aligned");
    CHECK(count == 22'000);
    // It may be a batch further, of which the last record was too far.
    const auto& off = env.options().disabled_passes;
    if (std::find(off.begin(), off.end(), "chain-fusion") != off.end()) return;  // it is not in its source's actor
    CHECK(furthest <= drift_ms + batch * 100 + batch);
    if (batch == 1) CHECK(furthest > drift_ms / 2);  // and uses the freedom it has
  });
}

TEST_CASE("a source that has ended, or is idle, holds nobody back", "[pipeline][event_time][alignment]") {
  on_every_engine([](environment& env) {
    const watermark_alignment together{100ms};
    auto brief = env.from_source(range<std::int64_t>(0, 3))
                     .assign_timestamps([](std::int64_t i) { return i; }, monotonic().aligned(together));
    auto empty = env.from_source(range<std::int64_t>(0, 0))
                     .assign_timestamps([](std::int64_t i) { return i; }, monotonic().aligned(together));
    auto far = env.from_source(range<std::int64_t>(0, 500))
                   .assign_timestamps([](std::int64_t i) { return i * 1000; }, monotonic().aligned(together));
    std::atomic<int> count{0};
    brief.union_with(empty, far).sink([&count](std::int64_t) { ++count; });
    env.execute("held back by nobody");
    CHECK(count == 503);
  });
}

TEST_CASE("alignment is refused where there is no source to wait", "[pipeline][event_time][alignment]") {
  reference_environment env;
  const watermark_alignment together{1s};
  env.from_source(range<std::int64_t>(0, 3))
      .map([](std::int64_t i) { return i; })
      .assign_timestamps([](std::int64_t i) { return i; }, monotonic().aligned(together))
      .sink([](std::int64_t) {});
  CHECK_THROWS_WITH(env.execute("misplaced"), Catch::Contains("right behind the source"));
  CHECK_THROWS(watermark_alignment(0ms));
}
