/// Seeded properties: the seed of a failure is printed. In the environment, SAGE_SEED=N replays it alone,
/// SAGE_SEEDS=N tries so many instead of the usual number, from SAGE_FIRST_SEED=N on.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/catch.hpp"

namespace sage::test {

/// Calls `property(random)` for `count` seeds. A failing check names its seed and how to replay it.
template <class Property>
void for_each_seed(std::uint64_t count, Property property) {
  const char* const replayed = std::getenv("SAGE_SEED");
  const char* const wished = std::getenv("SAGE_SEEDS");
  if (wished) count = std::stoull(wished);
  const char* const begin = std::getenv("SAGE_FIRST_SEED");
  const std::uint64_t first = replayed ? std::stoull(replayed) : begin ? std::stoull(begin) : 1;
  for (std::uint64_t seed = first; seed < first + (replayed ? 1 : count); ++seed) {
    INFO("seed " << seed << "; replay with SAGE_SEED=" << seed << " build/release/bin/"
                 << program_invocation_short_name << " \"" << Catch::getResultCapture().getCurrentTestName() << "\"");
    std::mt19937_64 random(seed);
    property(random);
  }
}

}  // namespace sage::test
