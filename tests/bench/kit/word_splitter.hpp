/// Cuts text into words, for everybody who takes part in a word count: what differs should be what surrounds it.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace sage::bench {

/// A word is a maximal run of bytes that are not ASCII white space.
inline constexpr auto is_space = [] {
  std::array<bool, 256> table{};
  for (const char c : {' ', '\t', '\n', '\v', '\f', '\r'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

/// Calls `take(word)` for every word of `text`.
template <class Take>
void split_words(std::string_view text, Take&& take) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (is_space[static_cast<unsigned char>(*at)]) {
      ++at;
      continue;
    }
    const char* const begin = at;
    do ++at;
    while (at != end && !is_space[static_cast<unsigned char>(*at)]);
    take(std::string_view(begin, static_cast<std::size_t>(at - begin)));
  }
}

}  // namespace sage::bench
