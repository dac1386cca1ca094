/// Character references of HTML and XML: `&amp;`, `&#8212;`, `&#x2014;`.
#pragma once

#include <cstddef>
#include <string_view>

namespace ask::text {

/// A character reference that was read; `bytes` is 0 when there was none. The code point is a scalar value: a number
/// that is none reads as U+FFFD.
struct entity {
  char32_t code_point = 0;
  std::size_t bytes = 0;
};

/// Reads the reference that begins at the `&` at the start of `text`. Unknown names are no references.
[[nodiscard]] entity read_entity(std::string_view text) noexcept;

}  // namespace ask::text
