/// One file as it was read: the first record of the pipeline.
#pragma once

#include <string>

namespace ask {

/// The bytes of a document (already decompressed) and where they came from. Movable, owns everything.
struct document {
  std::string path;   ///< as the user would open it; a trailing `.gz` stays in the name
  std::string bytes;  ///< whatever the file holds, not yet judged
};

}  // namespace ask
