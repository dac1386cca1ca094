/// Which seeds a simulation runs.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace sage::test {

/// `count` seeds from 1 on. SAGE_SEED=N in the environment is that one, SAGE_SEEDS=N as many as that from
/// SAGE_FIRST_SEED on (tools/prove interleavings).
inline std::vector<std::uint64_t> seeds(std::uint64_t count) {
  if (const char* one = std::getenv("SAGE_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::uint64_t first = 1;
  if (const char* wanted = std::getenv("SAGE_SEEDS")) count = std::strtoull(wanted, nullptr, 10);
  if (const char* begin = std::getenv("SAGE_FIRST_SEED")) first = std::strtoull(begin, nullptr, 10);
  std::vector<std::uint64_t> all;
  for (std::uint64_t seed = first; seed < first + count; ++seed) all.push_back(seed);
  return all;
}

}  // namespace sage::test
