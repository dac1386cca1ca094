#include "sage/serving/listen_address.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sage::serving {

namespace {

constexpr std::size_t host_bytes_max = 253;  // of a name in the DNS

bool is_ipv4(std::string_view text) noexcept {
  for (int part = 0; part < 4; ++part) {
    std::uint8_t number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc()) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (part == 3) break;
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
  }
  return text.empty();
}

// Enough to tell it from a name, which has no colon; whoever opens it reads it properly.
bool is_ipv6(std::string_view text) noexcept {
  return text.size() >= 2 && text.size() <= 45 && std::count(text.begin(), text.end(), ':') >= 2 &&
         text.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

error wrong(std::string_view text, std::string message) {
  return error(errc::configuration, std::move(message), std::string(text.substr(0, 80)),
               "write HOST:PORT, such as 127.0.0.1:8080; port 0 picks a free one");
}

}  // namespace

std::string address::to_string() const {
  const bool needs_brackets = host.find(':') != std::string::npos;
  return (needs_brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

result<address> parse_address(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return wrong(text, "has no port");
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  address parsed;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), parsed.port);
  if (problem != std::errc() || end != port.data() + port.size()) return wrong(text, "has no port from 0 to 65535");
  if (host.empty()) return parsed;
  if (host.size() > host_bytes_max + 2) return wrong(text, "is no address");
  if (host.front() == '[') {
    if (host.back() != ']') return wrong(text, "has no ]");
    host = host.substr(1, host.size() - 2);
    if (host.find(':') == std::string_view::npos || !is_address_literal(host)) return wrong(text, "is no address");
  } else if (host.find_first_of(":[] /@") != std::string_view::npos) {
    return wrong(text, "is no address; an IPv6 address stands in brackets");
  }
  parsed.host = host;
  return parsed;
}

bool is_address_literal(std::string_view host) noexcept {
  return is_ipv4(host) || is_ipv6(host);
}

bool is_loopback(std::string_view host) noexcept {
  if (host == "::1" || host == "localhost") return true;
  return host.starts_with("127.") && is_address_literal(host);
}

result<void> check_exposure(const address& where, const exposure& how) {
  if (is_loopback(where.host) || how.callers_known || how.insecure) return {};
  return error(errc::configuration, "can be reached from other machines and asks nobody who they are",
               where.to_string(),
               "listen on 127.0.0.1, say who may call (--callers FILE or SAGE_CALLER_TOKEN), or take the risk with "
               "--insecure");
}

}  // namespace sage::serving
