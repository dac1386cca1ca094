// The HTTP server beside a bare one of Boost.Beast, both driven by wrk in turn; and what many open streams cost.
// Needs wrk for the first part.
#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sage/serving/http_server.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using namespace sage::bench;

constexpr const char* body = R"({"answer":"hello"})";
constexpr std::size_t streams = 4000;

/// The least that Beast needs: no limits, no timeouts, one thread.
class bare_server {
 public:
  bare_server() : acceptor_(context_, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0)) {
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~bare_server() {
    context_.stop();
    thread_.join();
  }
  bare_server(const bare_server&) = delete;
  bare_server& operator=(const bare_server&) = delete;
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
      response.body() = body;
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

class greeter final : public sage::serving::request_acceptor {
 public:
  void on_request(sage::serving::server_request, std::shared_ptr<sage::serving::response_stream> to) override {
    to->send(200, {{"Content-Type", "application/json"}}, body);
  }
};

class stream_keeper final : public sage::serving::request_acceptor {
 public:
  void on_request(sage::serving::server_request, std::shared_ptr<sage::serving::response_stream> to) override {
    to->begin(200, {{"Content-Type", "text/event-stream"}});
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(to));
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  sage::serving::response_stream& at(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return *kept_[i];
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<sage::serving::response_stream>> kept_;
};

// Requests per second that wrk sees; 0 without wrk.
double wrk(std::uint16_t port, double seconds) {
  const std::string command = "wrk -t1 -c64 -d" + std::to_string(std::max(1, static_cast<int>(seconds))) +
                              "s http://127.0.0.1:" + std::to_string(port) + "/ 2>/dev/null";
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

int connect_and_ask(std::uint16_t port) {
  const int made = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(made >= 0 && ::connect(made, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "a client connects");
  constexpr std::string_view ask = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
  check(::send(made, ask.data(), ask.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(ask.size()), "a client asks");
  return made;
}

// Waits for bytes of a client's socket and takes them.
void take(int from) {
  pollfd wanted{from, POLLIN, 0};
  check(::poll(&wanted, 1, 10'000) == 1, "a stream delivers");
  char block[4096];
  check(::recv(from, block, sizeof block, 0) > 0, "a stream goes on");
}

void measure_streams(session& bench) {
  const auto keeper = std::make_shared<stream_keeper>();
  sage::serving::server_options options;
  options.limits.connections_per_address_max = options.limits.connections_max = 2 * streams;
  sage::serving::http_server server(options, keeper);
  server.start();
  const double before = resident_mib();
  std::vector<int> clients;
  for (std::size_t i = 0; i < streams; ++i) {
    clients.push_back(connect_and_ask(server.bound().port));
    take(clients.back());  // so that the n-th client has the n-th stream
  }
  check(keeper->count() == streams, "every client has a stream");
  std::vector<double> delays_us;
  constexpr std::string_view token = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  const double cpu_before = cpu_seconds();
  for (std::size_t i = 0; i < streams; ++i) {
    const double sent = wall_seconds();
    keeper->at(i).write(token);
    take(clients[i]);
    delays_us.push_back((wall_seconds() - sent) * 1e6);
  }
  const double cpu_us = (cpu_seconds() - cpu_before) * 1e6 / streams;
  bench.at_most("memory of 4,000 open streams", resident_mib() - before, "MiB", 100);
  bench.note("a token through one of them, median", quantile(delays_us, 0.5), "us");
  bench.at_most("a token through one of them, p99", quantile(delays_us, 0.99), "us", 2000);
  bench.note("CPU of a token, both ends", cpu_us, "us");
  for (const int one : clients) ::close(one);
}

}  // namespace

int main(int argc, char** argv) {
  session bench(argc, argv, "requests");
  measure_streams(bench);
  std::vector<double> ratios, ours, theirs;
  for (std::size_t round = 0; round < bench.rounds(); ++round) {
    bare_server bare;
    sage::serving::http_server server({}, std::make_shared<greeter>());
    server.start();
    theirs.push_back(wrk(bare.port(), 2 * bench.scale()));
    ours.push_back(wrk(server.bound().port, 2 * bench.scale()));
    ratios.push_back(theirs.back() > 0 ? ours.back() / theirs.back() : 0);
  }
  if (median(theirs) == 0) {
    std::fprintf(stderr, "wrk is not installed: no comparison\n");
    return bench.finish();
  }
  bench.note("a bare Beast server", median(theirs), "requests/s");
  bench.at_least("ours", median(ours), "requests/s", 8000);
  bench.at_least("ours beside the bare one", median(ratios), "x", 0.5);
  return bench.finish();
}
