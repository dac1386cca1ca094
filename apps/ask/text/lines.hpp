/// Walks over the lines of a text without copying them.
#pragma once

#include <cstddef>
#include <string_view>

namespace ask::text {

/// Yields one line after the other, without line ends (`\n`, `\r\n`); looks one line ahead on request.
class line_reader {
 public:
  explicit line_reader(std::string_view text) noexcept : rest_(text) {}

  /// Moves to the next line; false at the end.
  bool next(std::string_view& line) noexcept;

  /// The line `next` would give, or nothing at the end. O(length of the line).
  [[nodiscard]] std::string_view peek() const noexcept;

 private:
  std::string_view rest_;
};

/// The number of columns a line is indented by; a tab goes to the next multiple of four.
[[nodiscard]] std::size_t indentation(std::string_view line) noexcept;

/// True for a line of at least `count_min` times the same character out of `characters`, and nothing else but
/// spaces: the rules and underlines of plain text and Markdown.
[[nodiscard]] bool is_rule(std::string_view line, std::string_view characters, std::size_t count_min) noexcept;

/// Length of the list marker at the start of `line` (`- `, `* `, `+ `, `• `, `o `, `12. `, `3) `), 0 without one.
[[nodiscard]] std::size_t list_marker(std::string_view line) noexcept;

}  // namespace ask::text
