#include "sage/model/json.hpp"

#include <limits>
#include <string>

#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

using sage::from_json;
using sage::to_json;
using samples::compounds;
using samples::log_line;
using samples::scalars;

namespace {

template <class T>
std::string error_of(std::string_view text, const sage::decode_limits& limits = {},
                     sage::decode_mode mode = sage::decode_mode::tolerant) {
  const auto value = from_json<T>(text, limits, mode);
  return value ? "no error" : value.error().what();
}

std::string nested(std::size_t depth, const char* open, const char* close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

}  // namespace

TEST_CASE("a record is one line of JSON with its fields in order", "[model][json]") {
  const log_line line{"now", "a \"b\"\n", samples::level::warn, 404, 1.5, -7};
  CHECK(to_json(line) ==
        R"({"time":"now","service":"a \"b\"\n","severity":"warn","status":404,"duration_ms":1.5,"bytes":-7})");
  std::string text = "before ";
  sage::append_json(text, line);
  CHECK(text == "before " + to_json(line));
}

TEST_CASE("each kind of field has the form that the guide says", "[model][json]") {
  CHECK(to_json(true) == "true");
  CHECK(to_json(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775808");
  CHECK(to_json(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(to_json(5.0) == "5.0");
  CHECK(to_json(0.1) == "0.1");
  CHECK(to_json(0.1f) == "0.1");
  CHECK(to_json(1e300) == "1e+300");
  CHECK(to_json(std::numeric_limits<double>::infinity()) == R"("Infinity")");
  CHECK(to_json(-std::numeric_limits<float>::infinity()) == R"("-Infinity")");
  CHECK(to_json(std::numeric_limits<double>::quiet_NaN()) == R"("NaN")");
  CHECK(to_json(std::string("\x01\x1f\x7f/\b\f\t\xc3\xa9")) == "\"\\u0001\\u001f\x7f/\\b\\f\\t\xc3\xa9\"");
  CHECK(to_json(std::vector<std::byte>{std::byte{0xff}, std::byte{0}}) == R"("/wA=")");
  CHECK(to_json(samples::level::error) == R"("error")");
  CHECK(to_json(static_cast<samples::level>(77)) == "77");
  CHECK(to_json(samples::second) == "300");
  CHECK(to_json(std::optional<int>()) == "null");
  CHECK(to_json(std::chrono::hours(1)) == "3600000");
  CHECK(to_json(std::chrono::milliseconds(-5)) == "-5");
  CHECK(to_json(std::chrono::nanoseconds(5)) == "5");
  CHECK(to_json(std::chrono::duration<double>(1.25)) == "1.25");
  CHECK(to_json(std::map<int, bool>{{-3, true}, {4, false}}) == R"({"-3":true,"4":false})");
  CHECK(to_json(std::map<samples::level, int>{{samples::level::info, 1}}) == R"({"info":1})");
  CHECK(to_json(std::tuple<int, std::string>(1, "a")) == R"([1,"a"])");
  CHECK(to_json(std::vector<int>()) == "[]");
  CHECK(to_json(std::map<std::string, int>()) == "{}");
}

TEST_CASE("white space, order of fields and a byte order mark do not matter", "[model][json]") {
  const auto line = from_json<log_line>("\xef\xbb\xbf \t\r\n{ \"bytes\" : 5 ,\n\"service\"\t:\"s\" } \n");
  REQUIRE(line);
  CHECK(line->bytes == 5);
  CHECK(line->service == "s");
}

TEST_CASE("unknown fields are skipped and missing ones keep their default", "[model][json]") {
  const auto line = from_json<log_line>(
      R"({"new":{"a":[1,{"b":"\u00e9"}],"c":null},"bytes":5,"newer":[[],{},true,-1.5e3,"x"],"service":"s"})");
  REQUIRE(line);
  CHECK(*line == log_line{"", "s", samples::level::info, 0, 0, 5});
}

TEST_CASE("a strict decoder wants each field and no other", "[model][json]") {
  using sage::decode_mode;
  CHECK(error_of<samples::tree>(R"({"name":"a","children":[],"x":1})", {}, decode_mode::strict) ==
        "1:27: x: unknown field");
  CHECK(error_of<samples::tree>(R"({"name":"a","children":[{"children":[]}]})", {}, decode_mode::strict)
            .find("children[0].name: field is missing") != std::string::npos);
  CHECK(from_json<samples::tree>(R"({"children":[],"name":"a"})", {}, decode_mode::strict));
}

TEST_CASE("a complete decoder wants each field and skips others", "[model][json]") {
  using sage::decode_mode;
  CHECK(from_json<samples::tree>(R"({"x":[1],"children":[],"name":"a"})", {}, decode_mode::complete));
  CHECK(error_of<samples::tree>(R"({"children":[]})", {}, decode_mode::complete).ends_with("name: field is missing"));
}

TEST_CASE("an error says line, column, path, what was wanted and what was there", "[model][json]") {
  CHECK(error_of<compounds>("{\"lines\":[{},\n  {\"status\": \"x\"}]}") ==
        "2:14: lines[1].status: expected a number, got a string");
  CHECK(error_of<compounds>(R"({"forest":{"children":[{},{"children":[{"name":1}]}]}})") ==
        "1:48: forest.children[1].children[0].name: expected a string, got a number");
  CHECK(error_of<compounds>(R"({"by_name":{"k":[1,null]}})") == "1:20: by_name.k[1]: expected a number, got null");
  CHECK(error_of<scalars>(R"({"u8":300})") == "1:7: u8: 300 is out of range (0 to 255)");
  CHECK(error_of<scalars>(R"({"u64":-1})") == "1:8: u64: -1 is out of range (0 to 18446744073709551615)");
  CHECK(error_of<scalars>(R"({"i64":9223372036854775808})") ==
        "1:8: i64: 9223372036854775808 is out of range (-9223372036854775808 to 9223372036854775807)");
  CHECK(error_of<scalars>(R"({"i32":1.5})") == "1:8: i32: expected a whole number, got 1.5");
  CHECK(error_of<scalars>(R"({"severity":"loud"})") ==
        "1:13: severity: \"loud\" is none of debug, info, warn, error");
  CHECK(error_of<scalars>(R"({"single":1e39})").starts_with("1:11: single: number is out of range for a float"));
  CHECK(error_of<scalars>(R"({"twice":"abc"})") == "1:10: twice: expected a number, got \"abc\"");
  CHECK(error_of<scalars>(R"({"wait":1500})") ==
        "1:9: wait: 1500 ms is not a whole number of this field's unit of 1000 ms");
  CHECK(error_of<scalars>(R"({"raw":"a"})") == "1:8: raw: expected bytes as base64 text");
  CHECK(error_of<compounds>(R"({"triple":[1,2]})").ends_with("triple: expected 3 elements, got 2"));
  CHECK(error_of<compounds>(R"({"triple":[1,2,3,4]})").ends_with("triple: expected 3 elements, got more"));
  CHECK(error_of<compounds>(R"({"by_number":{"x":""}})") == "1:15: by_number.x: not a key of this map's type");
  CHECK(error_of<log_line>("{\"time\":\"\xc3\xa9\xc3\xa9\", \"status\":[]}") ==
        "1:24: status: expected a number, got a list");  // columns are characters
}

TEST_CASE("an error can name the file and count its lines from there", "[model][json]") {
  log_line line;
  sage::decode_problem problem;
  REQUIRE_FALSE(sage::decode_json(R"({"status":true})", line, problem));
  CHECK(std::string(problem.to_error("logs.jsonl", 4710).what()) ==
        "logs.jsonl:4711:11: status: expected a number, got a boolean");
  CHECK(problem.code == sage::errc::parse);
  CHECK(problem.path == "status");
}

TEST_CASE("a field or key that is there twice is an error", "[model][json]") {
  CHECK(error_of<log_line>(R"({"bytes":1,"time":"","bytes":1})") == "1:22: bytes: field is there twice");
  CHECK(error_of<compounds>(R"({"by_name":{"a":[],"b":[],"a":[]}})") == "1:27: by_name.a: key is there twice");
  CHECK(error_of<sage::dynamic_value>(R"([{"a":1,"a":2}])") == "1:9: [0].a: key is there twice");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"key" + std::to_string(i) + "\":0,";
  CHECK(error_of<sage::dynamic_value>(many + R"("key57":1})").ends_with("key57: key is there twice"));
  CHECK(from_json<sage::dynamic_value>(many + R"("key100":1})"));
}

TEST_CASE("what is not JSON is refused", "[model][json]") {
  for (const char* text : {"",
                           " ",
                           "{",
                           "}",
                           "[",
                           "]",
                           "[1",
                           "[1,",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\" 1}",
                           "nul",
                           "nulll",
                           "True",
                           "tru",
                           "falsey",
                           "01",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "--1",
                           "0x10",
                           "1_000",
                           "Infinity",
                           "NaN",
                           "\"",
                           "\"abc",
                           "\"\\",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\n\"",
                           "\"\t\"",
                           "\"\x80\"",
                           "\"\xc3\"",
                           "\"\xed\xa0\x80\"",
                           "\"a\xffgh\\n\"",
                           "1 2",
                           "{} {}",
                           "[] ,",
                           "// comment\n1",
                           "/**/1",
                           "1e999",
                           "-1e999",
                           "\xef\xbb",
                           "\x00"}) {
    CAPTURE(text);
    const auto value = from_json<sage::dynamic_value>(text);
    REQUIRE_FALSE(value);
    CHECK(value.error().code() == sage::errc::parse);
  }
}

TEST_CASE("escapes and surrogate pairs become the text they stand for", "[model][json]") {
  CHECK(from_json<std::string>(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u4e16\ud83c\udf0d\u0000!")").value() ==
        std::string("\"\\/\b\f\n\r\tA\xc3\xa9\xe4\xb8\x96\xf0\x9f\x8c\x8d\0!", 20));
  for (std::size_t before = 0; before < 40; ++before) {  // across the borders of 8 and 16 bytes
    const std::string plain(before, 'x');
    CHECK(from_json<std::string>("\"" + plain + "\\n\xc3\xa9" + plain + "\"").value() ==
          plain + "\n\xc3\xa9" + plain);
  }
}

TEST_CASE("numbers are read exactly or as the nearest double", "[model][json]") {
  CHECK(from_json<std::int64_t>("-9223372036854775808").value() == std::numeric_limits<std::int64_t>::min());
  CHECK(from_json<std::uint64_t>("18446744073709551615").value() == std::numeric_limits<std::uint64_t>::max());
  CHECK(from_json<int>("1e2").value() == 100);
  CHECK(from_json<int>("5.0").value() == 5);
  CHECK(from_json<int>("-0").value() == 0);
  CHECK(std::signbit(from_json<double>("-0").value()));
  CHECK(from_json<double>("9007199254740993").value() == 9007199254740992.0);
  CHECK(from_json<double>("0.1e1").value() == 1.0);
  CHECK(from_json<double>("123456789012345678901234567890").value() == 123456789012345678901234567890.0);
  CHECK(from_json<double>("1.7976931348623157e308").value() == std::numeric_limits<double>::max());
  CHECK(from_json<double>("5e-324").value() == std::numeric_limits<double>::denorm_min());
  CHECK(from_json<double>("1e-400").value() == 0.0);
  CHECK(std::signbit(from_json<double>("-1e-400").value()));
  CHECK(from_json<double>("0e999999999999").value() == 0.0);
  CHECK(from_json<double>("0." + std::string(400, '0') + "1e401").value() == 1.0);
  CHECK(from_json<double>("1" + std::string(400, '0') + "e-400").value() == 1.0);
  CHECK(from_json<double>("\"-Infinity\"").value() == -std::numeric_limits<double>::infinity());
}

TEST_CASE("text that is not UTF-8 is refused for transport, by path, and repaired for people", "[model][json]") {
  compounds record;
  record.names = {"fine", "bad \xff"};
  std::string out = "kept";
  try {
    sage::append_json(out, record);
    FAIL("no error");
  } catch (const sage::error& problem) {
    CHECK(problem.code() == sage::errc::invalid_argument);
    CHECK(std::string(problem.what()).starts_with("names[1]: the text is not valid UTF-8 at byte 4"));
  }
  CHECK(out == "kept");
  CHECK(sage::to_shown_json(record).find("bad \xef\xbf\xbd") != std::string::npos);
  CHECK_THROWS_AS(to_json(std::map<std::string, int>{{"\xff", 1}}), sage::error);
}

TEST_CASE("a time beyond 64 bits of milliseconds is refused", "[model][json]") {
  CHECK_THROWS_AS(to_json(std::chrono::hours::max()), sage::error);
  CHECK(to_json(std::chrono::milliseconds::max()) == "9223372036854775807");
}

TEST_CASE("depth, elements and bytes end at their limits and not one earlier", "[model][json]") {
  using sage::dynamic_value;
  sage::decode_limits limits;
  limits.depth_max = 64;
  CHECK(from_json<dynamic_value>(nested(64, "[", "]"), limits));
  CHECK(from_json<dynamic_value>(nested(65, "[", "]"), limits).error().code() == sage::errc::limit);
  // Skipped values are bounded as well.
  CHECK(from_json<log_line>("{\"x\":" + nested(63, "[", "]") + "}", limits));
  CHECK(from_json<log_line>("{\"x\":" + nested(64, "[", "]") + "}", limits).error().code() == sage::errc::limit);
  CHECK(from_json<log_line>("{\"x\":" + std::string(1000000, '[') + "}", limits).error().code() == sage::errc::limit);
  limits.elements_max = 3;
  CHECK(from_json<std::vector<int>>("[1,2,3]", limits));
  CHECK(from_json<std::vector<int>>("[1,2,3,4]", limits).error().code() == sage::errc::limit);
  limits.bytes_max = 7;
  CHECK(from_json<std::vector<int>>("[1,2,3]", limits));
  CHECK(from_json<std::vector<int>>("[1,2,3] ", limits).error().code() == sage::errc::limit);
}

TEST_CASE("a value nested without end can't be written", "[model][json]") {
  sage::dynamic_value value;
  for (int i = 0; i < 300; ++i) value = sage::dynamic_list{value};
  CHECK_THROWS_AS(to_json(value), sage::error);
}
