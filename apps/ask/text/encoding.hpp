/// Makes valid UTF-8 of whatever bytes a text file holds.
#pragma once

#include <string>

namespace ask::text {

/// Returns `bytes` as valid UTF-8 without a byte order mark: unchanged when they are UTF-8 already; otherwise every
/// byte that belongs to no well-formed sequence is read as Windows-1252, the superset of Latin-1 that old documents
/// are written in. Never fails. O(n).
[[nodiscard]] std::string to_utf8(std::string bytes);

}  // namespace ask::text
