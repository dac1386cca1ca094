/// The kinds of values that every format of ours knows.
#pragma once

#include <cstdint>
#include <string_view>

namespace sage {

/// What a value is. `int64` and `uint64` differ by range only: a whole number is `int64` whenever it fits.
enum class value_kind : std::uint8_t { null, boolean, int64, uint64, real, string, bytes, list, map };

/// The kind with its article, for messages: `"a string"`.
[[nodiscard]] constexpr std::string_view describe_kind(value_kind kind) noexcept {
  switch (kind) {
    case value_kind::null: return "null";
    case value_kind::boolean: return "a boolean";
    case value_kind::int64:
    case value_kind::uint64:
    case value_kind::real: return "a number";
    case value_kind::string: return "a string";
    case value_kind::bytes: return "bytes";
    case value_kind::list: return "a list";
    case value_kind::map: return "an object";
  }
  return "nothing known";
}

}  // namespace sage
