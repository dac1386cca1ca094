#include "log_stats/entry.hpp"

#include <algorithm>

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

}  // namespace log_stats
