#include "sage/functions/context.hpp"

namespace sage {

std::uint64_t context::random() noexcept {
  // Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
  std::uint64_t z = (random_state_ += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace sage
