/// Seeded random numbers: the same sequence on every machine and in every build.
#pragma once

#include <cstdint>

namespace sage {

/// SplitMix64. Not for secrets.
///
/// Source  Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014
class rng {
 public:
  explicit constexpr rng(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t next() noexcept {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// A number of [0, end), evenly but for a bias below end / 2^64. Precondition: end > 0.
  constexpr std::uint64_t below(std::uint64_t end) noexcept {
    __extension__ using wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<wide>(next()) * end) >> 64);
  }

 private:
  std::uint64_t state_;
};

}  // namespace sage
