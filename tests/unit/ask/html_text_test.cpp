#include <string>

#include "ask/limits.hpp"
#include "ask/text/extract.hpp"
#include "tests/catch.hpp"
#include "tests/unit/ask/blocks_text.hpp"

using ask::text::extract_html;
using ask_tests::lines_of;

TEST_CASE("headings, paragraphs, lists and code of HTML become blocks", "[ask][html]") {
  const auto page = extract_html(
      "<!DOCTYPE html><html><head><title> A\n page </title><style>p {}</style></head><body>"
      "<h1>Top</h1><p>One <b>bold</b>\n  word.<p>Two.<ul><li>first</li><li><p>second</p></li></ul>"
      "<h2>Code</h2><pre>\nint main()\n  return;\n</pre><dl><dt>term</dt><dd>meaning</dd></dl></body></html>");
  CHECK(page.title == "A page");
  CHECK(lines_of(page) ==
        "h1: Top\np: One bold word.\np: Two.\nitem: first\nitem: second\nh2: Code\n"
        "pre: int main()\\n  return;\nterm: term\np: meaning\n");
}

TEST_CASE("scripts, styles, comments and navigation of HTML are not text", "[ask][html]") {
  const auto page = extract_html(
      "<body><nav>menu <nav>inner</nav> more</nav><div class=\"toc\"><div>contents</div></div>"
      "<!-- <p>comment</p> --><script>if (a < b) document.write('<p>no</p>');</script>"
      "<SCRIPT>also</SCRIPT><style>b {}</style><svg><title>drawn</title><text>x</text></svg>"
      "<p>kept</p><template>later</template></body>");
  CHECK(lines_of(page) == "p: kept\n");
  CHECK(page.title.empty());
}

TEST_CASE("a block that consists of links is navigation, a sentence with a link is not", "[ask][html]") {
  const auto page = extract_html(
      "<p><a href=\"a\">Previous</a> | <a href=\"b\">Next</a></p>"
      "<p>A longer sentence that refers to <a href=\"c\">another page</a> once.</p>"
      "<h2><a href=\"#x\">A linked heading</a></h2><p><a name=\"x\">An anchor is no link.</a></p>");
  CHECK(lines_of(page) ==
        "p: A longer sentence that refers to another page once.\nh2: A linked heading\np: An anchor is no link.\n");
}

TEST_CASE("references of HTML are decoded, what is none stays", "[ask][html]") {
  CHECK(
      lines_of(extract_html("<p>&lt;b&gt; &amp;&#65;&#x42;&nbsp;&eacute; &unknown; a&b &copy=1 soft&shy;ware</p>")) ==
      "p: <b> &AB é &unknown; a&b &copy=1 software\n");
  CHECK(lines_of(extract_html("<p>&#xD800;&#1114112;&#0;&#;&#x;</p>")) == "p: ���&#;&#x;\n");
}

TEST_CASE("rows of an HTML table are lines with their cells apart", "[ask][html]") {
  CHECK(lines_of(extract_html("<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>")) ==
        "item: a | b\nitem: 1 | 2\n");
}

TEST_CASE("a heading inside of a box names the box and opens no section", "[ask][html]") {
  const auto page = extract_html(
      "<h2>Section</h2><div class=\"note\"><h3 class=\"title\">Note</h3><div><p>Mind.</p></div></div><h3>Next</h3>"
      "<p>Text.</p>");
  CHECK(lines_of(page) == "h2: Section\nterm: Note\np: Mind.\nh3: Next\np: Text.\n");
}

TEST_CASE("HTML whose end tags are missing keeps its text", "[ask][html]") {
  CHECK(lines_of(extract_html("<title>t<h1>A<p>one<li>two<div class=\"toc\"><p>three")) ==
        "h1: A\np: one\nitem: two\np: three\n");
  CHECK(extract_html("<title>t<h1>A").title == "t");
  CHECK(lines_of(extract_html("<p>a < b <3 and <a b='never ends>x</a> rest")) == "p: a < b <3 and x rest\n");
  const std::string words(4 * ask::limits::heading_bytes_max, 'w');
  CHECK(lines_of(extract_html("<h1>" + words)) == "p: " + words + "\n");
}

TEST_CASE("XHTML closes elements by a slash, HTML does not", "[ask][html]") {
  CHECK(lines_of(extract_html("<?xml version='1.0'?><html><body><script src='x'/><p>seen</p></body></html>")) ==
        "p: seen\n");
  CHECK(lines_of(extract_html("<p>1<br/>2<hr/>3 <![CDATA[a <b> c]]></p>")) == "p: 1 2\np: 3 a <b> c\n");
}

TEST_CASE("any bytes given to the HTML extractor end in some text", "[ask][html]") {
  const std::string page =
      "<?xml?><!DOCTYPE x><title>t</title><h1 class='note'>A&amp;</h1><pre>c</pre><dl><dt>x<dd>y</dl>"
      "<script>s</script><table><tr><td>1<td>2</table><nav>n</nav><a href=\"q\">l</a><![CDATA[d]]><!-- c -->";
  std::size_t blocks = 0;
  for (std::size_t cut = 0; cut <= page.size(); ++cut) {
    blocks += extract_html(page.substr(0, cut)).blocks.size();
    blocks += extract_html(page.substr(cut)).blocks.size();
    for (const char c : {'<', '>', '"', '\'', '&', '/', '\0', '\xff'}) {
      auto changed = page;
      if (cut < changed.size()) changed[cut] = c;
      blocks += extract_html(changed).blocks.size();
    }
  }
  CHECK(blocks > page.size());
  const std::string nested(200'000, '<');
  CHECK(extract_html(nested).blocks.size() == 1);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<div class=note><pre><nav>";
  CHECK(extract_html(deep + "x").blocks.size() == 1);
}
