#include "ask/text/lines.hpp"

#include <algorithm>

namespace ask::text {

namespace {

std::string_view first_line(std::string_view text) noexcept {
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

constexpr std::size_t list_digits_max = 4;

}  // namespace

bool line_reader::next(std::string_view& line) noexcept {
  if (rest_.empty()) return false;
  line = first_line(rest_);
  rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size() - 1) + 1);
  return true;
}

std::string_view line_reader::peek() const noexcept {
  return first_line(rest_);
}

std::size_t indentation(std::string_view line) noexcept {
  std::size_t columns = 0;
  for (const char c : line) {
    if (c == ' ') {
      ++columns;
    } else if (c == '\t') {
      columns += 4 - columns % 4;
    } else {
      break;
    }
  }
  return columns;
}

bool is_rule(std::string_view line, std::string_view characters, std::size_t count_min) noexcept {
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || characters.find(line[first]) == std::string_view::npos) return false;
  const char mark = line[first];
  std::size_t count = 0;
  for (const char c : line.substr(first)) {
    if (c == mark) {
      ++count;
    } else if (c != ' ' && c != '\t') {
      return false;
    }
  }
  return count >= count_min;
}

std::size_t list_marker(std::string_view line) noexcept {
  const auto is_space = [&](std::size_t at) { return at < line.size() && (line[at] == ' ' || line[at] == '\t'); };
  if (line.empty()) return 0;
  if (std::string_view("-*+o").find(line[0]) != std::string_view::npos) return is_space(1) ? 2 : 0;
  if (line.starts_with("\xE2\x80\xA2")) return is_space(3) ? 4 : 0;  // the bullet U+2022
  std::size_t digits = 0;
  while (digits < line.size() && digits <= list_digits_max && line[digits] >= '0' && line[digits] <= '9') ++digits;
  if (digits == 0 || digits > list_digits_max || digits >= line.size()) return 0;
  return (line[digits] == '.' || line[digits] == ')') && is_space(digits + 1) ? digits + 2 : 0;
}

}  // namespace ask::text
