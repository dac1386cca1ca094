/// What HTTP servers are measured with: a bare one of Boost.Beast, wrk, and plain sockets.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sage::bench {

inline constexpr const char* hello_body = R"({"answer":"hello"})";

/// The least that Beast needs: no limits, no timeouts, one thread; answers everything with `hello_body`.
class bare_server {
 public:
  bare_server();
  ~bare_server();
  bare_server(const bare_server&) = delete;
  bare_server& operator=(const bare_server&) = delete;
  [[nodiscard]] std::uint16_t port() const;

 private:
  class core;
  std::unique_ptr<core> core_;
};

/// Requests per second that wrk sees with 64 connections; 0 without wrk. `script` is a Lua file of wrk, or empty.
[[nodiscard]] double wrk(std::uint16_t port, const std::string& path, double seconds, const std::string& script = {});

/// A client's socket that has sent `ask`.
[[nodiscard]] int connect_and_ask(std::uint16_t port,
                                  std::string_view ask = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
/// Waits for bytes of a client's socket and takes them.
std::string_view take(int from);

}  // namespace sage::bench
