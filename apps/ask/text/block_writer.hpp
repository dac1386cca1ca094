/// Collects text into blocks: the part that all extractors share.
#pragma once

#include <string>
#include <string_view>

#include "ask/text/blocks.hpp"

namespace ask::text {

/// Builds `extracted` block by block: collapses white space outside of preformatted text, drops empty blocks, cuts
/// headings, stops at limits::blocks_max. Text goes into the open block; `open` and `close` end it.
class block_writer {
 public:
  /// Ends the open block and begins one of `kind`.
  void open(block_kind kind, std::uint8_t level = 0);

  /// Ends the open block; what follows is a paragraph unless opened otherwise.
  void close() { open(block_kind::paragraph); }

  /// Ends the open block, if it has text, by a paragraph; an item or term that is still empty stays one.
  void open_paragraph();

  /// Appends text to the open block; runs of white space become one space.
  void append(std::string_view text);

  /// Appends text as it is (preformatted).
  void append_verbatim(std::string_view text) { text_.append(text); }

  /// Appends one space unless there is one already or the block is empty.
  void space();

  /// Forgets the text of the open block.
  void discard() { text_.clear(); }

  [[nodiscard]] block_kind kind() const noexcept { return kind_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] bool is_full() const noexcept;

  /// Gives the document its title, unless it has one.
  void title(std::string_view text);

  /// Ends the open block and hands everything over; without a title the first heading becomes it.
  [[nodiscard]] extracted take();

 private:
  void flush();

  extracted done_;
  std::string text_;
  block_kind kind_ = block_kind::paragraph;
  std::uint8_t level_ = 0;
};

}  // namespace ask::text
