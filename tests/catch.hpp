/// Catch2, whichever of its two shapes this system has: one header (2.x, bookworm) or a library (3.x, trixie).
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
/// Both versions spell it like 2.x.
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
