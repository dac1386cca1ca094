// Windows over 20 million records of 10,000 keys, slightly out of order, against one thread with hash maps.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <unordered_map>
#include <vector>

#include <sage/sage.hpp>

#include "tests/bench/kit/session.hpp"

namespace {

using namespace std::chrono_literals;
using sage::bench::check;

constexpr std::int64_t disorder_ms = 50;

struct reading {
  std::uint32_t key = 0;
  std::uint32_t visitor = 0;
  std::int64_t at = 0;
  std::int64_t value = 0;
};

std::vector<reading> readings(std::size_t count) {
  std::mt19937_64 random(1);
  std::vector<reading> all(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t drawn = random();
    all[i] = {static_cast<std::uint32_t>(drawn % 10'000), static_cast<std::uint32_t>(drawn >> 20) % 100'000,
              static_cast<std::int64_t>(i / 200) - static_cast<std::int64_t>((drawn >> 40) % disorder_ms),
              static_cast<std::int64_t>(drawn >> 56)};
  }
  return all;
}

// Declares a pipeline over all records with their times; `declare` makes a stream of window_result of it. Returns the
// sum of its values.
template <class Declare>
std::int64_t run_sage(const std::vector<reading>& all, std::size_t parallelism, Declare declare) {
  sage::environment_options options;
  options.parallelism = parallelism;
  sage::local_environment env(options);
  std::atomic<std::int64_t> total{0};
  auto timed =
      env.from_source(sage::iterate(all))
          .assign_timestamps(&reading::at, sage::bounded_out_of_orderness(std::chrono::milliseconds(disorder_ms)));
  declare(timed).sink([&total](const auto& one) {
    total.fetch_add(static_cast<std::int64_t>(one.value), std::memory_order_relaxed);
  });
  env.execute("windows");
  return total.load();
}

// One thread, no runtime: a hash map per open window, given up when time has come behind it.
std::int64_t run_loop(const std::vector<reading>& all) {
  std::map<std::int64_t, std::unordered_map<std::uint32_t, std::int64_t>> open;
  std::int64_t newest = INT64_MIN;
  std::int64_t total = 0;
  const auto close = [&](std::int64_t before) {
    while (!open.empty() && open.begin()->first + 1000 <= before) {
      for (const auto& [key, sum] : open.begin()->second) total += sum;
      open.erase(open.begin());
    }
  };
  std::int64_t start = INT64_MIN;
  std::unordered_map<std::uint32_t, std::int64_t>* current = nullptr;
  for (const reading& one : all) {
    const std::int64_t its = one.at - ((one.at % 1000) + 1000) % 1000;
    if (its != start) {
      start = its;
      current = &open[its];
    }
    (*current)[one.key] += one.value;
    if (one.at > newest) {
      newest = one.at;
      close(newest - disorder_ms);
    }
  }
  close(INT64_MAX);
  return total;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto count = static_cast<std::size_t>(20e6 * bench.scale());
  const std::vector<reading> all = readings(count);
  const auto work = static_cast<double>(count);
  std::int64_t expected = 0;
  for (const reading& one : all) expected += one.value;

  bench.add("sage_tumbling", work, [&] {
    check(run_sage(all, 2,
                   [](auto timed) {
                     return timed.key_by(&reading::key).window(sage::tumbling(1s)).sum(&reading::value);
                   }) == expected,
          "tumbling");
  });
  bench.add("loop", work, [&] { check(run_loop(all) == expected, "loop"); });
  bench.add("sage_one_instance", work, [&] {
    check(run_sage(all, 1,
                   [](auto timed) {
                     return timed.key_by(&reading::key).window(sage::tumbling(1s)).sum(&reading::value);
                   }) == expected,
          "one instance");
  });
  bench.add("sage_tumbling_minute", work, [&] {
    check(run_sage(all, 2,
                   [](auto timed) {
                     return timed.key_by(&reading::key).window(sage::tumbling(60s)).sum(&reading::value);
                   }) == expected,
          "minute");
  });
  bench.add("sage_sliding_minute", work, [&] {
    check(run_sage(all, 2,
                   [](auto timed) {
                     return timed.key_by(&reading::key).window(sage::sliding(60s, 1s)).sum(&reading::value);
                   }) == 60 * expected,
          "sliding");
  });
  bench.add("sage_sessions", work, [&] {
    check(run_sage(all, 2,
                   [](auto timed) {
                     return timed.key_by(&reading::visitor).window(sage::session(1s)).sum(&reading::value);
                   }) == expected,
          "sessions");
  });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  const auto rate = [&](const char* name) {
    std::vector<double> rates;
    for (const auto& one : bench.at(name).times) rates.push_back(work / one.wall_s / 1e6);
    return sage::bench::median(rates);
  };
  bench.at_least("tumbling sums beside a loop with hash maps, parallelism 2",
                 bench.times_as_fast("sage_tumbling", "loop"), "x", 0.7);
  bench.note("the same by one instance", bench.times_as_fast("sage_one_instance", "loop"), "x");
  bench.note("tumbling sums", rate("sage_tumbling"), "M records/s");
  bench.at_most("60 s by 1 s beside a tumbling window of 60 s",
                bench.times_as_fast("sage_tumbling_minute", "sage_sliding_minute"), "x the time", 2);
  bench.at_least("sessions of 100,000 keys", rate("sage_sessions"), "M records/s", 8);
  return bench.finish();
}
