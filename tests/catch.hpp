/// Catch2, whichever of its two shapes this system has: one header (2.x, bookworm) or a library (3.x, trixie). Both
/// versions are spelt like 2.x.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <string>

#include <catch2/catch_all.hpp>

using Catch::Approx;
namespace Catch {
inline auto Contains(const std::string& part) {
  return Matchers::ContainsSubstring(part);
}
}  // namespace Catch
#else
#include <catch2/catch.hpp>
#endif
