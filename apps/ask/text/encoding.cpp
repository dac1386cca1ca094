#include "ask/text/encoding.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "sage/base/utf8.hpp"

namespace ask::text {

namespace {

/// Windows-1252 for 0x80 to 0x9F; 0 where the code page has a hole. From 0xA0 on it is Latin-1, hence Unicode.
constexpr std::array<std::uint16_t, 32> windows_1252{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                     0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

}  // namespace

std::string to_utf8(std::string bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  std::string_view rest = bytes;
  auto valid = sage::find_invalid_utf8(rest);
  if (valid == std::string_view::npos) return bytes;
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  while (!rest.empty()) {
    valid = std::min(valid, rest.size());
    out.append(rest.substr(0, valid));
    rest.remove_prefix(valid);
    if (rest.empty()) break;
    const auto byte = static_cast<unsigned char>(rest.front());
    const char32_t mapped = byte < 0xA0 ? windows_1252[byte - 0x80U] : char32_t{byte};
    sage::append_utf8(out, mapped == 0 ? U'\uFFFD' : mapped);
    rest.remove_prefix(1);
    valid = sage::find_invalid_utf8(rest);
  }
  return out;
}

}  // namespace ask::text
