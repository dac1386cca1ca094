/// A piece of a document that answers are made of: the second record of the pipeline.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ask {

/// Some paragraphs of one section in plain UTF-8, one line per block. Movable, owns everything.
struct passage {
  std::string path;           ///< of the document
  std::string title;          ///< of the document, may be empty
  std::string section;        ///< headings from the outermost to the innermost, joined by " > "; may be empty
  std::uint32_t ordinal = 0;  ///< position among the passages of its document, from 0
  std::string text;
  std::vector<std::vector<float>> vectors{};  ///< what an embedding model makes of its parts; empty without one
};

}  // namespace ask
