// Sums that models can't do, and texts that are no sums.
#include "sage/agents/tools/calculator.hpp"

#include <cmath>
#include <limits>
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::tools;

namespace {

double value_of(const std::string& expression) {
  const auto value = calculate(expression);
  INFO(expression << ": " << (value ? "" : value.error().what()));
  REQUIRE(value);
  return *value;
}

std::string nested(std::size_t parentheses) {
  std::string text(2 * parentheses + 1, '(');
  text[parentheses] = '1';
  for (std::size_t i = parentheses + 1; i < text.size(); ++i) text[i] = ')';
  return text;
}

}  // namespace

TEST_CASE("arithmetic has its usual order", "[agents][calculator]") {
  CHECK(value_of("1 + 2 * 3") == 7);
  CHECK(value_of("(1 + 2) * 3") == 9);
  CHECK(value_of("2 ^ 3 ^ 2") == 512);
  CHECK(value_of("-2 ^ 2") == -4);
  CHECK(value_of("2 ^ -1") == 0.5);
  CHECK(value_of("10 - 4 - 3") == 3);
  CHECK(value_of("7 % 4 * 2") == 6);
  CHECK(value_of("--3") == 3);
  CHECK(value_of("1e3 + .5") == 1000.5);
  CHECK(value_of("max(1, 2 + 3, min(9, 8))") == 8);
  CHECK(value_of("sqrt(abs(-16)) + round(2.5)") == 7);
  CHECK(std::abs(value_of("sin(pi / 2) + ln(e) + log(1000)") - 5) < 1e-12);
  CHECK(calculator()->invoke(R"({"expression":"0.1 + 0.2"})").text == "0.3");
  CHECK(calculator()->invoke(R"({"expression":"2^53"})").text == "9.00719925474099e+15");
  CHECK(calculator()->invoke(R"({"expression":"17 * 23"})").text == "391");
  CHECK(calculator()->invoke(R"({"expression":"-0"})").text == "0");
}

TEST_CASE("what is no expression is refused with its place", "[agents][calculator]") {
  for (const char* bad : {"",
                          " ",
                          "1 +",
                          "* 2",
                          "(1",
                          "1)",
                          "1 2",
                          "a",
                          "pi pi",
                          "f(1)",
                          "sqrt",
                          "sqrt()",
                          "sqrt(1,2)",
                          "1..2",
                          ".",
                          "1/0",
                          "5 % 0",
                          "0/0",
                          "sqrt(-1)",
                          "9^9^9",
                          "1e999",
                          "2**3",
                          "__import__('os')",
                          "1;2",
                          "\xc3\x97",
                          "0x10",
                          "min(",
                          "max(1,"}) {
    const auto value = calculate(bad);
    INFO(bad);
    CHECK_FALSE(value);
  }
  CHECK_THAT(calculate("1 + $").error().what(), Catch::Contains("'$' is not expected, at character 5"));
  CHECK_THAT(calculate("cosh(1)").error().what(), Catch::Contains("there is no function 'cosh'"));
  CHECK(calculator()->invoke(R"({"expression":"1/0"})").text == "the tool failed: division by zero, at character 4");
}

TEST_CASE("long and deep expressions are bounded", "[agents][calculator]") {
  CHECK_FALSE(calculate(std::string(1001, '1')));
  CHECK_FALSE(calculate(nested(490)));
  CHECK_FALSE(calculate(std::string(1000, '(')));
  std::string signs(999, '-');
  signs += '1';
  CHECK(value_of(signs) == -1);
  CHECK(value_of(nested(60)) == 1);
  std::string powers = "1";
  for (int i = 0; i < 300; ++i) powers += "^1";
  CHECK_FALSE(calculate(powers));
}

TEST_CASE("any text is a number or a refusal", "[agents][calculator][property]") {
  constexpr std::string_view letters = "0123456789+-*/%^()., episnqrtmax\xff$";
  test::for_each_seed(2000, [&](std::mt19937_64& random) {
    std::string text;
    for (std::uint64_t i = random() % 40; i > 0; --i) text += letters[random() % letters.size()];
    const auto value = calculate(text);
    INFO(text);
    CHECK((!value || std::isfinite(*value)));
  });
}
