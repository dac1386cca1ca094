/// Makes valid UTF-8 of whatever bytes a text file holds.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ask::text {

/// True when every byte belongs to a well-formed UTF-8 sequence (no overlong forms, no surrogates). O(n).
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Returns `bytes` as valid UTF-8 without a byte order mark: unchanged when they are UTF-8 already; otherwise every
/// byte that belongs to no well-formed sequence is read as Windows-1252, the superset of Latin-1 that old documents
/// are written in. Never fails. O(n).
[[nodiscard]] std::string to_utf8(std::string bytes);

/// Appends `code_point` as UTF-8; what is no Unicode scalar value becomes U+FFFD.
void append_utf8(std::string& out, std::uint32_t code_point);

}  // namespace ask::text
