#include "sage/testing/stream_script.hpp"

#include "sage/base/error.hpp"
#include "tests/catch.hpp"

using sage::testing::parse_script;
using sage::testing::script_step;

namespace {

// Steps as text again, so that a test is one line.
std::string shown(std::string_view script) {
  std::string text;
  for (const script_step& step : parse_script(script)) {
    switch (step.what) {
      case script_step::kind::record: text += "[" + step.text + "]"; break;
      case script_step::kind::boundary: text += "/"; break;
      case script_step::kind::end: text += "|"; break;
      case script_step::kind::watermark: text += "W"; break;
    }
    if (step.time) text += "@" + std::to_string(*step.time);
  }
  return text;
}

}  // namespace

TEST_CASE("a script is records, boundaries and an end", "[testing][script]") {
  CHECK(shown("").empty());
  CHECK(shown("a b c") == "[a][b][c]");
  CHECK(shown("a, b,c ,d") == "[a][b][c][d]");
  CHECK(shown("1 2 / -3 / |") == "[1][2]/[-3]/|");
  CHECK(shown("a/b|") == "[a]/[b]|");
  CHECK(shown("k:1") == "[k:1]");
}

TEST_CASE("a record may have an event time", "[testing][script]") {
  CHECK(shown("a@1 b@-30 c") == "[a]@1[b]@-30[c]");
  CHECK(shown("'a b'@7") == "[a b]@7");
}

TEST_CASE("a watermark ends its batch and has a time", "[testing][script]") {
  CHECK(shown("a@1 W5 b W70 |") == "[a]@1W@5[b]W@70|");
  CHECK_THROWS_WITH(parse_script("W99999999999999999999"), Catch::Contains("no time there is"));
}

TEST_CASE("a quoted record may hold any text", "[testing][script]") {
  CHECK(shown("'two words' '' 'a@1' '/|!' 'W5'") == "[two words][][a@1][/|!][W5]");
}

TEST_CASE("a script that can't be read is refused with its column", "[testing][script]") {
  CHECK_THROWS_WITH(parse_script("1 | 2"), Catch::Contains("column 5") && Catch::Contains("follows the end"));
  CHECK_THROWS_WITH(parse_script("1 | |"), Catch::Contains("follows the end"));
  CHECK_THROWS_WITH(parse_script("'open"), Catch::Contains("column 1") && Catch::Contains("never closed"));
  CHECK_THROWS_WITH(parse_script("a@x"), Catch::Contains("integer"));
  CHECK_THROWS_WITH(parse_script("@5"), Catch::Contains("without a record"));
  CHECK_THROWS_WITH(parse_script("'a'b"), Catch::Contains("separator"));
}

TEST_CASE("barriers and crashes are reserved, not misread as records", "[testing][script]") {
  CHECK_THROWS_WITH(parse_script("a B2 b"), Catch::Contains("'B2' (barrier) is reserved"));
  CHECK_THROWS_WITH(parse_script("a ! b"), Catch::Contains("crash"));
  CHECK(shown("W Wx B2x W5x") == "[W][Wx][B2x][W5x]");
}
