/// The classes of characters that byte-pair vocabularies cut text by.
#pragma once

namespace sage::llm {

/// General category L (Unicode 14). O(log of 650 ranges); one comparison for ASCII.
[[nodiscard]] bool is_letter(char32_t character) noexcept;
/// General category N.
[[nodiscard]] bool is_number(char32_t character) noexcept;
/// The property White_Space.
[[nodiscard]] bool is_space(char32_t character) noexcept;

}  // namespace sage::llm
