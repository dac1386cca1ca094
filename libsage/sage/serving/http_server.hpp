/// A bounded HTTP/1.1 server on threads of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/serving/listen_address.hpp"
#include "sage/serving/response_stream.hpp"
#include "sage/serving/server_limits.hpp"

namespace sage::serving {

/// The files that make a server speak TLS (1.2 and later): PEM, the certificate with those that vouch for it.
struct tls_files {
  std::string certificate;
  std::string key;
};

/// How a server is made.
struct server_options {
  address listen;                  ///< port 0 lets the system pick one
  exposure exposed;                ///< what a server needs that others can reach
  std::vector<std::string> hosts;  ///< names it answers to beyond localhost and addresses; "*" is all
  tls_files tls;                   ///< empty is plain HTTP
  server_limits limits;
  const clock* time = &system_clock();  ///< for timeouts; outlives the server
  /// Told, on a thread of the server, of what nobody asked for: no descriptor left, an acceptor that throws. Must not
  /// throw.
  std::function<void(const std::string&)> on_trouble;
};

/// What a server has done so far.
struct server_counters {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  ///< by the limits on how many
  std::uint64_t requests = 0;
  std::uint64_t requests_refused = 0;  ///< before anybody saw them: not HTTP, too long, too slow
  std::uint64_t accept_failures = 0;   ///< no descriptor left, mostly
};

/// Listens, reads requests, hands them to the acceptor and writes what it answers. Every queue, buffer and time is
/// bounded by `server_limits`; what isn't plainly HTTP is refused. Thread-safe.
///
/// Fails   `start`: errc::configuration for an address that others can reach without a word about callers, for TLS
///         files that are none; errc::io for a port in use; errc::unsupported in a build without Boost.Beast
/// Cost    about 10 KB per connection that waits; one thread holds thousands
class http_server {
 public:
  http_server(server_options options, std::shared_ptr<request_acceptor> acceptor);
  /// Stops.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  /// Listens and returns. Once.
  void start();
  /// Where it listens: the address with the port that it got.
  [[nodiscard]] const address& bound() const noexcept;
  [[nodiscard]] bool is_tls() const noexcept;
  /// Accepts nothing more, lets go of connections that wait, and blocks until what runs was answered or `wait_ms`
  /// have passed; then stops. Returns whether everything was answered.
  bool drain(std::uint32_t wait_ms);
  /// Cuts all connections; who answers them is told. Blocks until the threads have ended; not from one of them.
  void stop();

  [[nodiscard]] server_counters counters() const;

 private:
  class core;  // what knows sockets
  std::unique_ptr<core> core_;
};

}  // namespace sage::serving
