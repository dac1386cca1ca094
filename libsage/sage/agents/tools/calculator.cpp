#include "sage/agents/tools/calculator.hpp"

#include <charconv>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

namespace sage::tools {

namespace {

constexpr std::size_t characters_max = 1000;
constexpr int depth_max = 64;
constexpr std::size_t arguments_max = 100;

struct expression_query {
  std::string expression;
};
SAGE_DESCRIBE(expression_query, expression)
SAGE_EXPLAIN(expression_query, {"expression", "for example: (17.5 + 3) * 2^10 / sqrt(2)"})

/// Recursive descent; the first problem ends it.
class parser {
 public:
  explicit parser(std::string_view text) : text_(text) {}

  result<double> parse() {
    const double value = sum();
    skip_space();
    if (problem_.empty() && at_ < text_.size()) fail(std::string("'") + shown() + "' is not expected");
    if (problem_.empty() && !std::isfinite(value)) fail("the result is not a finite number");
    if (!problem_.empty()) {
      return error(errc::invalid_argument, problem_ + ", at character " + std::to_string(problem_at_ + 1));
    }
    return value;
  }

 private:
  double sum() {
    double value = product();
    while (true) {
      if (take('+')) {
        value += product();
      } else if (take('-')) {
        value -= product();
      } else {
        return value;
      }
    }
  }

  double product() {
    double value = sign();
    while (true) {
      if (take('*')) {
        value *= sign();
      } else if (take('/')) {
        value = divided(value, sign(), false);
      } else if (take('%')) {
        value = divided(value, sign(), true);
      } else {
        return value;
      }
    }
  }

  double divided(double value, double by, bool rest) {
    if (by == 0) fail("division by zero");
    return rest ? std::fmod(value, by) : value / by;
  }

  // -2^2 is -4, as in mathematics.
  double sign() {
    bool negative = false;
    while (true) {
      if (take('-')) {
        negative = !negative;
      } else if (!take('+')) {
        break;
      }
    }
    const double value = power();
    return negative ? -value : value;
  }

  double power() {
    const double base = operand();
    if (!take('^')) return base;
    if (!enter()) return 0;
    const double exponent = sign();
    --depth_;
    return std::pow(base, exponent);
  }

  double operand() {
    skip_space();
    if (take('(')) {
      if (!enter()) return 0;
      const double value = sum();
      --depth_;
      if (!take(')')) fail("a ')' is missing");
      return value;
    }
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if ((c >= '0' && c <= '9') || c == '.') return number();
    if (is_letter(c)) return named();
    fail(at_ < text_.size() ? "'" + shown() + "' is not expected" : "something is missing at the end");
    return 0;
  }

  double number() {
    double value = 0;
    const char* const begin = text_.data() + at_;
    const auto [end, bad] = std::from_chars(begin, text_.data() + text_.size(), value, std::chars_format::general);
    if (bad != std::errc()) {
      fail("this number can't be read");
      return 0;
    }
    at_ += static_cast<std::size_t>(end - begin);
    return value;
  }

  double named() {
    const std::size_t first = at_;
    while (at_ < text_.size() && (is_letter(text_[at_]) || (text_[at_] >= '0' && text_[at_] <= '9'))) ++at_;
    const std::string_view name = text_.substr(first, at_ - first);
    if (name == "pi") return std::numbers::pi;
    if (name == "e") return std::numbers::e;
    if (!take('(')) {
      fail("'" + std::string(name.substr(0, 32)) + "' is unknown; functions need parentheses");
      return 0;
    }
    if (!enter()) return 0;
    std::vector<double> arguments{sum()};
    while (problem_.empty() && take(',')) {
      if (arguments.size() >= arguments_max) fail("too many arguments");
      arguments.push_back(sum());
    }
    --depth_;
    if (!take(')')) fail("a ')' is missing");
    return problem_.empty() ? apply(name, arguments) : 0;
  }

  double apply(std::string_view name, const std::vector<double>& arguments) {
    if (name == "min" || name == "max") {
      double found = arguments[0];
      for (const double each : arguments) found = name == "min" ? std::min(found, each) : std::max(found, each);
      return found;
    }
    struct function {
      std::string_view name;
      double (*of)(double);
    };
    static constexpr function functions[] = {
        {"abs", [](double x) { return std::fabs(x); }},    {"ceil", [](double x) { return std::ceil(x); }},
        {"cos", [](double x) { return std::cos(x); }},     {"exp", [](double x) { return std::exp(x); }},
        {"floor", [](double x) { return std::floor(x); }}, {"ln", [](double x) { return std::log(x); }},
        {"log", [](double x) { return std::log10(x); }},   {"round", [](double x) { return std::round(x); }},
        {"sin", [](double x) { return std::sin(x); }},     {"sqrt", [](double x) { return std::sqrt(x); }},
        {"tan", [](double x) { return std::tan(x); }}};
    for (const function& each : functions) {
      if (each.name != name) continue;
      if (arguments.size() != 1) fail(std::string(name) + " takes one argument");
      return each.of(arguments[0]);
    }
    fail("there is no function '" + std::string(name.substr(0, 32)) +
         "'; there are abs, ceil, cos, exp, floor, ln, log, max, min, round, sin, sqrt, tan");
    return 0;
  }

  static bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
  std::string shown() const {
    const char c = text_[at_];
    return c > 0x20 && c < 0x7f ? std::string(1, c) : std::string("a character that is no ASCII");
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n')) ++at_;
  }
  bool take(char c) {
    if (!problem_.empty()) return false;
    skip_space();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool enter() {
    if (++depth_ > depth_max) fail("too many parentheses inside each other");
    return problem_.empty();
  }
  void fail(std::string message) {
    if (!problem_.empty()) return;
    problem_ = std::move(message);
    problem_at_ = at_;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string problem_;
  std::size_t problem_at_ = 0;
};

}  // namespace

result<double> calculate(std::string_view expression) {
  if (expression.size() > characters_max) {
    return error(errc::limit, "the expression is longer than " + std::to_string(characters_max) + " characters");
  }
  return parser(expression).parse();
}

tool_ref calculator() {
  return make_tool("calculator", "Computes an arithmetic expression exactly as a pocket calculator does.",
                   [](const expression_query& query) -> result<std::string> {
                     const auto value = calculate(query.expression);
                     if (!value) return value.error();
                     char text[32];
                     // Rounded to 15 digits: 0.1 + 0.2 is 0.3 to everybody who asks.
                     const auto [end, bad] = std::to_chars(text, text + sizeof text, *value == 0 ? 0.0 : *value,
                                                           std::chars_format::general, 15);
                     return std::string(text, end);
                   });
}

}  // namespace sage::tools
