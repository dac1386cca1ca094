// A source of 100 M records into a sink that takes 1,000 a second, cancelled after some seconds: memory stays where
// it was, and the job ends at once. Seconds to run: SAGE_PROVE_SECONDS, or 5.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <sage/sage.hpp>

#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

int main(int argc, char** argv) {
  using namespace sage::bench;
  session bench(argc, argv, "records");
  const char* const wanted = std::getenv("SAGE_PROVE_SECONDS");
  const double seconds = wanted ? std::atof(wanted) : 5;
  for (const bool fused : {false, true}) {
    sage::environment_options options;
    if (!fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
    sage::local_environment env(options);
    env.from_source(sage::range<std::int64_t>(0, 100'000'000, 2))
        .map([](std::int64_t x) { return std::string(100, 'x') + std::to_string(x); })
        .rebalance()
        .filter([](const std::string& s) { return !s.empty(); })
        .sink([due = std::int64_t{0}](const std::string&) mutable {
          due = std::max(due + 1'000'000, nanoseconds_now() - 1'000'000);
          sleep_until_ns(due);
        })
        .blocking();
    const double before = resident_mib();
    const double begun = wall_seconds();
    const sage::job job = env.submit("slow sink");
    double most = before;
    while (wall_seconds() - begun < seconds) {
      sleep_until_ns(nanoseconds_now() + 50'000'000);
      most = std::max(most, resident_mib());
    }
    const std::uint64_t taken = [&] {
      std::uint64_t sum = 0;
      for (const auto& one : job.metrics().operators) sum += one.kind == "sink" ? one.records_in : 0;
      return sum;
    }();
    const double cancelled = wall_seconds();
    job.cancel();
    try {
      job.wait();
      check(false, "a cancelled job doesn't end as done");
    } catch (const sage::error& problem) {
      check(problem.code() == sage::errc::cancelled, "slow sink: cancelled");
    }
    const std::string how = fused ? ", fused" : ", unfused";
    bench.at_most("memory above start" + how, most - before, "MiB", 100);
    bench.at_most("from cancel to the end" + how, wall_seconds() - cancelled, "s", 1);
    bench.note("records that the sink was given" + how, static_cast<double>(taken), "");
  }
  return bench.finish();
}
