/// A whole job in one thread under virtual time, with crashes: the seed decides what happens.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sage/api/environment.hpp"
#include "sage/testing/manual_clock.hpp"
#include "sage/testing/simulated_disk.hpp"

namespace sage::testing {

/// What a simulation may do to a job.
struct simulation_options {
  std::uint32_t crashes_max = 3;              ///< of the process, at random moments
  std::uint32_t steps_between_crashes = 400;  ///< on average
  std::uint64_t steps_max = 2'000'000;        ///< then the job hangs: errc::timeout
  std::chrono::milliseconds checkpoint_interval{1};
  std::size_t parallelism = 2;
  std::size_t batch_size = 16;
  bool fused = true;
  simulated_disk::faults faults{};  ///< of the disk, while a job runs
  /// Stands between the job and its checkpoints: for tests that show what a simulation finds.
  std::function<std::shared_ptr<runtime::checkpoint_port>(std::shared_ptr<runtime::checkpoint_port>)> wrap_port{};
};

/// What happened to the last job.
struct simulation_report {
  std::uint64_t steps = 0;
  std::uint32_t crashes = 0;
  std::uint32_t restored = 0;     ///< lives that went on from a checkpoint
  std::uint64_t checkpoints = 0;  ///< that were completed
  std::uint64_t trace = 0;        ///< a hash of all decisions: equal for equal seeds
};

/// An environment whose jobs run to their end within `execute`. Sinks write to `disk()`; time stands still but for
/// what the simulation lets pass. A crash takes everything with it that isn't on the disk, and another process takes
/// the job up from there. Anything that needs other threads (run_blocking, servers) can't be simulated.
///
///     sage::testing::simulation sim(seed);
///     sim.from_source(...).sink(sage::file::lines_sink("out.txt").to_files(sim.disk()));
///     sim.execute("orders");
///     CHECK(sim.disk().content("out.txt") == expected);
///
/// Source  FoundationDB's simulation; Zhou et al., "FoundationDB", SIGMOD 2021, section 4
class simulation : public environment {
 public:
  explicit simulation(std::uint64_t seed, simulation_options options = {});
  ~simulation() override;

  [[nodiscard]] simulated_disk& disk() noexcept;
  [[nodiscard]] manual_clock& time() noexcept;
  [[nodiscard]] const simulation_report& report() const noexcept;

  struct world;

 private:
  explicit simulation(std::shared_ptr<world> made);
  std::shared_ptr<world> world_;
};

}  // namespace sage::testing
