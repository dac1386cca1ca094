#include "sage/llm/retry_after.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>

namespace sage::llm {

namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::int64_t bounded(double ms, const retry_after_limits& limits) {
  if (!(ms > 0)) return 0;
  return ms >= static_cast<double>(limits.wait_ms_max) ? limits.wait_ms_max
                                                       : static_cast<std::int64_t>(std::ceil(ms));
}

/// Takes a decimal number, without exponent, off the front.
std::optional<double> take_number(std::string_view& text) {
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (read.ec == std::errc::result_out_of_range) {
    // All digits, and too many for a double: absurd, but a number.
    value = text.starts_with('-') ? -HUGE_VAL : HUGE_VAL;
  } else if (read.ec != std::errc()) {
    return std::nullopt;
  }
  // from_chars knows "inf" and "nan" as well; nobody asks for those.
  if (text.find_first_of("0123456789") != (text.starts_with('-') ? 1u : 0u)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return value;
}

std::optional<int> whole(std::string_view text) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// Days since the epoch of a date of the Gregorian calendar.
std::int64_t days_of(int year, int month, int day) {
  // Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the leap day is last.
  const int y = month <= 2 ? year - 1 : year;
  const int era = (y >= 0 ? y : y - 399) / 400;
  const int year_of_era = y - era * 400;
  const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return std::int64_t{era} * 146097 + day_of_era - 719468;
}

std::optional<std::int64_t> seconds_of_day(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = whole(text.substr(0, 2));
  const auto minute = whole(text.substr(3, 2));
  const auto second = whole(text.substr(6, 2));
  if (!hour || !minute || !second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

std::optional<std::int64_t> parse_http_date_ms(std::string_view value) {
  // The words of the date without its weekday: "06 Nov 1994 08:49:37 GMT", "06-Nov-94 08:49:37 GMT" (RFC 850),
  // "Nov  6 08:49:37 1994" (asctime).
  std::vector<std::string> words(1);
  value = trimmed(value);
  if (value.size() > 64) return std::nullopt;
  for (const char c : value) {
    if (c != ' ' && c != ',' && c != '-') {
      words.back().push_back(c);
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.size() == 5) {  // asctime
    std::swap(words[1], words[2]);
    std::swap(words[3], words[4]);
    words.emplace_back("GMT");
  }
  if (words.size() != 6 || words[5] != "GMT") return std::nullopt;
  const auto day = whole(words[1]);
  const auto month = std::find(months.begin(), months.end(), words[2]);
  auto year = whole(words[3]);
  const auto seconds = seconds_of_day(words[4]);
  if (!day || *day < 1 || *day > 31 || month == months.end() || !year || *year > 9999 || !seconds) {
    return std::nullopt;
  }
  if (words[3].size() == 2) *year += *year < 70 ? 2000 : 1900;
  return (days_of(*year, static_cast<int>(month - months.begin()) + 1, *day) * 86'400 + *seconds) * 1000;
}

std::optional<std::int64_t> parse_retry_after(std::string_view value, std::int64_t wall_ms,
                                              const retry_after_limits& limits) {
  value = trimmed(value);
  std::string_view rest = value;
  if (const auto seconds = take_number(rest); seconds && rest.empty()) return bounded(*seconds * 1000, limits);
  if (const auto date = parse_http_date_ms(value)) return bounded(static_cast<double>(*date - wall_ms), limits);
  return std::nullopt;
}

std::optional<std::int64_t> parse_duration_ms(std::string_view value, const retry_after_limits& limits) {
  value = trimmed(value);
  double ms = 0;
  bool any = false;
  while (!value.empty()) {
    const auto number = take_number(value);
    if (!number || *number < 0) return std::nullopt;
    double unit_ms = 0;
    if (value.starts_with("ms")) {
      unit_ms = 1;
      value.remove_prefix(2);
    } else if (value.empty() && !any) {
      unit_ms = 1000;  // a bare number
    } else if (!value.empty()) {
      switch (value.front()) {
        case 'd': unit_ms = 86'400'000; break;
        case 'h': unit_ms = 3'600'000; break;
        case 'm': unit_ms = 60'000; break;
        case 's': unit_ms = 1000; break;
        default: return std::nullopt;
      }
      value.remove_prefix(1);
    } else {
      return std::nullopt;
    }
    ms += *number * unit_ms;
    any = true;
  }
  if (!any) return std::nullopt;
  return bounded(ms, limits);
}

std::optional<std::int64_t> find_retry_after(const http_headers& headers, std::int64_t wall_ms,
                                             const retry_after_limits& limits) {
  if (std::string_view ms = trimmed(find_header(headers, "retry-after-ms")); !ms.empty()) {
    if (const auto number = take_number(ms); number && ms.empty()) return bounded(*number, limits);
  }
  if (const auto wait = parse_retry_after(find_header(headers, "retry-after"), wall_ms, limits)) return wait;
  std::optional<std::int64_t> longest;
  for (const std::string_view what : {"requests", "tokens"}) {
    const std::string prefix = "x-ratelimit-";
    if (trimmed(find_header(headers, prefix + "remaining-" + std::string(what))) != "0") continue;
    const auto reset = parse_duration_ms(find_header(headers, prefix + "reset-" + std::string(what)), limits);
    if (reset && (!longest || *reset > *longest)) longest = reset;
  }
  return longest;
}

}  // namespace sage::llm
