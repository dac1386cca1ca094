#include "sage/base/hash.hpp"

namespace sage::hashing {

std::uint64_t hash_long_bytes(const unsigned char* from, std::size_t size, std::uint64_t seed) noexcept {
  std::uint64_t state = seed_state(seed);
  std::size_t left = size;
  if (left >= 48) {  // three independent lanes keep the multiplier busy
    std::uint64_t lane_1 = state;
    std::uint64_t lane_2 = state;
    do {
      state = mix(read<std::uint64_t>(from) ^ secret_1, read<std::uint64_t>(from + 8) ^ state);
      lane_1 = mix(read<std::uint64_t>(from + 16) ^ secret_2, read<std::uint64_t>(from + 24) ^ lane_1);
      lane_2 = mix(read<std::uint64_t>(from + 32) ^ secret_3, read<std::uint64_t>(from + 40) ^ lane_2);
      from += 48;
      left -= 48;
    } while (left >= 48);
    state ^= lane_1 ^ lane_2;
  }
  while (left > 16) {
    state = mix(read<std::uint64_t>(from) ^ secret_1, read<std::uint64_t>(from + 8) ^ state);
    from += 16;
    left -= 16;
  }
  // The last 16 bytes may overlap what was mixed already; size > 16 keeps the reads inside.
  return finish(read<std::uint64_t>(from + left - 16), read<std::uint64_t>(from + left - 8), state, size);
}

}  // namespace sage::hashing
