/// Listens on a port and hands out the connections that come.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sage/serving/listen_address.hpp"

namespace sage::serving {

/// Accepts on a thread of its own. When the process has no descriptor left it pauses for 100 ms and tries again:
/// those who wait are kept by the system until then.
class listener {
 public:
  struct callbacks {
    /// A connected socket, whose owner is now who is called, and the address it comes from. Must not throw.
    std::function<void(int descriptor, std::string peer)> on_accepted;
    /// Accepting has failed, for the first time. Must not throw.
    std::function<void(const std::string& what)> on_trouble;
  };

  /// Binds and listens; nothing is accepted yet. Throws errc::io for an address that can't be had.
  listener(const address& wanted, callbacks to);
  /// Closes.
  ~listener();
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  void start();
  [[nodiscard]] const address& bound() const noexcept { return bound_; }
  /// Accepts nothing more. Blocks until nobody is being called.
  void close();
  [[nodiscard]] std::uint64_t failures() const noexcept;

 private:
  class core;  // what knows sockets
  address bound_;
  std::unique_ptr<core> core_;
};

}  // namespace sage::serving
