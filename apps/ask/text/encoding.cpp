#include "ask/text/encoding.hpp"

#include <array>
#include <cstring>

namespace ask::text {

namespace {

/// Length of the well-formed sequence at `at`, 0 when there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view bytes, std::size_t at) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[at + i]); };
  const auto follows = [&](std::size_t count) {
    if (at + count >= bytes.size()) return false;
    for (std::size_t i = 1; i <= count; ++i) {
      if ((byte(i) & 0xC0U) != 0x80U) return false;
    }
    return true;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!follows(2) || (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F)) return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!follows(3) || (lead == 0xF0 && byte(1) < 0x90) || (lead == 0xF4 && byte(1) > 0x8F)) return 0;
    return 4;
  }
  return 0;
}

/// The first byte at or after `at` that is not ASCII.
std::size_t skip_ascii(std::string_view bytes, std::size_t at) noexcept {
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    if ((word & 0x8080808080808080U) != 0) break;
  }
  while (at < bytes.size() && static_cast<unsigned char>(bytes[at]) < 0x80) ++at;
  return at;
}

/// Where the first byte outside of well-formed UTF-8 stands, or the size.
std::size_t first_malformed(std::string_view bytes) noexcept {
  for (std::size_t at = 0;;) {
    at = skip_ascii(bytes, at);
    if (at == bytes.size()) return at;
    const auto length = sequence_length(bytes, at);
    if (length == 0) return at;
    at += length;
  }
}

/// Windows-1252 for 0x80 to 0x9F; 0 where the code page has a hole. From 0xA0 on it is Latin-1, hence Unicode.
constexpr std::array<std::uint16_t, 32> windows_1252{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                     0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                                     0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                     0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  return first_malformed(bytes) == bytes.size();
}

void append_utf8(std::string& out, std::uint32_t code_point) {
  if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF)) code_point = 0xFFFD;
  const auto continuation = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80U | ((code_point >> shift) & 0x3FU)));
  };
  if (code_point < 0x80) {
    out.push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out.push_back(static_cast<char>(0xC0U | (code_point >> 6U)));
    continuation(0);
  } else if (code_point < 0x10000) {
    out.push_back(static_cast<char>(0xE0U | (code_point >> 12U)));
    continuation(6);
    continuation(0);
  } else {
    out.push_back(static_cast<char>(0xF0U | (code_point >> 18U)));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

std::string to_utf8(std::string bytes) {
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
  auto at = first_malformed(bytes);
  if (at == bytes.size()) return bytes;
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  out.append(bytes, 0, at);
  while (at < bytes.size()) {
    if (const auto length = sequence_length(bytes, at); length != 0) {
      out.append(bytes, at, length);
      at += length;
      continue;
    }
    const unsigned byte = static_cast<unsigned char>(bytes[at++]);
    const std::uint32_t mapped = byte < 0xA0 ? windows_1252[byte - 0x80] : byte;
    append_utf8(out, mapped == 0 ? 0xFFFD : mapped);
  }
  return out;
}

}  // namespace ask::text
