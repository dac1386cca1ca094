#include "sage/app/nearest_name.hpp"

#include "tests/catch.hpp"

using sage::apps::did_you_mean;
using sage::apps::edit_distance;
using sage::apps::nearest_name;

TEST_CASE("the edit distance counts insertions, removals, replacements and swaps", "[app][nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("output", "output") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("outptu", "output") == 1);
  CHECK(edit_distance("ouput", "output") == 1);
  CHECK(edit_distance("ooutput", "output") == 1);
  CHECK(edit_distance("outbut", "output") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);
}

TEST_CASE("the edit distance is symmetric and looks at 64 characters only", "[app][nearest]") {
  const std::vector<std::string> words{"", "a", "run", "graph", "no-fusion", "batch-size", std::string(200, 'x')};
  for (const std::string& a : words) {
    for (const std::string& b : words) CHECK(edit_distance(a, b) == edit_distance(b, a));
  }
  CHECK(edit_distance(std::string(10'000, 'x'), std::string(20'000, 'y')) == 64);
}

TEST_CASE("the nearest name is found when it is near enough to have been meant", "[app][nearest]") {
  const std::vector<std::string> names{"input", "output", "parallelism", "no-fusion"};
  CHECK(nearest_name("paralelism", names) == "parallelism");
  CHECK(nearest_name("inptu", names) == "input");
  CHECK(nearest_name("nofusion", names) == "no-fusion");
  CHECK_FALSE(nearest_name("verbose", names).has_value());
  CHECK_FALSE(nearest_name("", names).has_value());
  CHECK_FALSE(nearest_name("x", {}).has_value());
  CHECK(did_you_mean("outptu", names, "--", "no") == "did you mean '--output'?");
  CHECK(did_you_mean("zzz", names, "--", "no idea") == "no idea");
}
