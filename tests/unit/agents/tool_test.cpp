// What a tool takes, what it refuses and how, and what comes out of it.
#include "sage/agents/tools/tool.hpp"

#include <map>
#include <random>
#include <stdexcept>

#include "sage/base/utf8.hpp"
#include "sage/model/dynamic_value.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using Catch::Matchers::Contains;

namespace {

enum class unit { celsius, fahrenheit };
SAGE_DESCRIBE_ENUM(unit, celsius, fahrenheit)

struct place {
  double latitude = 0;
  double longitude = 0;
};
SAGE_DESCRIBE(place, latitude, longitude)

struct weather_query {
  std::string city;
  std::optional<std::uint8_t> days;
  std::optional<unit> in;
  std::optional<std::vector<place>> near;
};
SAGE_DESCRIBE(weather_query, city, days, in, near)
SAGE_EXPLAIN(weather_query, {"city", "name of a city, in English"}, {"days", "how many, from today"})

struct forecast {
  std::string city;
  int degrees = 0;
};
SAGE_DESCRIBE(forecast, city, degrees)

tool_ref weather() {
  return make_tool("get_weather", "the weather of a city", [](const weather_query& q) {
    return forecast{q.city, 20 + q.days.value_or(1)};
  });
}

std::string free_function(weather_query q) {
  return "it rains in " + q.city;
}

struct echo_query {
  std::string text;
};
SAGE_DESCRIBE(echo_query, text)

struct plain_query {
  std::string text;
  std::optional<std::int64_t> count;
  std::optional<std::vector<bool>> flags;
};
SAGE_DESCRIBE(plain_query, text, count, flags)

}  // namespace

TEST_CASE("models are told name, description and a closed schema with the texts of fields", "[agents][tool]") {
  const chat_tool described = weather()->describe();
  CHECK(described.name == "get_weather");
  CHECK(described.description == "the weather of a city");
  const auto schema = from_json<dynamic_value>(described.parameters).value();
  CHECK(schema.find("type")->text() == "object");
  CHECK(*schema.find("additionalProperties") == dynamic_value(false));
  CHECK(schema.find("$schema") == nullptr);
  const auto& properties = *schema.find("properties");
  CHECK(properties.find("city")->find("description")->text() == "name of a city, in English");
  CHECK(*schema.find("required") == dynamic_value(dynamic_list{dynamic_value("city")}));
}

TEST_CASE("a tool is called with decoded arguments and answers with JSON or text", "[agents][tool]") {
  CHECK(weather()->invoke(R"({"city":"oslo"})") ==
        tool_result{tool_outcome::done, R"({"city":"oslo","degrees":21})"});
  CHECK(
      weather()->invoke(R"({"city":"oslo","days":3,"in":"celsius","near":[{"latitude":1,"longitude":2.5}]})").text ==
      R"({"city":"oslo","degrees":23})");
  CHECK(weather()->invoke(R"({"city":"oslo","days":null})").outcome == tool_outcome::done);
  CHECK(make_tool("rain", "", free_function)->invoke(R"({"city":"rome"})").text == "it rains in rome");
}

