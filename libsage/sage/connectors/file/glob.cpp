#include "sage/connectors/file/glob.hpp"

#include <cstddef>

namespace sage::file {

namespace {

// Matches one byte against the set that begins at pattern[at] == '['; moves `at` behind it. A set that isn't closed
// is a plain '['.
bool matches_set(std::string_view pattern, std::size_t& at, char c) noexcept {
  std::size_t i = at + 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  const std::size_t first = i;
  const auto byte = [](char b) { return static_cast<unsigned char>(b); };
  bool found = false;
  for (; i < pattern.size() && (pattern[i] != ']' || i == first); ++i) {
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found = found || (byte(pattern[i]) <= byte(c) && byte(c) <= byte(pattern[i + 2]));
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  if (i >= pattern.size()) {
    ++at;
    return c == '[';
  }
  at = i + 1;
  return found != negated;
}

bool matches_one(std::string_view pattern, std::size_t& at, char c) noexcept {
  if (pattern[at] == '[') return matches_set(pattern, at, c);
  const char wanted = pattern[at++];
  return wanted == '?' || wanted == c;
}

}  // namespace

bool is_pattern(std::string_view text) noexcept {
  return text.find_first_of("*?[") != std::string_view::npos;
}

bool matches(std::string_view pattern, std::string_view name) noexcept {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t star = std::string_view::npos;  // where the last `*` was, and up to where it has taken the name:
  std::size_t taken = 0;                      // on a mismatch it takes one byte more, which never needs recursion
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = n;
      continue;
    }
    std::size_t next = p;
    if (p < pattern.size() && matches_one(pattern, next, name[n])) {
      p = next;
      ++n;
      continue;
    }
    if (star == std::string_view::npos) return false;
    p = star + 1;
    n = ++taken;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace sage::file
