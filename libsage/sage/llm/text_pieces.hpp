/// Cuts text into the pieces that byte-pair merging works within.
#pragma once

#include <cstddef>
#include <string_view>

namespace sage::llm {

/// How long the piece at the beginning of `text` is, in bytes; 0 for an empty text. The pattern is that of the
/// vocabulary cl100k and of those that took it over: English contractions, words with the character before them,
/// numbers by `digits_max`, signs with a space before and line ends behind, white space. Bytes that aren't UTF-8 are
/// signs.
///
/// Law  the pieces of a text, one after another, are the text
/// Cost  O(bytes of the piece and of the white space behind it)
[[nodiscard]] std::size_t first_piece(std::string_view text, std::size_t digits_max = 3) noexcept;

}  // namespace sage::llm
