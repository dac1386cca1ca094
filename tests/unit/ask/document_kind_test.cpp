#include <string>

#include "ask/limits.hpp"
#include "ask/text/encoding.hpp"
#include "ask/text/extract.hpp"
#include "ask/text/kind.hpp"
#include "tests/catch.hpp"

using ask::text::detect_kind;
using ask::text::document_kind;

TEST_CASE("the kind of a document follows from its name, or from its content where that is clear", "[ask][kind]") {
  const auto kind_of = [](std::string_view path, std::string_view bytes) { return *detect_kind(path, bytes); };
  CHECK(kind_of("a/b.html", "text") == document_kind::html);
  CHECK(kind_of("page.HTM.gz", "text") == document_kind::html);
  CHECK(kind_of("README.md", "# x") == document_kind::markdown);
  CHECK(kind_of("README", "words") == document_kind::plain);
  CHECK(kind_of("copyright", "") == document_kind::plain);
  CHECK(kind_of("ls.1.gz", ".TH LS 1\n") == document_kind::man);
  CHECK(kind_of("nc.1", ".\\\" c\n.Dd May\n") == document_kind::man);
  CHECK(kind_of("notes.1", "no macro here\n.TH LS 1\n") == document_kind::plain);
  CHECK(kind_of("index", "\xEF\xBB\xBF <!DOCTYPE html><p>") == document_kind::html);
  CHECK(kind_of("x.xml", "<?xml version='1.0'?>\n<html>") == document_kind::html);
  CHECK(kind_of("changes.txt", "\033[1mbold\033[0m and \b back") == document_kind::plain);
}

TEST_CASE("what is no document is refused with the reason", "[ask][kind]") {
  const auto refused = [](std::string_view path, std::string_view bytes) {
    const auto kind = detect_kind(path, bytes);
    REQUIRE_FALSE(kind);
    CHECK(kind.error().code() == sage::errc::unsupported);
    CHECK(kind.error().where() == path);
    CHECK_FALSE(kind.error().advice().empty());
    return kind.error().message();
  };
  using std::string_literals::operator""s;
  CHECK(refused("a.txt", "text\0more"s) == "binary content, no text");
  CHECK(refused("a.txt", "\x01\x02\x03\x04 x") == "binary content, no text");
  CHECK(refused("book.pdf", "%PDF-1.7") == "PDF is not supported");
  CHECK(refused("a.html.gz", "\x1f\x8b\x08") == "still compressed with gzip");
  CHECK(refused("wide.txt", "\xff\xfeh\0i\0"s) == "UTF-16 text");
  CHECK(refused("drawing.svg", "<svg/>") == "a .svg file is no document");
}

TEST_CASE("a document above the limit is refused before anything is made of it", "[ask][kind]") {
  const auto kind = detect_kind("big.txt", std::string(ask::limits::document_bytes_max + 1, 'x'));
  REQUIRE_FALSE(kind);
  CHECK(kind.error().code() == sage::errc::limit);
  const auto text = ask::text::extract({"deep.html", [] {
                                          std::string page;
                                          for (std::size_t i = 0; i <= ask::limits::blocks_max; ++i) page += "<p>x";
                                          return page;
                                        }()});
  REQUIRE_FALSE(text);
  CHECK(text.error().code() == sage::errc::limit);
  CHECK(text.error().where() == "deep.html");
}

TEST_CASE("text that is no UTF-8 is read as Windows-1252", "[ask][encoding]") {
  using ask::text::to_utf8;
  CHECK(to_utf8("\xEF\xBB\xBFplain é") == "plain é");
  CHECK(to_utf8("caf\xE9 \x80 \x93q\x94") == "café € “q”");
  CHECK(to_utf8("é\xE9") == "éé");
  CHECK(to_utf8("\x81") == "�");
  CHECK(to_utf8("") == "");
  const auto page = ask::text::extract({"old.html",
                                        "<title>Gr\xF6\xDF"
                                        "e</title><p>f\xFCr"});
  REQUIRE(page);
  CHECK(page->title == "Größe");
  CHECK(page->blocks.at(0).text == "für");
}