TEST_CASE("a refusal says what is wrong and what is expected", "[agents][tool]") {
  const tool_ref tool = weather();
  const auto refusal_of = [&](const std::string& arguments) {
    const tool_result result = tool->invoke(arguments);
    INFO(arguments << " gave " << result.text);
    CHECK(result.outcome == tool_outcome::refused);
    CHECK_FALSE(tool->check(arguments));
    CHECK(is_utf8(result.text));
    CHECK(result.text.size() < 400);
    return result.text;
  };
  const std::string expected =
      "expected {city: string, days?: integer, in?: \"celsius\" | \"fahrenheit\", near?: array of object}";
  CHECK_THAT(refusal_of("{}"), Contains("argument 'city' is missing") && Contains(expected));
  CHECK_THAT(refusal_of(""), Contains("argument 'city' is missing"));
  CHECK_THAT(refusal_of(R"({"city":"oslo","town":"x"})"), Contains("argument 'town' is unknown"));
  CHECK_THAT(refusal_of(R"({"city":7})"), Contains("argument 'city' doesn't fit") && Contains(expected));
  CHECK_THAT(refusal_of(R"({"city":null})"), Contains("argument 'city' doesn't fit"));
  CHECK_THAT(refusal_of(R"({"city":"a","days":300})"), Contains("argument 'days' doesn't fit"));
  CHECK_THAT(refusal_of(R"({"city":"a","days":1.5})"), Contains("argument 'days' doesn't fit"));
  CHECK_THAT(refusal_of(R"({"city":"a","in":"kelvin"})"), Contains("argument 'in' doesn't fit"));
  CHECK_THAT(refusal_of(R"({"city":"a","near":[{"latitude":1,"longitude":"x"}]})"), Contains("near"));
  CHECK_THAT(refusal_of(R"({"city":"a","near":[{"latitude":1,"longitude":2,"height":3}]})"), Contains("near"));
  for (const char* no_object : {"[]", "7", "\"city\"", "null", "true"}) {
    CHECK_THAT(refusal_of(no_object), Contains("must be a JSON object"));
  }
}

