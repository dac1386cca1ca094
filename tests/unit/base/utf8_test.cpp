#include "sage/base/utf8.hpp"

#include <string>
#include <vector>

#include "tests/catch.hpp"

using sage::find_invalid_utf8;
using sage::is_utf8;

TEST_CASE("well-formed UTF-8 of each length is accepted", "[base][utf8]") {
  for (const char* text :
       {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "mixed \xc3\xa9 \xe4\xb8\x96 end"}) {
    CAPTURE(text);
    CHECK(is_utf8(text));
  }
}

TEST_CASE("overlong forms, surrogates, stray and cut-off bytes are found where they are", "[base][utf8]") {
  for (const char* bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe4\xb8", "\xf0\x90\x80", "\xc3(", "\xe4(\x96"}) {
    for (const std::size_t before : {0, 1, 7, 8, 9, 16, 31}) {
      const std::string text = std::string(before, 'a') + bad + std::string(9, 'z');
      CAPTURE(text, before);
      CHECK(find_invalid_utf8(text) == before);
    }
  }
}

TEST_CASE("every code point that is one survives being encoded and checked", "[base][utf8]") {
  std::string all;
  std::size_t refused = 0;
  for (char32_t point = 0; point <= 0x10ffff; ++point) {
    std::string one;
    sage::append_utf8(one, point);
    const bool surrogate = point >= 0xd800 && point <= 0xdfff;
    if (is_utf8(one) == surrogate) ++refused;
    if (!surrogate) all += one;
  }
  CHECK(refused == 0);
  CHECK(is_utf8(all));
}

TEST_CASE("repairing replaces each bad byte and leaves all else alone", "[base][utf8]") {
  std::string out = "kept:";
  sage::append_repaired_utf8(out,
                             "a\xff"
                             "b\xe4\xb8"
                             "c\xc3\xa9");
  CHECK(out ==
        "kept:a\xef\xbf\xbd"
        "b\xef\xbf\xbd\xef\xbf\xbd"
        "c\xc3\xa9");
  CHECK(is_utf8(out));
}
