#include <string>

#include "ask/text/extract.hpp"
#include "ask/text/markdown_inline.hpp"
#include "tests/catch.hpp"
#include "tests/unit/ask/blocks_text.hpp"

using ask::text::extract_markdown;
using ask::text::plain_inline;
using ask_tests::lines_of;

TEST_CASE("both kinds of headings, lists and code of Markdown become blocks", "[ask][markdown]") {
  const auto page = extract_markdown(
      "# Top #\nA paragraph\nof two lines.\n\nSecond\n======\n\nThird\n---\n\n- one\n  goes on\n* two\n1. step\n\n"
      "```sh\n# no heading\n\nls  -l\n```\n\n    indented\n      code\n\nafter\n***\n> quoted\n");
  CHECK(page.title == "Top");
  CHECK(lines_of(page) ==
        "h1: Top\np: A paragraph of two lines.\nh1: Second\nh2: Third\nitem: one goes on\nitem: two\nitem: 1. step\n"
        "pre: # no heading\\n\\nls  -l\npre: indented\\n  code\np: after\np: quoted\n");
}

TEST_CASE("front matter gives the title, comments and link definitions give nothing", "[ask][markdown]") {
  const auto page = extract_markdown(
      "---\ntitle: \"The name\"\ntags: [a]\n---\ntext\n<!-- hidden\nmore -->\n[link]: http://example.org\nend\n");
  CHECK(page.title == "The name");
  CHECK(lines_of(page) == "p: text end\n");
}

TEST_CASE("rows of a Markdown table are lines with their cells apart", "[ask][markdown]") {
  CHECK(lines_of(extract_markdown("| a | *b* |\n|---|:-:|\n| 1 | 2 |\n")) == "item: a | b\nitem: 1 | 2\n");
}

TEST_CASE("marks inside of a line go, what is no mark stays", "[ask][markdown]") {
  CHECK(plain_inline("**bold** *it* __b__ _i_ ~~old~~") == "bold it b i old");
  CHECK(plain_inline("max_connections and 2 * 3 * 4") == "max_connections and 2 * 3 * 4");
  CHECK(plain_inline("`a*b*` and ``x ` y``") == "a*b* and x ` y");
  CHECK(plain_inline("[text](http://x) ![alt](y.png) [ref][1] <http://z>") == "text alt ref http://z");
  CHECK(plain_inline("a &lt; b \\*c\\* <br> d") == "a < b *c*  d");
  CHECK(plain_inline("`open [x](y") == "`open x(y");
}

TEST_CASE("long lines of opening marks take time in proportion to their length", "[ask][markdown]") {
  std::string marks;
  for (int i = 0; i < 100'000; ++i) marks += "](<a`";
  CHECK_FALSE(extract_markdown(marks).blocks.empty());
}
