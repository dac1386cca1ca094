/// Numbers in files: four bytes, the least first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sage {

inline void append_u32(std::string& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift);
}

/// Precondition: at + 4 <= bytes.size()
[[nodiscard]] inline std::uint32_t u32_at(std::string_view bytes, std::size_t at) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  return value;
}

}  // namespace sage
