#include "tests/bench/kit/http_rivals.hpp"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "tests/bench/kit/session.hpp"

namespace sage::bench {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

class bare_server::core {
 public:
  core() : acceptor_(context_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~core() {
    context_.stop();
    thread_.join();
  }
  core(const core&) = delete;
  core& operator=(const core&) = delete;
  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  struct connection : std::enable_shared_from_this<connection> {
    explicit connection(tcp::socket of) : socket(std::move(of)) {}
    void read() {
      request = {};
      http::async_read(socket, buffer, request, [self = shared_from_this()](auto problem, std::size_t) {
        if (!problem) self->write();
      });
    }
    void write() {
      response = {http::status::ok, request.version()};
      response.set(http::field::content_type, "application/json");
      response.body() = hello_body;
      response.prepare_payload();
      http::async_write(socket, response, [self = shared_from_this()](auto problem, std::size_t) {
        if (!problem) self->read();
      });
    }
    tcp::socket socket;
    boost::beast::flat_buffer buffer;
    http::request<http::string_body> request;
    http::response<http::string_body> response;
  };

  void accept() {
    acceptor_.async_accept([this](auto problem, tcp::socket socket) {
      if (problem) return;
      socket.set_option(tcp::no_delay(true));
      std::make_shared<connection>(std::move(socket))->read();
      accept();
    });
  }

  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

bare_server::bare_server() : core_(std::make_unique<core>()) {}
bare_server::~bare_server() = default;
std::uint16_t bare_server::port() const {
  return core_->port();
}

// Requests per second that wrk sees; 0 without wrk.
double wrk(std::uint16_t port, const std::string& path, double seconds, const std::string& script) {
  const std::string command = "wrk -t1 -c64 -d" + std::to_string(std::max(1, static_cast<int>(seconds))) + "s " +
                              (script.empty() ? std::string() : "-s " + script + " ") +
                              "http://127.0.0.1:" + std::to_string(port) + path + " 2>/dev/null";
  std::FILE* const pipe = ::popen(command.c_str(), "r");
  check(pipe != nullptr, "popen");
  double rate = 0;
  char line[256];
  while (std::fgets(line, sizeof line, pipe) != nullptr) {
    std::sscanf(line, "Requests/sec: %lf", &rate);
    check(std::string_view(line).find("Non-2xx") == std::string_view::npos, "every answer of a server is a 200");
  }
  ::pclose(pipe);
  return rate;
}

int connect_and_ask(std::uint16_t port, std::string_view ask) {
  const int made = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(made >= 0 && ::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "a client connects");
  check(::send(made, ask.data(), ask.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ask.size()), "a client asks");
  return made;
}

std::string_view take(int from) {
  pollfd wanted{from, POLLIN, 0};
  check(::poll(&wanted, 1, 10'000) == 1, "a stream delivers");
  static thread_local char block[16384];
  const ssize_t count = ::recv(from, block, sizeof block, 0);
  check(count > 0, "a stream goes on");
  return {block, static_cast<std::size_t>(count)};
}

}  // namespace sage::bench
