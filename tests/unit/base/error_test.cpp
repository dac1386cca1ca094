#include "sage/base/error.hpp"

#include <string>

#include "sage/base/assert.hpp"
#include "sage/base/result.hpp"
#include "tests/catch.hpp"

using sage::errc;

TEST_CASE("an error reads as where, what and what to do", "[base][error]") {
  const sage::error full(errc::io, "can't read", "input.txt", "check its permissions");
  CHECK(std::string(full.what()) == "input.txt: can't read (check its permissions)");
  const sage::error bare(errc::io, "can't read");
  CHECK(std::string(bare.what()) == "can't read");
}

TEST_CASE("an error keeps the first place it was given", "[base][error]") {
  const sage::error placed = sage::error(errc::parse, "not a number").at("line 3");
  CHECK(placed.where() == "line 3");
  CHECK(placed.at("line 9").where() == "line 3");
}

TEST_CASE("a result holds its value or throws its error", "[base][result]") {
  sage::result<int> good = 7;
  CHECK(good.value() == 7);
  sage::result<int> bad = sage::error(errc::not_found, "no such file");
  REQUIRE_FALSE(bad);
  CHECK_THROWS_AS(bad.value(), sage::error);
}

TEST_CASE("a broken invariant is an internal error with its place", "[base][assert]") {
  try {
    SAGE_ASSERT(1 + 1 == 3);
    FAIL("the assertion passed");
  } catch (const sage::error& problem) {
    CHECK(problem.code() == errc::internal);
    CHECK(problem.where().find("error_test.cpp") != std::string::npos);
  }
}
