/// What extraction makes of a document: its title and a flat sequence of blocks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ask::text {

/// What a block is, as far as splitting into passages cares.
enum class block_kind : std::uint8_t {
  heading,       ///< opens a section; `level` says how deep
  paragraph,     ///< running text, white space collapsed
  item,          ///< a list item or table row: belongs on a line of its own
  term,          ///< the term of a definition list: belongs to the block after it
  preformatted,  ///< code or tables: line breaks and spaces kept
};

/// One heading, paragraph, item, term or piece of code in plain UTF-8.
struct block {
  block_kind kind = block_kind::paragraph;
  std::uint8_t level = 0;  ///< 1 (outermost) to 6 for headings, otherwise 0
  std::string text;

  friend bool operator==(const block&, const block&) = default;
};

/// The plain text of a document. No block is empty.
struct extracted {
  std::string title;  ///< empty when the document names none
  std::vector<block> blocks;
};

/// Cuts `text` to at most `bytes_max` bytes without splitting a UTF-8 character.
[[nodiscard]] std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) noexcept;

/// Removes ASCII white space at both ends.
[[nodiscard]] std::string_view trim(std::string_view text) noexcept;

}  // namespace ask::text
