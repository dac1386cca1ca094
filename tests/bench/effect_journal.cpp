// What the journal of effects adds to a step of an agent: with a thousand conversations at once, beside the disk's
// own sync.
#include "sage/agents/journal/effect_journal.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <sage/agents.hpp>
#include <sage/sage.hpp>

#include "sage/base/file_system.hpp"
#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;
using sage::bench::nanoseconds_now;

constexpr int conversations = 1000;

struct message {
  int who = 0;
  int number = 0;
};
SAGE_DESCRIBE(message, who, number)
struct thread_state {
  int said = 0;
};
SAGE_DESCRIBE(thread_state, said)

std::string folder() {
  return (std::filesystem::temp_directory_path() / "sage-bench-journal").string();
}

// Milliseconds of each act, without what it waits for.
struct measured {
  std::vector<double> acts_ms;
};

measured run(int turns, bool with_journal, bool waits) {
  std::filesystem::remove_all(folder());
  auto acts = std::make_shared<std::vector<double>>();
  acts->reserve(static_cast<std::size_t>(conversations * turns));
  sage::agent_options options;
  options.capacity = conversations;
  if (with_journal) options.journal = sage::open_effect_journal({.directory = folder()});
  const auto desk = [acts, waits](sage::agent<thread_state>& self, message in) -> sage::task<int> {
    ++self.state().said;
    const int wait_ms = waits ? 50 + (in.who * 7 + in.number * 13) % 100 : 0;
    const auto act = [wait_ms]() -> sage::task<int> {
      if (wait_ms > 0) co_await sage::sleep_for(std::chrono::milliseconds(wait_ms));
      co_return 1;
    };
    const std::int64_t begun = nanoseconds_now();
    const int done = co_await self.effect("act", in.number, act);
    acts->push_back(static_cast<double>(nanoseconds_now() - begun) * 1e-6 - wait_ms);
    co_return done;
  };
  std::vector<message> all;
  for (int t = 0; t < turns; ++t) {
    for (int c = 0; c < conversations; ++c) all.push_back({c, t});
  }
  sage::environment_options environment;
  environment.parallelism = 1;
  sage::local_environment env(environment);
  std::atomic<int> answers{0};
  env.from_source(sage::iterate(all))
      .key_by(&message::who)
      .transform("desk", sage::agent_operator(desk, options))
      .sink([&](int) { ++answers; });
  env.execute("journal");
  measured came{std::move(*acts)};
  check(answers == conversations * turns, "every turn has ended");
  std::filesystem::remove_all(folder());
  return came;
}

// Milliseconds that a sync of a few bytes takes on this disk.
std::vector<double> syncs(int count) {
  std::filesystem::create_directories(folder());
  std::vector<double> all;
  {
    auto file = sage::system_files().create(folder() + "/syncs").value();
    for (int i = 0; i < count; ++i) {
      const std::int64_t begun = nanoseconds_now();
      file->write(std::string(200, 'x'), -1).value();
      file->sync().value();
      all.push_back(static_cast<double>(nanoseconds_now() - begun) * 1e-6);
    }
  }
  std::filesystem::remove_all(folder());
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "turns");
  const int turns = std::max(1, static_cast<int>(20 * bench.scale()));
  const double work = static_cast<double>(conversations) * turns;
  measured with, without;
  bench.add("without", work, [&] { without = run(turns, false, true); });
  bench.add("with_journal", work, [&] { with = run(turns, true, true); });
  bench.add("nothing_else", work, [&] { check(!run(turns, true, false).acts_ms.empty(), "acts"); });
  bench.run_rounds();
  if (bench.is_single_run()) return 0;
  const std::vector<double> disk = syncs(500);
  bench.note("this disk's sync of 200 bytes, p50", sage::bench::quantile(disk, 0.5), "ms");
  bench.note("the same, p99", sage::bench::quantile(disk, 0.99), "ms");
  bench.note("an act takes longer than its wait, with the journal, p50", sage::bench::quantile(with.acts_ms, 0.5),
             "ms");
  bench.note("the same without, p50", sage::bench::quantile(without.acts_ms, 0.5), "ms");
  bench.at_most("what the journal adds to an act, 1,000 at once, p99",
                sage::bench::quantile(with.acts_ms, 0.99) - sage::bench::quantile(without.acts_ms, 0.99), "ms", 1);
  std::vector<double> rates;
  for (const auto& one : bench.at("nothing_else").times) rates.push_back(work / one.wall_s);
  bench.note("turns with one act each, when nothing else is done", sage::bench::median(rates), "turns/s");
  return bench.finish();
}
