// An interval join of two streams of 5 million records, and 10 million timers.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <vector>

#include <sage/sage.hpp>

#include "sage/state/timer_queue.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using namespace std::chrono_literals;
using sage::bench::check;

struct record {
  std::uint32_t key = 0;
  std::uint32_t id = 0;
  std::int64_t at = 0;
};

// 50 per millisecond: with 500,000 keys a record finds one partner within five seconds either way, on the average.
std::vector<record> records(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<record> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t drawn = random();
    all[i] = {static_cast<std::uint32_t>(drawn % 500'000), static_cast<std::uint32_t>(i),
              static_cast<std::int64_t>(i / 50) - static_cast<std::int64_t>((drawn >> 40) % 50)};
  }
  return all;
}

std::uint64_t run_join(const std::vector<record>& a, const std::vector<record>& b) {
  sage::environment_options options;
  options.parallelism = 2;
  sage::local_environment env(options);
  std::atomic<std::uint64_t> pairs{0};
  const auto timed = [&env](const std::vector<record>& all) {
    return env.from_source(sage::iterate(all))
        .assign_timestamps(&record::at, sage::bounded_out_of_orderness(50ms))
        .key_by(&record::key);
  };
  timed(a)
      .join(timed(b))
      .within(-5s, 5s)
      .apply([](const record& l, const record& r) { return l.id ^ r.id; })
      .sink([&pairs](std::uint32_t) { pairs.fetch_add(1, std::memory_order_relaxed); });
  env.execute("join");
  return pairs.load();
}

// Every record sets a timer a second later; the queue holds them all.
std::uint64_t run_timers(std::size_t count) {
  sage::state::timer_queue queue;
  for (std::size_t i = 0; i < count; ++i) {
    queue.set(static_cast<std::int64_t>(1'000'000 + i * 7919 % count), i % 1'000'000);
  }
  std::uint64_t fired = 0;
  std::vector<sage::state::timer_queue::due_timer> due;
  while (queue.take_due(sage::end_of_time, due)) fired += due.size();
  return fired;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto count = static_cast<std::size_t>(5e6 * bench.scale());
  const auto a = records(count, 1);
  const auto b = records(count, 2);
  const std::uint64_t pairs = run_join(a, b);
  const auto timers = static_cast<std::size_t>(10e6 * bench.scale());
  bench.add("interval_join", 2 * static_cast<double>(count),
            [&] { check(run_join(a, b) == pairs, "the same pairs each time"); });
  bench.add("timers", static_cast<double>(timers), [&] { check(run_timers(timers) == timers, "each fires once"); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  const auto rate = [&](const char* name) {
    std::vector<double> rates;
    for (const auto& one : bench.at(name).times) rates.push_back(bench.at(name).work / one.wall_s / 1e6);
    return sage::bench::median(rates);
  };
  bench.at_least("interval join of +-5 s, parallelism 2", rate("interval_join"), "M records/s", 3);
  bench.note("pairs per record", static_cast<double>(pairs) / (2.0 * static_cast<double>(count)), "");
  bench.at_least("timers set and fired, 10 million at once", rate("timers"), "M timers/s", 3);
  return bench.finish();
}
