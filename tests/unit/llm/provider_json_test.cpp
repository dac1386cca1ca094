// JSON that is a little broken, and characters cut over pieces.
#include "sage/llm/dialects/provider_json.hpp"

#include <random>

#include "sage/base/utf8.hpp"
#include "sage/model/json.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

constexpr auto replaced = "\xef\xbf\xbd";

std::string text_of(std::string_view json) {
  const auto read = read_provider_json(json, {});
  REQUIRE(read.has_value());
  return std::string(read->text());
}

/// The pieces as texts of JSON, joined.
std::string joined(const std::vector<std::string>& pieces) {
  std::string out;
  text_joiner joiner;
  for (const std::string& each : pieces) {
    const auto read = read_provider_pieces("\"" + each + "\"", {});
    REQUIRE(read.has_value());
    joiner.append(out, read->text());
    CHECK(is_utf8(out));
  }
  joiner.finish(out);
  CHECK(is_utf8(out));
  return out;
}

}  // namespace

TEST_CASE("proper JSON is read as it is", "[llm][json]") {
  CHECK(text_of(R"("a\u00e4\ud83d\ude00\n")") == "a\xc3\xa4\xf0\x9f\x98\x80\n");
  const auto read = read_provider_json(R"({"a": [1, 2.5, null, true], "b": "NaN and Infinity"})", {});
  REQUIRE(read.has_value());
  CHECK(to_json(*read) == R"({"a":[1,2.5,null,true],"b":"NaN and Infinity"})");
}

TEST_CASE("NaN, control characters, stray bytes and half characters are mended", "[llm][json]") {
  const auto read = read_provider_json("{\"a\": NaN, \"b\": [-Infinity, Infinity], \"c\": \"x\ny\"}", {});
  REQUIRE(read.has_value());
  CHECK(to_json(*read) == R"({"a":null,"b":[null,null],"c":"x\ny"})");
  CHECK(text_of(R"("\ud83d")") == replaced);
  CHECK(text_of(R"("a\ude00b")") == "a" + std::string(replaced) + "b");
  CHECK(text_of(R"("\ud83d\ud83d\ude00")") == std::string(replaced) + "\xf0\x9f\x98\x80");
  CHECK(text_of(R"("\ud83dx")") == std::string(replaced) + "x");
  CHECK(text_of("\"a\xff"
                "b\"") == "a" + std::string(replaced) + "b");
  CHECK(text_of("\"\xe2\x82\"") == replaced);
  const auto keys = read_provider_json("{\"\xff\": 1, \"\\ud800\": 2}", {});
  CHECK((!keys.has_value() || is_utf8(to_json(*keys))));
}

TEST_CASE("characters of the plane that carries halves are never taken for halves", "[llm][json]") {
  CHECK(text_of("\"\xf4\x8f\x80\x80\"") == replaced);
  CHECK(text_of(R"("\udbfc\udc00")") == replaced);
  CHECK(text_of("\"\xf4\x8f\xbf\xbd\"") == "\xf4\x8f\xbf\xbd");  // beyond it
}

TEST_CASE("what is no JSON is an error, never a crash", "[llm][json]") {
  for (const auto* bad : {"", "{", "{\"a\": }", "nan", "\"\\ud8\"", "\"\\u\"", "\"\\", "[1,]", "hello",
                          "{\"a\": \"\xff", "\xff\xfe", "\"\\x\""}) {
    CAPTURE(bad);
    CHECK_FALSE(read_provider_json(bad, {}).has_value());
  }
  CHECK(read_provider_json(std::string(100'000, '['), {}).error().code() == errc::limit);
  decode_limits small;
  small.bytes_max = 10;
  CHECK(read_provider_json(R"("0123456789\ud800")", small).error().code() == errc::limit);
}

TEST_CASE("a character cut over pieces is put together, whichever way it was cut", "[llm][json]") {
  CHECK(joined({"\xf0", "\x9f", "\x98", "\x80"}) == "\xf0\x9f\x98\x80");
  CHECK(joined({"a\xe2",
                "\x82\xac"
                "b"}) ==
        "a\xe2\x82\xac"
        "b");
  CHECK(joined({R"(\ud83d)", R"(\ude00!)"}) == "\xf0\x9f\x98\x80!");
  CHECK(joined({R"(\ud83d)", "x"}) == std::string(replaced) + "x");
  CHECK(joined({R"(\ud83d)", R"(\ud83d)", R"(\ude00)"}) == std::string(replaced) + "\xf0\x9f\x98\x80");
  CHECK(joined({"\xe2\x82", "x"}) == std::string(replaced) + replaced + "x");
  CHECK(joined({"ok", "\xf0\x9f"}) == std::string("ok") + replaced);
  CHECK(joined({"", ""}).empty());
}

TEST_CASE("joined pieces do not depend on where they were cut", "[llm][json]") {
  sage::test::for_each_seed(300, [](std::mt19937_64& random) {
    std::string bytes;
    constexpr std::string_view parts[] = {"a",    "\xc3\xa4",     "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                          "\xff", "\xed\x9f\xbf", "\xe2"};
    for (int i = 0; i < 12; ++i) bytes += parts[random() % std::size(parts)];
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = 1 + random() % 4;
      pieces.push_back(bytes.substr(at, size));
      at += size;
    }
    CHECK(joined(pieces) == joined({bytes}));
  });
}

TEST_CASE("random bytes between quotes never break the reader", "[llm][json]") {
  sage::test::for_each_seed(500, [](std::mt19937_64& random) {
    std::string json = "{\"a\": \"";
    constexpr std::string_view parts[] = {"\\",       "u",    "d8",  "dc", "00", "\"", "\xff",
                                          "\xf4\x8f", "\x80", "NaN", ",",  ":",  "\n"};
    for (int i = 0; i < 20; ++i) json += parts[random() % std::size(parts)];
    json += "\"}";
    const auto read = read_provider_json(json, {});
    if (read) CHECK(is_utf8(to_json(*read)));
    CHECK((read || !read.error().message().empty()));
  });
}
