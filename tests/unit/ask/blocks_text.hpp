/// Shows extracted blocks as lines, so that a test compares one text.
#pragma once

#include <string>

#include "ask/text/blocks.hpp"

namespace ask_tests {

/// One line per block: `h2:`, `p:`, `item:`, `term:` or `pre:` and the text, line ends as `\n`.
inline std::string lines_of(const ask::text::extracted& document) {
  using ask::text::block_kind;
  std::string lines;
  for (const auto& block : document.blocks) {
    switch (block.kind) {
      case block_kind::heading: lines += "h" + std::to_string(block.level); break;
      case block_kind::paragraph: lines += "p"; break;
      case block_kind::item: lines += "item"; break;
      case block_kind::term: lines += "term"; break;
      case block_kind::preformatted: lines += "pre"; break;
    }
    lines += ": ";
    for (const char c : block.text) lines += c == '\n' ? std::string("\\n") : std::string(1, c);
    lines += "\n";
  }
  return lines;
}

}  // namespace ask_tests
