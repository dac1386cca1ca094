#include "sage/serving/listener.hpp"

#include <utility>

#include "sage/base/error.hpp"

#ifdef SAGE_HAS_SERVING

#include <atomic>
#include <chrono>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fcntl.h>
#include <signal.h>

namespace sage::serving {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr auto pause_after_failure = std::chrono::milliseconds(100);

// A program that is started meanwhile must not hold our port or our clients.
void keep_from_children(int descriptor) {
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

error cannot_listen(const address& where, const error_code& problem) {
  if (problem == asio::error::address_in_use) {
    return error(errc::io, "the port is in use", where.to_string(),
                 "end the program that has it, or choose another port; port 0 picks a free one");
  }
  return error(errc::io, "can't listen: " + problem.message(), where.to_string(), "choose another address");
}

}  // namespace

class listener::core {
 public:
  core(const address& wanted, callbacks to) : to_(std::move(to)) {
    error_code problem;
    // A name may mean several addresses; of localhost's this is the one that everybody tries.
    auto ip = asio::ip::make_address(wanted.host == "localhost" ? "127.0.0.1" : wanted.host, problem);
    if (problem) {
      const auto found = tcp::resolver(context_).resolve(wanted.host, std::to_string(wanted.port), problem);
      if (problem || found.empty()) throw cannot_listen(wanted, problem);
      ip = found.begin()->endpoint().address();
    }
    const tcp::endpoint where(ip, wanted.port);
    acceptor_.open(where.protocol(), problem);
    if (!problem) keep_from_children(acceptor_.native_handle());
    if (!problem) acceptor_.set_option(tcp::acceptor::reuse_address(true), problem);
    if (!problem) acceptor_.bind(where, problem);
    if (!problem) acceptor_.listen(tcp::acceptor::max_listen_connections, problem);
    if (problem) throw cannot_listen(wanted, problem);
  }
  ~core() { close(); }
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  void start() {
    accept();
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { context_.run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void close() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      pause_.cancel();
    });
    thread_.join();
  }

  [[nodiscard]] address bound() const {
    const tcp::endpoint where = acceptor_.local_endpoint();
    return {where.address().to_string(), where.port()};
  }
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }

 private:
  void accept() {
    acceptor_.async_accept([this](const error_code& problem, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      if (!problem) {
        hand_out(std::move(socket));
      } else if (problem != asio::error::connection_aborted) {
        pause(problem);
        return;
      }
      accept();
    });
  }

  void hand_out(tcp::socket socket) {
    error_code problem;
    const tcp::endpoint from = socket.remote_endpoint(problem);
    if (problem) return;  // gone again
    std::string peer = from.address().to_string();
    const int descriptor = socket.release(problem);
    if (problem) return;
    keep_from_children(descriptor);
    to_.on_accepted(descriptor, std::move(peer));
  }

  // Nearly always no descriptor is left: trying again at once would only burn the processor.
  void pause(const error_code& problem) {
    if (failures_.fetch_add(1, std::memory_order_relaxed) == 0) {
      to_.on_trouble("can't accept connections: " + problem.message());
    }
    pause_.expires_after(pause_after_failure);
    pause_.async_wait([this](const error_code& cancelled) {
      if (!cancelled && acceptor_.is_open()) accept();
    });
  }

  callbacks to_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_{context_};
  asio::steady_timer pause_{context_};
  std::atomic<std::uint64_t> failures_{0};
  std::thread thread_;
};

listener::listener(const address& wanted, callbacks to) : core_(std::make_unique<core>(wanted, std::move(to))) {
  bound_ = core_->bound();
}
listener::~listener() = default;

void listener::start() {
  core_->start();
}
void listener::close() {
  core_->close();
}
std::uint64_t listener::failures() const noexcept {
  return core_->failures();
}

}  // namespace sage::serving

#else

namespace sage::serving {

class listener::core {};

listener::listener(const address& wanted, callbacks) {
  throw error(errc::unsupported, "this build can't serve over HTTP", wanted.to_string(),
              "install libboost-dev and libssl-dev, and build again with SAGE_WITH_SERVING=ON");
}
listener::~listener() = default;
void listener::start() {}
void listener::close() {}
std::uint64_t listener::failures() const noexcept {
  return 0;
}

}  // namespace sage::serving

#endif
