/// Splits a document into passages.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "ask/passage.hpp"
#include "ask/text/blocks.hpp"

namespace ask {

/// How long passages are, in words. Passages of this size hold one answer and enough around it to be understood;
/// retrieval works best between 80 and 200 words (Kaszkiewicz & Zobel, "Effective ranking with arbitrary passages",
/// JASIST 52(4), 2001).
struct passage_size {
  std::size_t words_min = 60;      ///< smaller sections are put together with their neighbours
  std::size_t words_target = 120;  ///< a passage that has reached this takes nothing more
  std::size_t words_max = 200;     ///< no paragraph is added beyond this; longer ones are split
};

/// Splits `document` along its sections and paragraphs. A term stays with its definition, a paragraph that is too
/// long is split between sentences, code between lines. Passages do not overlap: every block is in exactly one.
/// O(n).
[[nodiscard]] std::vector<passage> split(std::string_view path, const text::extracted& document,
                                         const passage_size& size = {});

/// The number of words in `text`; text without spaces counts one for every 16 bytes.
[[nodiscard]] std::size_t count_words(std::string_view text) noexcept;

}  // namespace ask
