// Catch2 2.x keeps its implementation in the header: one file of each test binary holds it. 3.x brings a library.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
