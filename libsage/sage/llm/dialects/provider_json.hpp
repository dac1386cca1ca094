/// JSON as providers write it: read although it is a little broken.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sage/base/result.hpp"
#include "sage/model/decode_limits.hpp"
#include "sage/model/dynamic_value.hpp"

namespace sage::llm {

/// Reads `text`. Accepted beyond RFC 8259: NaN and Infinity (null), control characters in strings, and in strings
/// halves of surrogate pairs and bytes that aren't UTF-8. The last two may belong to a character that goes on in the
/// next piece of a stream, so they are kept, as characters of a private plane that only `text_joiner` reads again.
/// Errors: errc::parse, errc::limit.
[[nodiscard]] result<dynamic_value> read_provider_pieces(std::string_view text, const decode_limits& limits);

/// The same for a whole text: what is no character becomes U+FFFD at once.
[[nodiscard]] result<dynamic_value> read_provider_json(std::string_view text, const decode_limits& limits);

/// Puts pieces of text together that may begin and end inside characters.
///
/// Law  what was appended to any `out` is well-formed UTF-8, and independent of how the pieces were cut
/// Cost O(bytes); holds at most one character
class text_joiner {
 public:
  /// Appends the whole characters of what was kept back and of `piece`, which is from `read_provider_pieces`.
  void append(std::string& out, std::string_view piece);
  /// The text is over: what was kept back is no character.
  void finish(std::string& out);

 private:
  std::string kept_;
};

/// The text called `key` of a map, or a number there as text; else empty. Never with a half character.
[[nodiscard]] std::string text_at(const dynamic_value& map, std::string_view key);
/// The whole number called `key`; 0 for anything else, also for negative ones.
[[nodiscard]] std::uint64_t count_at(const dynamic_value& map, std::string_view key);
/// The entry called `key`, or null when it is absent, null, or `map` isn't one.
[[nodiscard]] const dynamic_value* find_value(const dynamic_value* map, std::string_view key);
/// The list called `key`; an empty one for anything else.
[[nodiscard]] const dynamic_list& list_at(const dynamic_value& map, std::string_view key);

}  // namespace sage::llm
