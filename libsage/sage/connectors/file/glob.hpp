/// Matches file names against patterns with `*`, `?` and `[...]`.
#pragma once

#include <string_view>

namespace sage::file {

/// Whether `text` has a character with which a pattern begins: `*`, `?` or `[`.
[[nodiscard]] bool is_pattern(std::string_view text) noexcept;

/// Whether the whole of `name` (one component of a path) matches: `*` is any run of bytes, `?` any byte, `[a-z]`
/// one of a set, `[!a-z]` one outside it; a `[` without its `]` is itself. O(pattern x name) at worst.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view name) noexcept;

}  // namespace sage::file
