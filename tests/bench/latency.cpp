// Single records at 1,000 a second through source, two maps and a sink: how long each is under way, in four actors
// and fused into one, against four actors on CAF written by hand.
#include <cstdint>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <sage/sage.hpp>

#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/raw_caf.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;
using sage::bench::nanoseconds_now;

constexpr std::int64_t interval_ns = 1'000'000;

// Microseconds that each record was under way.
using delays = std::vector<double>;

double microseconds_since(std::int64_t sent) {
  return static_cast<double>(nanoseconds_now() - sent) * 1e-3;
}

delays run_sage(std::uint64_t count, std::vector<std::string> disabled) {
  sage::environment_options options;
  options.disabled_passes = std::move(disabled);
  sage::local_environment env(options);
  delays seen;
  seen.reserve(count);
  env.from_source(sage::bench::paced_source(count, interval_ns))
      .map([](std::int64_t sent) { return sent + 1; })
      .map([](std::int64_t sent) { return sent - 1; })
      .sink([&seen](std::int64_t sent) { seen.push_back(microseconds_since(sent)); });
  env.execute("latency");
  check(seen.size() == count, "sage");
  return seen;
}

delays run_caf(std::uint64_t count) {
  delays seen;
  seen.reserve(count);
  {
    sage::bench::raw_caf_config config;
    caf::actor_system system(config);
    const auto pass_on = [](std::int64_t change) {
      return [change](caf::event_based_actor* self, const caf::actor& next) {
        return caf::behavior{[self, next, change](std::int64_t sent) { self->send(next, sent + change); }};
      };
    };
    const caf::actor last = system.spawn([&seen](caf::event_based_actor*) {
      return caf::behavior{[&seen](std::int64_t sent) { seen.push_back(microseconds_since(sent)); }};
    });
    const caf::actor third = system.spawn(pass_on(-1), last);
    const caf::actor second = system.spawn(pass_on(1), third);
    // The source blocks in its sleep, so it has a thread of its own here as well.
    system.spawn<caf::detached>([second, count](caf::event_based_actor* self) {
      std::int64_t due = nanoseconds_now();
      for (std::uint64_t i = 0; i < count; ++i) {
        due += interval_ns;
        sage::bench::sleep_until_ns(due);
        self->send(second, nanoseconds_now());
      }
    });
  }
  check(seen.size() == count, "raw caf");
  return seen;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "records");
  const auto count = static_cast<std::uint64_t>(2000 * bench.scale());
  const auto work = static_cast<double>(count);
  std::vector<double> unfused[2], fused[2], caf[2];  // per round: p50 and p99
  const auto keep = [](std::vector<double>* to, const delays& seen) {
    to[0].push_back(sage::bench::quantile(seen, 0.5));
    to[1].push_back(sage::bench::quantile(seen, 0.99));
  };
  bench.add("sage_unfused", work, [&] { keep(unfused, run_sage(count, {"chain-fusion"})); });
  bench.add("caf", work, [&] { keep(caf, run_caf(count)); });
  bench.add("sage_fused", work, [&] { keep(fused, run_sage(count, {})); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  const auto ratio = [](const std::vector<double>& ours, const std::vector<double>& theirs) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < ours.size(); ++i) ratios.push_back(ours[i] / theirs[i]);
    return sage::bench::median(ratios);
  };
  bench.at_most("four actors, p50", sage::bench::median(unfused[0]), "us", 50);
  bench.at_most("four actors, p99", sage::bench::median(unfused[1]), "us", 300);
  bench.at_most("p50 beside raw CAF", ratio(unfused[0], caf[0]), "x", 1.3);
  bench.note("p99 beside raw CAF", ratio(unfused[1], caf[1]), "x");
  bench.note("raw CAF, p50", sage::bench::median(caf[0]), "us");
  bench.note("raw CAF, p99", sage::bench::median(caf[1]), "us");
  bench.at_most("fused, p50", sage::bench::median(fused[0]), "us", 5);
  bench.note("fused, p99", sage::bench::median(fused[1]), "us");
  return bench.finish();
}
