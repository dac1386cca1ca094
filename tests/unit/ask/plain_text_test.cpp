#include <string>

#include "ask/text/extract.hpp"
#include "tests/catch.hpp"
#include "tests/unit/ask/blocks_text.hpp"

using ask::text::extract_plain;
using ask_tests::lines_of;

TEST_CASE("paragraphs, headings and lists of plain text become blocks", "[ask][plain]") {
  const auto page = extract_plain(
      "The Title\n\nA paragraph\nof two lines.\r\n\r\n2.1. A numbered heading\n\ntext\n\nUnderlined\n----------\n"
      "more\n\nALL CAPITALS\n\n - one\n   goes on\n - two\n");
  CHECK(page.title == "The Title");
  CHECK(lines_of(page) ==
        "p: The Title\np: A paragraph of two lines.\nh3: 2.1. A numbered heading\np: text\nh2: Underlined\np: more\n"
        "h2: ALL CAPITALS\nitem: one goes on\nitem: two\n");
}

TEST_CASE("a step of a list and a sentence are no headings", "[ask][plain]") {
  CHECK(lines_of(extract_plain("x\n\n1. Install it.\n\nNOT THIS:\n\n  2. Indented\n")) ==
        "p: x\nitem: 1. Install it.\np: NOT THIS:\nitem: 2. Indented\n");
}

TEST_CASE("drawn tables keep their lines, tables of contents are left out", "[ask][plain]") {
  CHECK(lines_of(extract_plain("x y\n\n+---+---+\n| a | b |\n+---+---+\n")) ==
        "p: x y\npre: +---+---+\\n| a | b |\\n+---+---+\n");
  CHECK(lines_of(extract_plain("x y\n\n  1. One\n    1.1. A\n    1.2. B\n    1.3. C\n\nend\n")) ==
        "p: x y\np: end\n");
}

TEST_CASE("plain text without any line end is one paragraph", "[ask][plain]") {
  CHECK(lines_of(extract_plain("just words")) == "p: just words\n");
  CHECK(extract_plain("").blocks.empty());
  CHECK(extract_plain("\n \n\t\n").blocks.empty());
}
