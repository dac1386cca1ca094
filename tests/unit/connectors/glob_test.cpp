#include "sage/connectors/file/glob.hpp"

#include "tests/catch.hpp"

using sage::file::is_pattern;
using sage::file::matches;

TEST_CASE("a pattern matches whole names only", "[connectors][glob]") {
  CHECK(matches("a.txt", "a.txt"));
  CHECK_FALSE(matches("a.txt", "a.txt2"));
  CHECK_FALSE(matches("a.txt", "ba.txt"));
  CHECK(matches("", ""));
  CHECK_FALSE(matches("", "a"));
}

TEST_CASE("a star is any run of bytes, a question mark any one", "[connectors][glob]") {
  CHECK(matches("*", ""));
  CHECK(matches("*.log.gz", "a.log.log.gz"));
  CHECK(matches("a*b*c", "aXXbYYbZc"));
  CHECK_FALSE(matches("a*b*c", "aXXcYYb"));
  CHECK(matches("?", "x"));
  CHECK_FALSE(matches("?", ""));
  CHECK(matches("a?c*", "abc"));
}

TEST_CASE("a set is one of its bytes, or none of them", "[connectors][glob]") {
  CHECK(matches("[abc]", "b"));
  CHECK_FALSE(matches("[abc]", "d"));
  CHECK(matches("log-[0-9][0-9]", "log-07"));
  CHECK_FALSE(matches("log-[0-9]", "log-x"));
  CHECK(matches("[!a-c]", "d"));
  CHECK_FALSE(matches("[^a-c]", "b"));
  CHECK(matches("[]]", "]"));
  CHECK(matches("[a-]", "-"));
}

TEST_CASE("a bracket that isn't closed is a bracket", "[connectors][glob]") {
  CHECK(matches("[", "["));
  CHECK(matches("a[b", "a[b"));
  CHECK_FALSE(matches("a[b", "ab"));
}

TEST_CASE("many stars don't take exponential time", "[connectors][glob]") {
  const std::string name(2000, 'a');
  CHECK_FALSE(matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
}

TEST_CASE("what has none of the special bytes is no pattern", "[connectors][glob]") {
  CHECK(is_pattern("*.txt"));
  CHECK(is_pattern("a?"));
  CHECK(is_pattern("a[b"));
  CHECK_FALSE(is_pattern("plain-name.txt"));
}
