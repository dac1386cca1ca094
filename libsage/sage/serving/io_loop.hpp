/// One thread of a server and the connections that live on it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "sage/serving/connection.hpp"
#include "sage/serving/http_server.hpp"

namespace sage::serving {

/// Certificate and key of a server, read and checked.
class tls_context {
 public:
  /// Throws errc::configuration, naming the file that is none.
  explicit tls_context(const tls_files& files);
  ~tls_context();
  tls_context(const tls_context&) = delete;
  tls_context& operator=(const tls_context&) = delete;

  struct core;  // what knows OpenSSL
  [[nodiscard]] core& of() const noexcept { return *core_; }

 private:
  std::unique_ptr<core> core_;
};

/// What all connections of a server see; outlives them. Thread-safe.
struct server_ground {
  explicit server_ground(server_options given) : options(std::move(given)) {}

  const server_options options;
  const allowed_hosts hosts{options.hosts};
  connection_limits limits{options.limits};
  std::shared_ptr<request_acceptor> acceptor;
  std::unique_ptr<tls_context> tls;
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> requests_refused{0};
  std::function<void()> on_connection_end;

  [[nodiscard]] nanoseconds now() const noexcept { return options.time->now(); }
  void trouble(const std::string& what) const {
    if (options.on_trouble) options.on_trouble(what);
  }
};

/// Runs connections on a thread of its own. Its thread gets no signals: those are for the threads of the program.
class io_loop {
 public:
  explicit io_loop(server_ground& ground);
  /// Stops.
  ~io_loop();
  io_loop(const io_loop&) = delete;
  io_loop& operator=(const io_loop&) = delete;

  void start();
  /// Takes over a connected socket. From any thread.
  void adopt(int descriptor, std::string peer, connection_limits::admission admitted);
  /// Connections that wait are closed; the others finish what they do.
  void drain();
  /// Cuts all connections and ends the thread. Blocks; nothing may be adopted any more.
  void stop();

 private:
  std::unique_ptr<struct loop_core> core_;  // what knows sockets
};

}  // namespace sage::serving
