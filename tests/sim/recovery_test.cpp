// Crashes at random moments: what is committed is what a run without any commits. tools/simulate runs these with more
// seeds.
#include <algorithm>
#include <iostream>
#include <iterator>
#include <map>

#include "sage/testing/simulation.hpp"
#include "tests/sim/pipelines.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using sage::testing::simulation;
using sage::testing::simulation_options;

namespace {

struct tally {
  std::uint64_t runs = 0;
  std::uint64_t crashes = 0;
  std::uint64_t restored = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t broken = 0;
};

const std::map<std::string, std::vector<std::string>>& undisturbed() {
  static const auto all = [] {
    std::map<std::string, std::vector<std::string>> made;
    for (const test::simulated_pipeline& one : test::simulated_pipelines()) made[one.name] = test::undisturbed(one);
    return made;
  }();
  return all;
}

// Disks that fail now and then make the job begin again within the process, as well.
void run_all(std::uint64_t count, bool faulty, tally& all) {
  test::for_each_seed(count, [&](auto& random) {
    for (const test::simulated_pipeline& one : test::simulated_pipelines()) {
      INFO(one.name);
      simulation_options options;
      options.fused = random() % 2 == 0;
      options.steps_between_crashes = 50 + static_cast<std::uint32_t>(random() % 1000);
      options.batch_size = 1 + random() % 40;
      options.parallelism = 1 + random() % 3;
      if (faulty) options.faults = {.write_fails = 10, .sync_fails = 20};
      simulation sim(random(), options);
      one.build(sim, sim.disk());
      sim.execute(one.name);
      sim.disk().crash();  // what was committed stays, whatever happens
      const bool is_same = test::left_by(one, sim.disk()) == undisturbed().at(one.name);
      if (!is_same) {
        std::vector<std::string> missing, more;
        const auto left = test::left_by(one, sim.disk());
        const auto& wanted = undisturbed().at(one.name);
        std::set_difference(wanted.begin(), wanted.end(), left.begin(), left.end(), std::back_inserter(missing));
        std::set_difference(left.begin(), left.end(), wanted.begin(), wanted.end(), std::back_inserter(more));
        for (const std::string& line : missing) UNSCOPED_INFO("missing: " << line);
        for (const std::string& line : more) UNSCOPED_INFO("more: " << line);
      }
      CHECK(is_same);
      ++all.runs;
      all.broken += is_same ? 0 : 1;
      all.crashes += sim.report().crashes;
      all.restored += sim.report().restored;
      all.checkpoints += sim.report().checkpoints;
    }
  });
}

}  // namespace

TEST_CASE("a job that crashes at random moments commits what one without crashes does",
          "[simulation][recovery][seeds]") {
  tally all;
  run_all(200, false, all);
  if (std::getenv("SAGE_SIMULATE")) {
    std::cout << "simulated " << all.runs << " crashes " << all.crashes << " restored " << all.restored
              << " checkpoints " << all.checkpoints << " broken " << all.broken << std::endl;
  } else if (all.runs > 1000) {  // else the seeds would say nothing
    CHECK(all.crashes > all.runs);
    CHECK(all.restored > all.runs / 2);
    CHECK(all.checkpoints > all.runs);
  }
}

TEST_CASE("the same on a disk that fails now and then", "[simulation][recovery]") {
  tally all;
  run_all(40, true, all);
}

TEST_CASE("the same seed is the same run", "[simulation][recovery]") {
  const auto trace_of = [](std::uint64_t seed) {
    simulation sim(seed);
    test::simulated_pipelines().front().build(sim, sim.disk());
    sim.execute("twice");
    return sim.report().trace;
  };
  CHECK(trace_of(7) == trace_of(7));
  CHECK(trace_of(7) != trace_of(8));
}
