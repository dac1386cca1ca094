/// Which names a server answers to: a page of a stranger whose name was bent to our address is turned away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sage::serving {

/// The protection against DNS rebinding. A browser sends the name that the page was loaded from; only names that we
/// know, this machine's own and addresses in figures (which nobody can bend) are answered.
class allowed_hosts {
 public:
  allowed_hosts() = default;
  /// `names` are allowed beyond localhost and addresses; "*" allows all.
  explicit allowed_hosts(std::vector<std::string> names);

  /// `host` as in the header: with or without a port, in any case. O(names).
  [[nodiscard]] bool allow(std::string_view host) const;

 private:
  std::vector<std::string> names_;  // in lower case
};

/// The name of "name:port", "[::1]:port" or "name", without brackets; empty when it is none of them.
[[nodiscard]] std::string_view host_name(std::string_view host) noexcept;

}  // namespace sage::serving
