/// Finds what is not plain text in a JSON string, 16 bytes a step.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sage {

/// The first quote, backslash or control character from `c` on, or `end`. Sets `high` if any byte before it (or
/// within the step that found it) is not ASCII; never clears it.
[[nodiscard]] inline const char* find_special(const char* c, const char* end, bool& high) noexcept {
#if defined(__SSE2__)
  const __m128i quotes = _mm_set1_epi8('"');
  const __m128i backslashes = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1f);
  while (end - c >= 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(c));
    const __m128i controls = _mm_cmpeq_epi8(_mm_min_epu8(block, last_control), block);
    const __m128i special =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, quotes), _mm_cmpeq_epi8(block, backslashes)), controls);
    high |= _mm_movemask_epi8(block) != 0;
    if (const auto marks = static_cast<unsigned>(_mm_movemask_epi8(special)); marks != 0) {
      return c + std::countr_zero(marks);
    }
    c += 16;
  }
#endif
  if constexpr (std::endian::native == std::endian::little) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    constexpr std::uint64_t highs = 0x8080808080808080;
    while (end - c >= 8) {
      std::uint64_t word;
      std::memcpy(&word, c, 8);
      const std::uint64_t quote = word ^ (ones * '"');
      const std::uint64_t backslash = word ^ (ones * '\\');
      high |= (word & highs) != 0;
      // The lowest mark is exact; those above it may be borrowed.
      const std::uint64_t marks =
          (((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) | ((word - ones * 0x20) & ~word)) & highs;
      if (marks != 0) return c + (std::countr_zero(marks) >> 3);
      c += 8;
    }
  }
  for (; c < end; ++c) {
    const auto byte = static_cast<unsigned char>(*c);
    if (byte == '"' || byte == '\\' || byte < 0x20) break;
    high |= byte >= 0x80;
  }
  return c;
}

}  // namespace sage