TEST_CASE("what is no JSON, too deep, too long or not Unicode is refused", "[agents][tool]") {
  const tool_ref tool = weather();
  std::string deep = R"({"city":)";
  for (int i = 0; i < 100'000 / 4; ++i) deep += '[';
  const std::vector<std::string> bad = {
      "{",
      "{\"city\":\"oslo\"",
      "{\"city\":\"oslo\"} and more",
      "city: oslo",
      "{'city':'oslo'}",
      "{\"city\":\"oslo\",\"city\":\"rome\"}",
      "{\"city\":\"\\ud800\"}",
      "{\"city\":\"\\udc00x\"}",
      "{\"city\":\"\xed\xa0\x80\"}",
      "{\"city\":\"\xff\"}",
      "{\"city\":NaN}",
      "{\"city\":1e999}",
      std::string("{\"city\":\"a\0b\"}", 14),
      deep,
      "{\"city\":\"" + std::string(70'000, 'x') + "\"}",
      std::string(1, '\0'),
  };
  for (const std::string& arguments : bad) {
    const tool_result result = tool->invoke(arguments);
    INFO(arguments.substr(0, 60) << " gave " << result.text);
    CHECK(result.outcome == tool_outcome::refused);
    CHECK_FALSE(result.text.empty());
    CHECK(is_utf8(result.text));
  }
}

TEST_CASE("any bytes as arguments are refused or taken, never a crash", "[agents][tool][property]") {
  const tool_ref tool = weather();
  const std::string good = R"({"city":"oslo","days":3,"in":"celsius","near":[{"latitude":1,"longitude":2.5}]})";
  test::for_each_seed(2000, [&](std::mt19937_64& random) {
    std::string arguments = good;
    for (std::uint64_t i = random() % 6; i > 0; --i) {
      const std::size_t at = random() % arguments.size();
      switch (random() % 3) {
        case 0: arguments[at] = static_cast<char>(random()); break;
        case 1: arguments.erase(at, 1 + random() % 4); break;
        case 2: arguments.insert(at, 1, "{}[]\",:0\\"[random() % 9]); break;
      }
      if (arguments.empty()) arguments = "{";
    }
    const tool_result result = tool->invoke(arguments);
    CHECK(result.outcome != tool_outcome::failed);
    CHECK(is_utf8(result.text));
  });
}

TEST_CASE("arguments that the decoder alone takes fit the schema as well", "[agents][tool][property]") {
  const auto tool = make_tool("plain", "", [](const plain_query& q) { return q.text; });
  const std::string good = R"({"text":"oslo","count":3,"flags":[true,false]})";
  CHECK(tool->invoke(R"({"text":"a","count":3.0})").text == "a");  // 3.0 is an integer
  CHECK(tool->check(R"({"text":"a","count":3.0})"));
  CHECK_THAT(tool->invoke(R"({"text":"a","count":3.5})").text, Contains("argument 'count' doesn't fit"));
  CHECK_THAT(tool->invoke(R"({"count":3})").text, Contains("argument 'text' is missing; expected {text: string"));
  CHECK_THAT(tool->invoke("{").text, Contains("can't be read as JSON"));
  CHECK_THAT(tool->invoke("{\"text\":\"" + std::string(70'000, 'x') + "\"}").text, Contains("too long"));
  test::for_each_seed(3000, [&](std::mt19937_64& random) {
    static constexpr std::string_view parts[] = {"null", "1e3",  "-0",  "0.5", "\"x\"", "{}", "[]",
                                                 "true", "9e99", "1.0", ",",   ":",     "\"", "]"};
    std::string arguments = good;
    for (std::uint64_t i = random() % 4; i > 0; --i) {
      const std::size_t at = random() % arguments.size();
      arguments.replace(at, random() % 6, parts[random() % std::size(parts)]);
    }
    INFO(arguments);
    CHECK((tool->invoke(arguments).outcome == tool_outcome::done) == tool->check(arguments).has_value());
  });
}

TEST_CASE("what a function throws or returns as an error is a text for the model", "[agents][tool]") {
  const auto thrower = make_tool("t", "", []() -> std::string { throw std::runtime_error("the shop is closed"); });
  CHECK(thrower->invoke("{}") == tool_result{tool_outcome::failed, "the tool failed: the shop is closed"});
  const auto returner = make_tool("t", "", [](const echo_query& q) -> result<std::string> {
    if (q.text == "bad") return error(errc::not_found, "no such order", q.text);
    return q.text;
  });
  CHECK(returner->invoke(R"({"text":"bad"})") ==
        tool_result{tool_outcome::failed, "the tool failed: bad: no such order"});
  CHECK(returner->invoke(R"({"text":"good"})") == tool_result{tool_outcome::done, "good"});
  const auto odd = make_tool("t", "", []() -> int { throw 7; });
  CHECK(odd->invoke("{}").outcome == tool_outcome::failed);
  CHECK(make_tool("t", "", [] {})->invoke("").text == "done");
  CHECK(make_tool("t", "", []() -> result<void> { return {}; })->invoke("{}").text == "done");
}

TEST_CASE("a result is cut at its bound, between characters, and says so", "[agents][tool]") {
  tool_limits limits;
  limits.result_bytes_max = 1000;
  const auto long_text = make_tool(
      "t", "",
      [] {
        std::string text;
        for (int i = 0; i < 1000; ++i) text += "\xe4\xb8\xad";
        return text;
      },
      tool_execution::immediate, limits);
  const tool_result cut = long_text->invoke("{}");
  CHECK(is_utf8(cut.text));
  CHECK_THAT(cut.text, Contains("[cut: these are the first 999 of 3000 bytes]"));
  CHECK(cut.text.size() < 1100);
  const auto bytes = make_tool(
      "t", "", [] { return std::string(5000, '\x80'); }, tool_execution::immediate, limits);
  CHECK(is_utf8(bytes->invoke("{}").text));
}

TEST_CASE("a function sees that it should stop", "[agents][tool]") {
  const auto looking =
      make_tool("t", "", [](std::stop_token stop) { return stop.stop_requested() ? "stopped" : "no"; });
  const auto with_query = make_tool("t", "", [](const echo_query& q, std::stop_token stop) {
    return q.text + (stop.stop_requested() ? " stopped" : "");
  });
  std::stop_source source;
  CHECK(looking->invoke("{}", source.get_token()).text == "no");
  source.request_stop();
  CHECK(looking->invoke("{}", source.get_token()).text == "stopped");
  CHECK(with_query->invoke(R"({"text":"a"})", source.get_token()).text == "a stopped");
}

TEST_CASE("a tool has a name that providers take", "[agents][tool]") {
  for (const char* bad : {"", "get weather", "get.weather", "\xd0\xb0pple", "a/b", "x\n"}) {
    INFO(bad);
    CHECK_THROWS_AS(make_tool(bad, "", [] {}), error);
  }
  CHECK_THROWS_AS(make_tool(std::string(65, 'a'), "", [] {}), error);
  CHECK(make_tool(std::string(64, 'a'), "", [] {})->name().size() == 64);
}
