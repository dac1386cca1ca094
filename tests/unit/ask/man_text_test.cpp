#include <string>

#include "ask/text/extract.hpp"
#include "ask/text/mdoc.hpp"
#include "ask/text/roff.hpp"
#include "tests/catch.hpp"
#include "tests/unit/ask/blocks_text.hpp"

using ask::text::extract_man;
using ask_tests::lines_of;

namespace {

std::string plain(std::string_view line) {
  std::string text;
  ask::text::append_roff(text, line);
  return text;
}

}  // namespace

TEST_CASE("sections, terms, fonts and code of a man page become blocks", "[ask][man]") {
  const auto page = extract_man(
      ".\\\" comment\n.TH LS 1 2024\n.SH NAME\nls \\- list files\n.SH \"EXIT STATUS\"\n.PP\nOne\nparagraph.\n.TP\n"
      ".BR \\-a \", \" \\-\\-all\ndo not\n.I ignore\nentries\n.IP \\(bu 2\npoint\n.IP -x\nterm too\n.SS Examples\n"
      ".nf\nls  -l\n  x\n.fi\nend\n");
  CHECK(page.title == "LS(1)");
  CHECK(
      lines_of(page) ==
      "h1: NAME\np: ls - list files\nh1: EXIT STATUS\np: One paragraph.\nterm: -a, --all\np: do not ignore entries\n"
      "item: point\nterm: -x\np: term too\nh2: Examples\npre: ls  -l\\n  x\np: end\n");
}

TEST_CASE("definitions and conditions of generated man pages are not text", "[ask][man]") {
  const auto page = extract_man(
      ".de Sp\n.if t .sp .5v\n..\n.ie n \\{\\\n.ds -- \\(*W-\n'br\\}\n.el\\{\\\n.ds -- \\|\\(em\\|\n'br\\}\n"
      ".if n terminal\n.if t printed\n.ig\nignored\n..\n.TH A 3\n.SH X\ntext\n");
  CHECK(lines_of(page) == "p: terminal\nh1: X\np: text\n");
}

TEST_CASE("rows of a man page's table are lines with their cells apart", "[ask][man]") {
  CHECK(lines_of(
            extract_man(".TS\nallbox;\nlb lb\nl l.\nName\tMeaning\n_\na\tb\nc\tT{\nlong\ncell\nT}\n.TE\nafter\n")) ==
        "item: Name | Meaning\nitem: a | b\nitem: c | long cell\np: after\n");
}

TEST_CASE("escapes of roff print what they stand for", "[ask][man]") {
  CHECK(plain("\\fBbold\\fR \\f(CWcode\\fP \\f[I]x\\f[]") == "bold code x");
  CHECK(plain("a\\-b \\(em \\[lq]q\\[rq] \\*(Aqx \\e \\& \\s-1S\\s0 \\(co") == "a-b — “q” x \\  S ©");
  CHECK(plain("\\h'2n'x\\v'-1'y \\[u00E9] \\[uD800]z \\\" comment") == "xy é z ");
  CHECK(plain("ends with \\") == "ends with ");
  CHECK(plain("\\[never ends") == "");
}

TEST_CASE("arguments of a macro are split at spaces outside of quotes", "[ask][man]") {
  using words = std::vector<std::string>;
  CHECK(ask::text::roff_arguments(" a \"b c\" \"say \"\"x\"\"\" d\\ e") == words{"a", "b c", "say \"x\"", "d\\ e"});
  CHECK(ask::text::roff_arguments("a \\\" comment") == words{"a"});
  CHECK(ask::text::roff_arguments("\"open").size() == 1);
}

TEST_CASE("macros of mdoc print their arguments with their marks", "[ask][man]") {
  const auto page = extract_man(
      ".Dd May 1\n.Dt NC 1\n.Sh NAME\n.Nm nc\n.Nd connect\n.Sh SYNOPSIS\n.Nm\n.Op Fl p Ar port\n.Bl -tag\n"
      ".It Fl v\nSays \\(lqmore\\(rq, see\n.Xr ssh 1 .\n.El\n");
  CHECK(page.title == "NC(1)");
  CHECK(lines_of(page) ==
        "h1: NAME\np: nc — connect\nh1: SYNOPSIS\np: nc [-p port]\nterm: -v\np: Says “more”, see ssh(1).\n");
  CHECK(ask::text::mdoc_inline("Pq", {"see", "Ql", "x", ")", "."}, "") == "(see ‘x’)).");
  CHECK(ask::text::mdoc_inline("Fl", {"D", "Oo", "Ar", "a", "Oc"}, "") == "-D [a]");
}

TEST_CASE("any bytes given to the man page extractor end in some text", "[ask][man]") {
  const std::string page =
      ".TH A 1\n.if n .if n .B x\n.TS\nl.\na\tb\n.TE\n.de X\n..\n.Op Fl a \"\n\\f[B]x\\*(ab\\s+1 \\";
  std::size_t blocks = 0;
  for (std::size_t cut = 0; cut <= page.size(); ++cut) {
    blocks += extract_man(page.substr(0, cut)).blocks.size() + extract_man(page.substr(cut)).blocks.size();
  }
  CHECK(blocks > 0);
  std::string nested = ".";
  for (int i = 0; i < 200'000; ++i) nested += "if n .";
  CHECK(extract_man(nested + "B x").blocks.empty());
}
