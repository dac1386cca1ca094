#include "sage/serving/allowed_hosts.hpp"

#include <algorithm>
#include <utility>

#include "sage/serving/listen_address.hpp"

namespace sage::serving {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_port(std::string_view text) noexcept {
  return text.size() <= 5 && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

allowed_hosts::allowed_hosts(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) name = lower_case(name);
}

std::string_view host_name(std::string_view host) noexcept {
  if (host.starts_with('[')) {
    const std::size_t end = host.find(']');
    if (end == std::string_view::npos) return {};
    const std::string_view rest = host.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return {};
    return host.substr(1, end - 1);
  }
  const std::size_t colon = host.find(':');
  if (colon == std::string_view::npos) return host;
  return is_port(host.substr(colon + 1)) ? host.substr(0, colon) : std::string_view();
}

bool allowed_hosts::allow(std::string_view host) const {
  std::string name = lower_case(host_name(host));
  if (name.ends_with('.')) name.pop_back();
  if (name.empty()) return false;
  if (name == "localhost" || is_address_literal(name)) return true;
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& one) { return one == "*" || one == name; });
}

}  // namespace sage::serving
