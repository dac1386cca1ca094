/// Counts what the connections of a server have in common: how many there are, from where, and the bodies coming in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "sage/serving/server_limits.hpp"

namespace sage::serving {

/// Shared by all connections of a server. Thread-safe.
class connection_limits {
 public:
  explicit connection_limits(const server_limits& limits) : limits_(limits) {}

  enum class admission : std::uint8_t {
    granted,
    refused,  ///< tell it so: there is room for that
    closed,   ///< too many to tell
  };
  /// A connection from `peer` (an address without port) has come. What is not `closed` has to be left again.
  [[nodiscard]] admission enter(const std::string& peer);
  void leave(const std::string& peer, admission as);

  /// Room for `bytes` more of a body; false when all bodies together would be too large.
  [[nodiscard]] bool take_body_bytes(std::size_t bytes);
  void return_body_bytes(std::size_t bytes);

  [[nodiscard]] std::size_t connections() const;

 private:
  const server_limits limits_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> per_peer_;
  std::size_t connections_ = 0;
  std::size_t refusals_ = 0;
  std::size_t body_bytes_ = 0;
};

}  // namespace sage::serving
