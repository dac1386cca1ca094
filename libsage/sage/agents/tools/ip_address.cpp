#include "sage/agents/tools/ip_address.hpp"

#include <algorithm>
#include <charconv>

namespace sage::tools {

namespace {

bool parse_v4(std::string_view text, std::uint8_t* into) {
  for (int part = 0; part < 4; ++part) {
    const std::size_t dot = text.find('.');
    const std::string_view digits = text.substr(0, dot);
    if ((dot == std::string_view::npos) != (part == 3)) return false;
    if (digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0')) return false;
    unsigned value = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (problem != std::errc() || end != digits.data() + digits.size() || value > 255) return false;
    into[part] = static_cast<std::uint8_t>(value);
    if (part < 3) text.remove_prefix(dot + 1);
  }
  return true;
}

bool parse_v6(std::string_view text, std::uint8_t* into) {
  std::array<std::uint16_t, 8> groups{};
  std::size_t count = 0;
  std::optional<std::size_t> gap;  // where :: stands
  if (text.substr(0, 2) == "::") {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view part = text.substr(0, colon);
    if (part.find('.') != std::string_view::npos) {
      std::uint8_t v4[4];
      if (colon != std::string_view::npos || count > 6 || !parse_v4(part, v4)) return false;
      groups[count++] = static_cast<std::uint16_t>(v4[0] << 8 | v4[1]);
      groups[count++] = static_cast<std::uint16_t>(v4[2] << 8 | v4[3]);
      break;
    }
    if (count == 8 || part.empty() || part.size() > 4) return false;
    unsigned value = 0;
    const auto [end, problem] = std::from_chars(part.data(), part.data() + part.size(), value, 16);
    if (problem != std::errc() || end != part.data() + part.size()) return false;
    groups[count++] = static_cast<std::uint16_t>(value);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return false;  // ends in one colon
    if (text[0] == ':') {
      if (gap) return false;
      gap = count;
      text.remove_prefix(1);
    }
  }
  if (gap ? count > 7 : count != 8) return false;
  if (gap)
    std::rotate(groups.begin() + static_cast<std::ptrdiff_t>(*gap),
                groups.begin() + static_cast<std::ptrdiff_t>(count), groups.end());
  for (std::size_t i = 0; i < 8; ++i) {
    into[2 * i] = static_cast<std::uint8_t>(groups[i] >> 8);
    into[2 * i + 1] = static_cast<std::uint8_t>(groups[i]);
  }
  return true;
}

struct block {
  std::uint8_t prefix[16];
  unsigned bits;
  address_reach reach;
};

constexpr block v4_blocks[] = {
    {{0}, 8, address_reach::unspecified},
    {{10}, 8, address_reach::private_network},
    {{100, 64}, 10, address_reach::shared},
    {{127}, 8, address_reach::loopback},
    {{168, 63, 129, 16}, 32, address_reach::metadata},  // Azure's, in the middle of the public space
    {{169, 254}, 16, address_reach::link_local},
    {{172, 16}, 12, address_reach::private_network},
    {{192, 0, 0}, 24, address_reach::reserved},
    {{192, 0, 2}, 24, address_reach::reserved},
    {{192, 88, 99}, 24, address_reach::translated},
    {{192, 168}, 16, address_reach::private_network},
    {{198, 18}, 15, address_reach::reserved},
    {{198, 51, 100}, 24, address_reach::reserved},
    {{203, 0, 113}, 24, address_reach::reserved},
    {{224}, 4, address_reach::multicast},
    {{255, 255, 255, 255}, 32, address_reach::multicast},
    {{240}, 4, address_reach::reserved},
};

constexpr block v6_blocks[] = {
    {{}, 128, address_reach::unspecified},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, address_reach::loopback},
    {{0, 0x64, 0xff, 0x9b}, 32, address_reach::translated},  // NAT64, well-known and local
    {{0x20, 0x01, 0, 0}, 32, address_reach::translated},     // Teredo
    {{0x20, 0x01}, 23, address_reach::reserved},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, address_reach::reserved},
    {{0x20, 0x02}, 16, address_reach::translated},  // 6to4
    {{0x3f, 0xff}, 20, address_reach::reserved},
    {{0xfc}, 7, address_reach::private_network},
    {{0xfe, 0x80}, 10, address_reach::link_local},
    {{0xfe, 0xc0}, 10, address_reach::private_network},
    {{0xff}, 8, address_reach::multicast},
    {{0x20}, 3, address_reach::public_internet},
};

bool is_within(const std::uint8_t* address, const block& of) {
  const unsigned whole = of.bits / 8;
  if (!std::equal(address, address + whole, of.prefix)) return false;
  const unsigned rest = of.bits % 8;
  return rest == 0 || (address[whole] ^ of.prefix[whole]) >> (8 - rest) == 0;
}

address_reach reach_of_v4(const std::uint8_t* address) noexcept {
  for (const block& each : v4_blocks) {
    if (is_within(address, each)) return each.reach;
  }
  return address_reach::public_internet;
}

}  // namespace

std::optional<ip_address> parse_ip_address(std::string_view text) {
  ip_address address;
  address.is_v4 = text.find(':') == std::string_view::npos;
  if (!(address.is_v4 ? parse_v4(text, address.bytes.data()) : parse_v6(text, address.bytes.data()))) {
    return std::nullopt;
  }
  return address;
}

std::string to_string(const ip_address& address) {
  std::string text;
  if (address.is_v4) {
    for (std::size_t i = 0; i < 4; ++i) text += (i == 0 ? "" : ".") + std::to_string(address.bytes[i]);
    return text;
  }
  for (std::size_t i = 0; i < 16; i += 2) {
    char digits[8];
    const unsigned group = address.bytes[i] << 8 | address.bytes[i + 1];
    const auto [end, problem] = std::to_chars(digits, digits + sizeof digits, group, 16);
    text += i == 0 ? "" : ":";
    text.append(digits, end);
  }
  return text;
}

std::string_view name_of(address_reach reach) noexcept {
  switch (reach) {
    case address_reach::public_internet: return "public";
    case address_reach::unspecified: return "unspecified";
    case address_reach::loopback: return "loopback";
    case address_reach::private_network: return "private";
    case address_reach::shared: return "shared";
    case address_reach::link_local: return "link-local";
    case address_reach::metadata: return "metadata";
    case address_reach::multicast: return "multicast";
    case address_reach::translated: return "translated";
    case address_reach::reserved: return "reserved";
  }
  return "unknown";
}

address_reach reach_of(const ip_address& address) noexcept {
  const std::uint8_t* const bytes = address.bytes.data();
  if (address.is_v4) return reach_of_v4(bytes);
  constexpr std::uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(mapped, mapped + 12, bytes)) return reach_of_v4(bytes + 12);
  for (const block& each : v6_blocks) {
    if (is_within(bytes, each)) return each.reach;
  }
  return address_reach::reserved;
}

}  // namespace sage::tools
