#include "log_stats/entry.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace log_stats {

bool sage_enum_from_text(std::string_view text, level& value) {
  constexpr std::size_t longest = 8;  // "critical"
  if (text.size() > longest) return false;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  if (lower == "warning") lower = "warn";
  if (lower == "critical") lower = "fatal";
  return sage::enum_from_name(lower, value);
}

std::uint64_t nanoseconds_of(double milliseconds) {
  constexpr double milliseconds_max = 9.2e12;  // so that the nanoseconds of each fit 63 bits
  constexpr double nanoseconds_each = 1e6;
  if (!(milliseconds >= 0 && milliseconds <= milliseconds_max)) {
    char text[32];
    std::snprintf(text, sizeof text, "%.15g", milliseconds);
    throw sage::error(sage::errc::parse, std::string("duration_ms is ") + text, "",
                      "a duration is 0 or more; correct it, or leave such records out with --on-error drop");
  }
  return static_cast<std::uint64_t>(std::llround(milliseconds * nanoseconds_each));
}

}  // namespace log_stats
