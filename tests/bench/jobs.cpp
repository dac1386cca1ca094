// What a job costs beside its records: from submit to the first of them, and a thousand small jobs in one
// environment.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <sage/sage.hpp>

#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;

constexpr std::int64_t records = 1000;

void run_small_job(sage::environment& env) {
  std::uint64_t total = 0;
  env.from_source(sage::range<std::int64_t>(0, records))
      .map([](std::int64_t x) { return x * 7 % 100; })
      .key_by([](std::int64_t x) { return x; })
      .aggregate(sage::count{})
      .sink([&total](const std::pair<std::int64_t, std::uint64_t>& one) { total += one.second; });
  env.execute("small");
  check(total == records, "small job");
}

// Milliseconds from submit to the first record at the sink, with everything in actors of its own.
double time_to_first_record(sage::environment& env) {
  std::int64_t first = 0;
  env.from_source(sage::range<std::int64_t>(0, records))
      .map([](std::int64_t x) { return x + 1; })
      .rebalance()
      .filter([](std::int64_t x) { return x > 0; })
      .key_by([](std::int64_t x) { return x; })
      .aggregate(sage::count{})
      .emit(sage::every_update)
      .sink([&first](const std::pair<std::int64_t, std::uint64_t>&) {
        if (first == 0) first = sage::bench::nanoseconds_now();
      });
  const std::int64_t begun = sage::bench::nanoseconds_now();
  env.submit("first").wait();
  return static_cast<double>(first - begun) * 1e-6;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "jobs");
  sage::environment_options options;
  options.disabled_passes = {"chain-fusion", "router-fusion"};
  sage::local_environment unfused(options);
  std::vector<double> first;
  for (int i = 0; i < 100; ++i) first.push_back(time_to_first_record(unfused));
  bench.at_most("submit to first record, median of 100", sage::bench::median(first), "ms", 20);
  bench.at_most("submit to first record, slowest of 100", sage::bench::quantile(first, 1), "ms", 20);

  const auto jobs = static_cast<int>(1000 * bench.scale());
  sage::local_environment env;
  for (int i = 0; i < 50; ++i) run_small_job(env);  // the allocator and CAF's caches have what they want
  const double before_mib = sage::bench::resident_mib();
  const auto before_threads = static_cast<double>(sage::bench::thread_count());
  const double begun = sage::bench::wall_seconds();
  for (int i = 0; i < jobs; ++i) run_small_job(env);
  bench.at_most(std::to_string(jobs) + " small jobs", sage::bench::wall_seconds() - begun, "s", 10);
  bench.at_most("memory they leave behind", sage::bench::resident_mib() - before_mib, "MiB", 2);
  bench.at_most("threads they leave behind", static_cast<double>(sage::bench::thread_count()) - before_threads, "",
                0);
  return bench.finish();
}
