// Numbers of JSON: whole ones exactly, all others as the nearest double.
#include <charconv>

#include "sage/model/json_reader.hpp"

namespace sage {

namespace {
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
}  // namespace

bool json_reader::read_number(decoded_number& number) {
  skip_space();
  mark_ = at_;
  const char* const begin = at_;
  const char* c = at_;
  const bool negative = c < end_ && *c == '-';
  if (negative) ++c;
  const char* const first = c;
  std::uint64_t mantissa = 0;
  while (c < end_ && is_digit(*c)) mantissa = mantissa * 10 + static_cast<std::uint64_t>(*c++ - '0');
  const auto digits = static_cast<std::size_t>(c - first);
  if (digits == 0) return fail_token("a number");
  if (digits > 1 && *first == '0') return fail_syntax("a number must not begin with 0");
  at_ = c;
  if (c < end_ && (*c == '.' || *c == 'e' || *c == 'E')) {
    return parse_fraction(number, begin, mantissa, *first == '0' ? 0 : digits);
  }
  number.text = std::string_view(begin, static_cast<std::size_t>(c - begin));
  constexpr std::uint64_t int64_max = 0x7fffffffffffffff;
  bool exact = digits < 20;  // 19 digits never overflow
  if (digits == 20 && !negative) exact = std::from_chars(first, c, mantissa).ec == std::errc();
  if (exact && !negative && mantissa <= int64_max) {
    number.kind = value_kind::int64;
    number.int64 = static_cast<std::int64_t>(mantissa);
  } else if (exact && negative && mantissa != 0 && mantissa <= int64_max + 1) {
    number.kind = value_kind::int64;
    number.int64 = static_cast<std::int64_t>(0 - mantissa);
  } else if (exact && !negative) {
    number.kind = value_kind::uint64;
    number.uint64 = mantissa;
  } else {  // -0 and what no integer holds
    number.kind = value_kind::real;
    if (std::from_chars(begin, c, number.real).ec != std::errc()) {
      return fail(errc::parse, "number is out of range for a double");
    }
  }
  return true;
}

/// From a '.' or 'e' on. `digits` counts the significant ones so far.
bool json_reader::parse_fraction(decoded_number& number, const char* begin, std::uint64_t mantissa,
                                 std::size_t digits) {
  std::int64_t exponent = 0;
  const char* c = at_;
  if (*c == '.') {
    const char* const point = ++c;
    while (c < end_ && is_digit(*c)) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(*c - '0');
      if (digits > 0 || *c != '0') ++digits;
      ++c;
    }
    if (c == point) {
      at_ = c;
      return fail_token("a digit after the point");
    }
    exponent = point - c;
  }
  if (c < end_ && (*c == 'e' || *c == 'E')) {
    ++c;
    const bool minus = c < end_ && *c == '-';
    if (c < end_ && (*c == '-' || *c == '+')) ++c;
    const char* const first = c;
    std::int64_t power = 0;
    for (; c < end_ && is_digit(*c); ++c) {
      if (power < 1000000) power = power * 10 + (*c - '0');
    }
    if (c == first) {
      at_ = c;
      return fail_token("a digit of the exponent");
    }
    exponent += minus ? -power : power;
  }
  at_ = c;
  number.kind = value_kind::real;
  number.text = std::string_view(begin, static_cast<std::size_t>(c - begin));
  constexpr double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  // Both factors are exact doubles, so one correctly rounded operation gives the nearest one (Clinger 1990).
  if (digits <= 19 && mantissa <= (std::uint64_t{1} << 53) && exponent >= -22 && exponent <= 22) {
    number.real = static_cast<double>(mantissa);
    number.real = exponent < 0 ? number.real / powers[-exponent] : number.real * powers[exponent];
    if (*begin == '-') number.real = -number.real;
    return true;
  }
  if (std::from_chars(begin, c, number.real).ec == std::errc()) return true;
  // Out of range: too small is zero, as everywhere else; too large is an error.
  if (static_cast<std::int64_t>(digits) + exponent > 0) {
    return fail(errc::parse, "number is out of range for a double");
  }
  number.real = *begin == '-' ? -0.0 : 0.0;
  return true;
}

}  // namespace sage
