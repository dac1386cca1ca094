/// A server on loopback that answers each path as a test says, and counts who came.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sage::test {

/// One connection at a time, one request per connection.
class page_server {
 public:
  /// Writes what it wants to the socket.
  using answer = std::function<void(int socket)>;

  explicit page_server(std::map<std::string, answer> pages) : pages_(std::move(pages)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 16) != 0 ||
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no loopback server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~page_server() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  page_server(const page_server&) = delete;
  page_server& operator=(const page_server&) = delete;

  [[nodiscard]] std::string place() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string url(const std::string& path) const { return "http://" + place() + path; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int connections() const noexcept { return connections_.load(); }

  /// False when the other side has gone.
  static bool send(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// An answer with a body of text.
  static answer text(std::string body, std::string type = "text/plain", std::string status = "200 OK") {
    return [=](int socket) {
      send(socket, "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
                       "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    };
  }
  static answer raw(std::string bytes) {
    return [=](int socket) { send(socket, bytes); };
  }
  static answer redirect(std::string to) {
    return raw("HTTP/1.1 302 Found\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n");
  }
  /// Sends `bytes`, then nothing until the other side has gone or ten seconds have passed.
  static answer hang(std::string bytes) {
    return [=](int socket) {
      send(socket, bytes);
      pollfd one{socket, POLLIN, 0};
      ::poll(&one, 1, 10'000);
    };
  }

 private:
  void serve() {
    while (true) {
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) return;
      ++connections_;
      std::string request;
      char part[4096];
      while (request.find("\r\n\r\n") == std::string::npos && request.size() < 100'000) {
        const ssize_t count = ::recv(socket, part, sizeof part, 0);
        if (count <= 0) break;
        request.append(part, static_cast<std::size_t>(count));
      }
      const std::size_t begin = request.find(' ') + 1;
      const auto found = pages_.find(request.substr(begin, request.find(' ', begin) - begin));
      found == pages_.end() ? text("no such page", "text/plain", "404 Not Found")(socket) : found->second(socket);
      ::close(socket);
    }
  }

  std::map<std::string, answer> pages_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace sage::test
