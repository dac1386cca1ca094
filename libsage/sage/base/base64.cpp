#include "sage/base/base64.hpp"

#include <cstddef>
#include <cstdint>

namespace sage {

namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int value_of(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
  out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = bytes.size() - i < 3 ? bytes.size() - i : 3;
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) out.push_back(k <= count ? alphabet[group >> (18 - 6 * k) & 63] : '=');
  }
}

bool append_from_base64(std::string& out, std::string_view text) {
  if (text.size() % 4 != 0) return false;
  const std::size_t before = out.size();
  for (std::size_t i = 0; i < text.size(); i += 4) {
    std::size_t count = 4;
    if (i + 4 == text.size()) {
      while (count > 2 && text[i + count - 1] == '=') --count;
    }
    std::uint32_t group = 0;
    bool fine = true;
    for (std::size_t k = 0; k < 4; ++k) {
      const int value = k < count ? value_of(text[i + k]) : 0;
      fine = fine && value >= 0;
      group = group << 6 | static_cast<std::uint32_t>(value);
    }
    // Bits beyond the last byte must be zero, or two texts would mean the same bytes.
    fine = fine && (count == 4 || (count == 3 ? (group & 0xff) == 0 : (group & 0xffff) == 0));
    if (!fine) {
      out.resize(before);
      return false;
    }
    for (std::size_t k = 0; k + 1 < count; ++k) out.push_back(static_cast<char>(group >> (16 - 8 * k) & 0xff));
  }
  return true;
}

}  // namespace sage
