/// Where a server listens, as people write it, and who may be let in from there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sage/base/result.hpp"

namespace sage::serving {

/// A host and a port. Port 0 lets the system pick one.
struct address {
  std::string host = "127.0.0.1";  ///< a name or a literal; IPv6 without brackets
  std::uint16_t port = 0;

  /// "127.0.0.1:8080", "[::1]:8080".
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const address&, const address&) = default;
};

/// "HOST:PORT", "[IPV6]:PORT", or ":PORT" for this machine alone. Errors are errc::configuration.
[[nodiscard]] result<address> parse_address(std::string_view text);

/// Whether only this machine can reach `host`: a literal of 127.0.0.0/8, ::1, or localhost. Other names are not: they
/// mean what somebody else says.
[[nodiscard]] bool is_loopback(std::string_view host) noexcept;

/// Whether `host` is an address in figures, IPv4 or IPv6.
[[nodiscard]] bool is_address_literal(std::string_view host) noexcept;

/// What stands before a server that others can reach.
struct exposure {
  bool callers_known = false;  ///< callers must present a token
  bool insecure = false;       ///< whoever started it wants it open
};

/// Refuses, as errc::configuration, to listen where others can reach a server that lets everybody in.
[[nodiscard]] result<void> check_exposure(const address& where, const exposure& how);

}  // namespace sage::serving
