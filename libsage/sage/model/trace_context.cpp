#include "sage/model/trace_context.hpp"

#include <cstddef>

namespace sage {

namespace {

void append_hexadecimal(std::string& to, std::uint64_t value, int digits) {
  for (int i = digits - 1; i >= 0; --i) to += "0123456789abcdef"[(value >> (4 * i)) & 0xf];
}

// Upper case is an error there, so it is here.
bool read_hexadecimal(std::string_view digits, std::uint64_t& value) noexcept {
  value = 0;
  for (const char c : digits) {
    const bool decimal = c >= '0' && c <= '9';
    if (!decimal && !(c >= 'a' && c <= 'f')) return false;
    value = value << 4 | static_cast<std::uint64_t>(decimal ? c - '0' : c - 'a' + 10);
  }
  return true;
}

}  // namespace

std::string trace_context::trace_id() const {
  std::string text;
  append_hexadecimal(text, trace_high, 16);
  append_hexadecimal(text, trace_low, 16);
  return text;
}

std::string trace_context::to_traceparent() const {
  std::string text = "00-" + trace_id() + "-";
  append_hexadecimal(text, parent_span, 16);
  text += '-';
  append_hexadecimal(text, flags, 2);
  return text;
}

std::optional<trace_context> parse_traceparent(std::string_view header) noexcept {
  constexpr std::size_t size = 55;
  if (header.size() < size || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  std::uint64_t version = 0;
  std::uint64_t flags = 0;
  trace_context read;
  if (!read_hexadecimal(header.substr(0, 2), version) || version == 0xff) return std::nullopt;
  // Later versions may say more, behind another dash.
  if (header.size() > size && (version == 0 || header[size] != '-')) return std::nullopt;
  if (!read_hexadecimal(header.substr(3, 16), read.trace_high) ||
      !read_hexadecimal(header.substr(19, 16), read.trace_low) ||
      !read_hexadecimal(header.substr(36, 16), read.parent_span) || !read_hexadecimal(header.substr(53, 2), flags)) {
    return std::nullopt;
  }
  if (!read.is_set() || read.parent_span == 0) return std::nullopt;
  read.flags = static_cast<std::uint8_t>(flags);
  return read;
}

}  // namespace sage
