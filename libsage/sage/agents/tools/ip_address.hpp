/// Internet addresses, and which of them lead to the public internet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sage::tools {

/// An address of either family, in network order.
struct ip_address {
  std::array<std::uint8_t, 16> bytes{};  ///< of IPv4 the first four
  bool is_v4 = true;
  friend bool operator==(const ip_address&, const ip_address&) = default;
};

/// Reads "192.0.2.1" or "2001:db8::1" (also with "::ffff:192.0.2.1"), strictly: no leading zeros, no zone, no
/// brackets.
[[nodiscard]] std::optional<ip_address> parse_ip_address(std::string_view text);
/// "192.0.2.1" or eight groups in hexadecimal without shortening.
[[nodiscard]] std::string to_string(const ip_address& address);

/// Where an address leads.
enum class address_reach : std::uint8_t {
  public_internet,
  unspecified,  ///< "this host": 0.0.0.0/8, ::
  loopback,     ///< this machine
  private_network,
  shared,      ///< of a provider's own network: 100.64.0.0/10
  link_local,  ///< this link; here live the metadata services of clouds
  metadata,    ///< such a service at an address that looks public
  multicast,   ///< and broadcast
  translated,  ///< leads to an IPv4 address somewhere else: NAT64, 6to4, Teredo
  reserved,    ///< documentation, benchmarks, protocols, the future
};
[[nodiscard]] std::string_view name_of(address_reach reach) noexcept;

/// By the registries of special-purpose addresses: what is not known to be public is `reserved`. IPv4 addresses
/// mapped into IPv6 are judged as what they are. Source  IANA special-purpose address registries; RFC 6890, 6598,
/// 6052, 4193
[[nodiscard]] address_reach reach_of(const ip_address& address) noexcept;

}  // namespace sage::tools
