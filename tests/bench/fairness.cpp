// Two jobs in one environment: beside one that floods all cores, how long a record of one that gets 100 a second is
// under way. Both have every operator in an actor of its own.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sage/sage.hpp>

#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;
using sage::bench::nanoseconds_now;

constexpr std::int64_t interval_ns = 10'000'000;

sage::job start_flood(sage::environment& env) {
  env.from_source(sage::range<std::int64_t>(0, std::int64_t{1} << 50, 2))
      .parallelism(2)
      .map([](std::int64_t x) { return x * 3 + 1; })
      .filter([](std::int64_t x) { return (x & 1) != 0; })
      .key_by([](std::int64_t x) { return x & 1023; })
      .aggregate(sage::count{})
      .sink(sage::discard());
  return env.submit("flood");
}

// Milliseconds that each record of the trickle was under way.
std::vector<double> run_trickle(sage::environment& env, std::uint64_t count) {
  std::vector<double> seen;
  env.from_source(sage::bench::paced_source(count, interval_ns))
      .map([](std::int64_t sent) { return sent; })
      .key_by([](std::int64_t sent) { return sent & 7; })
      .process([](std::int64_t sent, sage::collector<std::int64_t>& out) { out.push(sent); })
      .sink([&seen](std::int64_t sent) { seen.push_back(static_cast<double>(nanoseconds_now() - sent) * 1e-6); });
  env.submit("trickle").wait();
  check(seen.size() == count, "trickle");
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto count = static_cast<std::uint64_t>(1000 * bench.scale());
  for (const char* scheduler : {"sharing", "stealing"}) {
    sage::environment_options options;
    options.disabled_passes = {"chain-fusion", "router-fusion", "partial-aggregation"};
    sage::local_environment env(options, {.scheduler = scheduler});
    const std::vector<double> alone = run_trickle(env, count / 10);
    const sage::job flood = start_flood(env);
    const std::vector<double> beside = run_trickle(env, count);
    flood.cancel();
    const std::string policy = std::string(", ") + scheduler;
    bench.note("alone, p99" + policy, sage::bench::quantile(alone, 0.99), "ms");
    bench.note("beside a flood, p50" + policy, sage::bench::quantile(beside, 0.5), "ms");
    bench.at_most("beside a flood, p99" + policy, sage::bench::quantile(beside, 0.99), "ms", 20);
    bench.note("beside a flood, slowest" + policy, sage::bench::quantile(beside, 1), "ms");
  }
  return bench.finish();
}
