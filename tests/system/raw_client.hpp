/// A client of a server on this machine that sends exactly the bytes it is told, however wrong, slow or sudden.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "sage/serving/http_server.hpp"
#include "tests/catch.hpp"

namespace sage::testing {

using steady = std::chrono::steady_clock;

inline constexpr int wait_ms_max = 10'000;

/// One connection. Every wait has an end. Asserts nothing, so that it can be used on any thread.
class raw_client {
 public:
  explicit raw_client(std::uint16_t port, int receive_buffer_bytes = 0) {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket_ < 0) throw std::runtime_error("no socket");
    if (receive_buffer_bytes > 0) {
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      throw std::runtime_error("can't connect");
    }
  }
  ~raw_client() { close(); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  /// Sends all of it; false when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void get(const std::string& path) { send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n"); }
  void post(const std::string& path, const std::string& body) {
    send("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body);
  }

  /// Reads until `text` has come; false when the connection ended or the time was over before. What was read up to
  /// its end is in `seen`, the rest is for the next call.
  bool read_to(std::string_view text) {
    seen.clear();
    const auto deadline = steady::now() + std::chrono::milliseconds(wait_ms_max);
    for (;;) {
      const std::size_t found = unread_.find(text);
      if (found != std::string::npos) {
        seen = unread_.substr(0, found + text.size());
        unread_.erase(0, found + text.size());
        return true;
      }
      if (!read_more(deadline)) {
        seen = unread_;
        return false;
      }
    }
  }
  /// Reads one response whose length its head tells; false when there is none.
  bool read_response() {
    if (!read_to("\r\n\r\n")) return false;
    const std::string head = seen;
    const std::size_t at = head.find("Content-Length: ");
    const std::size_t bytes = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    const auto deadline = steady::now() + std::chrono::milliseconds(wait_ms_max);
    while (unread_.size() < bytes) {
      if (!read_more(deadline)) return false;
    }
    seen = head + unread_.substr(0, bytes);
    unread_.erase(0, bytes);
    return true;
  }
  /// Reads all that comes until the server closes its side. False when it doesn't.
  bool read_to_end() {
    const auto deadline = steady::now() + std::chrono::milliseconds(wait_ms_max);
    while (read_more(deadline)) {
    }
    seen = unread_;
    unread_.clear();
    return ended_;
  }

  void shutdown_sending() const { ::shutdown(socket_, SHUT_WR); }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  /// Ends with a reset, as a process that was killed may.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }

  std::string seen;

 private:
  bool read_more(steady::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now()).count();
    pollfd wanted{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&wanted, 1, static_cast<int>(left)) <= 0) return false;
    char block[16384];
    const ssize_t count = ::recv(socket_, block, sizeof block, 0);
    if (count > 0) {
      unread_.append(block, static_cast<std::size_t>(count));
      return true;
    }
    ended_ = true;
    return false;
  }

  int socket_ = -1;
  bool ended_ = false;
  std::string unread_;
};

/// Waits until `holds`; false when the time was over before.
template <class F>
[[nodiscard]] bool comes_true(F holds, int ms = wait_ms_max) {
  const auto deadline = steady::now() + std::chrono::milliseconds(ms);
  while (!holds()) {
    if (steady::now() > deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

/// Takes requests with a function.
class function_acceptor final : public serving::request_acceptor {
 public:
  using function = std::function<void(serving::server_request, std::shared_ptr<serving::response_stream>)>;
  explicit function_acceptor(function to) : to_(std::move(to)) {}
  void on_request(serving::server_request request, std::shared_ptr<serving::response_stream> to) override {
    to_(std::move(request), std::move(to));
  }

 private:
  function to_;
};

/// A server that answers with a function; by default it repeats the request's method, path and body.
class test_server {
 public:
  explicit test_server(serving::server_options options = {}, function_acceptor::function answer = repeat)
      : server_(with_port(std::move(options)), std::make_shared<function_acceptor>(std::move(answer))) {
    server_.start();
  }

  [[nodiscard]] std::uint16_t port() const noexcept { return server_.bound().port; }
  serving::http_server* operator->() noexcept { return &server_; }

  static void repeat(serving::server_request request, std::shared_ptr<serving::response_stream> to) {
    to->send(200, {{"Content-Type", "text/plain"}}, request.method + " " + request.path + " " + request.body);
  }

 private:
  static serving::server_options with_port(serving::server_options options) {
    options.listen.port = 0;
    return options;
  }

  serving::http_server server_;
};

/// The status of a response; 0 when it is none.
[[nodiscard]] inline int status_of(const std::string& response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(response.substr(9, 3)) : 0;
}

}  // namespace sage::testing
