/// Seeded properties: the seed of a failure is printed. In the environment, SAGE_SEED=N replays it alone and
/// SAGE_SEEDS=N tries so many instead of the usual number.
#pragma once

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
  const std::uint64_t first = replayed ? std::stoull(replayed) : 1;
  for (std::uint64_t seed = first; seed < (replayed ? first + 1 : count + 1); ++seed) {
    INFO("seed " << seed << "; replay with SAGE_SEED=" << seed << " build/release/bin/unit_tests \""
                 << Catch::getResultCapture().getCurrentTestName() << "\"");
    std::mt19937_64 random(seed);
    property(random);
  }
}

}  // namespace sage::test
