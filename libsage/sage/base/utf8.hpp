/// Checks and repairs UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sage {

/// The position of the first byte that does not belong to well-formed UTF-8, or npos. O(n), 8 ASCII bytes a step.
[[nodiscard]] std::size_t find_invalid_utf8(std::string_view text) noexcept;

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
  return find_invalid_utf8(text) == std::string_view::npos;
}

/// Appends `text` with U+FFFD in place of each byte that does not belong to well-formed UTF-8.
void append_repaired_utf8(std::string& out, std::string_view text);

/// Appends one code point (a scalar value: no surrogate, at most U+10FFFF).
void append_utf8(std::string& out, char32_t code_point);

}  // namespace sage
