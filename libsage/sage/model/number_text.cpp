#include "sage/model/number_text.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

namespace sage {

namespace {

template <class Number>
std::string_view print(char (&buffer)[32], Number number) {
  const auto printed = std::to_chars(buffer, buffer + sizeof buffer, number);
  return std::string_view(buffer, static_cast<std::size_t>(printed.ptr - buffer));
}

template <class Real>
void append_real(std::string& out, Real number) {
  char buffer[32];
  const std::string_view text = print(buffer, number);
  out.append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out.append(".0");
}

}  // namespace

void append_number(std::string& out, std::int64_t number) {
  char buffer[32];
  out.append(print(buffer, number));
}

void append_number(std::string& out, std::uint64_t number) {
  char buffer[32];
  out.append(print(buffer, number));
}

void append_number(std::string& out, double number) {
  append_real(out, number);
}
void append_number(std::string& out, float number) {
  append_real(out, number);
}

const char* name_of_special(double number) noexcept {
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  return nullptr;
}

}  // namespace sage
