#include "sage/serving/io_loop.hpp"

#include <utility>

#ifdef SAGE_HAS_SERVING

#include <array>
#include <chrono>
#include <thread>
#include <unordered_map>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <signal.h>

namespace sage::serving {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

struct tls_context::core {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

namespace {

constexpr auto tick_interval = std::chrono::milliseconds(100);
constexpr std::size_t read_bytes_max = 4096;  // per read: each connection that waits has this much

class session;

}  // namespace

struct loop_core {
  explicit loop_core(server_ground& of) : ground(of) {}

  void run();
  void keep_ticking();
  template <class F>
  void for_each_session(F what);

  server_ground& ground;
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
  asio::steady_timer ticker{context};
  bool ticks = false;
  bool drains = false;
  std::unordered_map<session*, std::shared_ptr<session>> sessions;
  std::thread thread;
};

namespace {

/// The shell around one connection: carries bytes between its socket and its state machine. Lives on one thread.
class session final : public std::enable_shared_from_this<session> {
 public:
  session(loop_core& loop, server_ground& ground, tcp::socket socket, std::string peer,
          connection_limits::admission admitted)
      : loop_(loop),
        ground_(ground),
        socket_(std::move(socket)),
        peer_(std::move(peer)),
        admitted_(admitted),
        connection_({ground.options.limits, ground.hosts, ground.limits}, ground.now()) {
    if (ground_.tls) tls_ = std::make_unique<asio::ssl::stream<tcp::socket&>>(socket_, ground_.tls->of().context);
  }

  void start() {
    loop_.sessions.emplace(this, shared_from_this());
    if (admitted_ == connection_limits::admission::closed) connection_.cut();
    if (admitted_ == connection_limits::admission::refused) {
      http_problem problem;
      problem.status = 503;
      problem.message = "too many connections; try again";
      problem.retry_after_s = 1;
      problem.closes = true;
      connection_.refuse(problem, ground_.now());
    }
    if (loop_.drains) connection_.on_drain();
    if (tls_ && !connection_.is_closed()) {
      is_ready_ = false;
      tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](const error_code& problem) {
        self->is_ready_ = true;
        if (problem) self->connection_.cut();
        self->go_on();
      });
    }
    go_on();
  }

  void on_tick(nanoseconds now) {
    connection_.on_tick(now);
    go_on();
  }
  void on_drain() {
    connection_.on_drain();
    go_on();
  }
  void cut() {
    connection_.cut();
    go_on();
  }

 private:
  // Does what the state machine wants, after every event.
  void go_on() {
    if (is_over_) return;
    while (connection_.has_request()) hand_out();
    if (connection_.was_refused() && !is_counted_) {
      is_counted_ = true;
      ground_.requests_refused.fetch_add(1, std::memory_order_relaxed);
    }
    if (connection_.is_closed()) {
      end();
      return;
    }
    if (!is_ready_) return;
    if (!is_reading_ && connection_.wants_input()) read();
    if (!is_writing_ && !connection_.output().empty()) write();
    if (connection_.wants_half_close() && !is_half_closed_) {
      is_half_closed_ = true;
      error_code ignored;  // it was gone, then
      socket_.shutdown(tcp::socket::shutdown_send, ignored);
    }
  }

  void hand_out() {
    const std::uint64_t id = ground_.requests.fetch_add(1, std::memory_order_relaxed) + 1;
    auto arrived = connection_.take_request(id, ground_.now());
    arrived->request.peer = peer_;
    // Called under the lock of the exchange, which is let go of before this session is: `this` lives.
    arrived->answer->set_wake([this] {
      asio::post(loop_.context, [self = shared_from_this()] {
        self->connection_.on_output(self->ground_.now());
        self->go_on();
      });
    });
    auto stream = make_response_stream(arrived->answer);
    try {
      ground_.acceptor->on_request(std::move(arrived->request), std::move(stream));
    } catch (const std::exception& problem) {
      ground_.trouble(std::string("a request could not be taken: ") + problem.what());
    }
  }

  template <class Operation>
  void with_stream(Operation operation) {
    if (tls_) {
      operation(*tls_);
    } else {
      operation(socket_);
    }
  }

  void read() {
    is_reading_ = true;
    with_stream([this](auto& stream) {
      stream.async_read_some(asio::buffer(read_buffer_),
                             [self = shared_from_this()](const error_code& problem, std::size_t bytes) {
                               self->is_reading_ = false;
                               self->on_read(problem, bytes);
                             });
    });
  }

  void on_read(const error_code& problem, std::size_t bytes) {
    const nanoseconds now = ground_.now();
    if (problem) {
      connection_.on_input_end(now);
    } else {
      connection_.on_bytes({read_buffer_.data(), bytes}, now);
    }
    go_on();
  }

  void write() {
    is_writing_ = true;
    const std::string_view bytes = connection_.output();
    with_stream([&](auto& stream) {
      stream.async_write_some(asio::buffer(bytes.data(), bytes.size()),
                              [self = shared_from_this()](const error_code& failure, std::size_t written) {
                                self->is_writing_ = false;
                                if (failure) {
                                  self->connection_.cut();
                                } else {
                                  self->connection_.on_written(written, self->ground_.now());
                                }
                                self->go_on();
                              });
    });
  }

  void end() {
    is_over_ = true;
    error_code ignored;
    socket_.close(ignored);
    ground_.limits.leave(peer_, admitted_);
    loop_.sessions.erase(this);
    ground_.on_connection_end();
  }

  loop_core& loop_;
  server_ground& ground_;
  tcp::socket socket_;
  std::unique_ptr<asio::ssl::stream<tcp::socket&>> tls_;
  std::string peer_;
  connection_limits::admission admitted_;
  connection connection_;
  std::array<char, read_bytes_max> read_buffer_;
  bool is_ready_ = true;  // TLS has shaken hands
  bool is_reading_ = false;
  bool is_writing_ = false;
  bool is_half_closed_ = false;
  bool is_counted_ = false;  // as refused
  bool is_over_ = false;
};

}  // namespace

// `what` may end the session that it is called for.
template <class F>
void loop_core::for_each_session(F what) {
  for (auto at = sessions.begin(); at != sessions.end();) {
    const std::shared_ptr<session> one = (at++)->second;
    what(*one);
  }
}

// What escapes from one connection (no memory left, a callback that throws although it must not) is no reason to
// leave all others alone.
void loop_core::run() {
  for (;;) {
    try {
      context.run();
      return;
    } catch (const std::exception& problem) {
      ground.trouble(std::string("a connection failed: ") + problem.what());
    }
  }
}

void loop_core::keep_ticking() {
  if (ticks || sessions.empty()) return;
  ticks = true;
  ticker.expires_after(tick_interval);
  ticker.async_wait([this](const error_code& cancelled) {
    ticks = false;
    if (cancelled) return;
    const nanoseconds now = ground.now();
    for_each_session([now](session& one) { one.on_tick(now); });
    keep_ticking();
  });
}

tls_context::tls_context(const tls_files& files) : core_(std::make_unique<core>()) {
  using context = asio::ssl::context;
  context& made = core_->context;
  made.set_options(context::default_workarounds | context::no_sslv2 | context::no_sslv3 | context::no_tlsv1 |
                   context::no_tlsv1_1 | context::no_compression);
  ::SSL_CTX_set_mode(made.native_handle(), SSL_MODE_RELEASE_BUFFERS);
  error_code problem;
  made.use_certificate_chain_file(files.certificate, problem);
  if (problem) {
    throw error(errc::configuration, "is no certificate: " + problem.message(), files.certificate,
                "give a PEM file that begins with the server's certificate");
  }
  made.use_private_key_file(files.key, context::pem, problem);
  if (problem) {
    throw error(errc::configuration, "is not the key of that certificate: " + problem.message(), files.key,
                "give the PEM file of the private key, without a passphrase");
  }
}

tls_context::~tls_context() = default;

io_loop::io_loop(server_ground& ground) : core_(std::make_unique<loop_core>(ground)) {}

io_loop::~io_loop() {
  stop();
}

void io_loop::start() {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  core_->thread = std::thread([this] { core_->run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void io_loop::adopt(int descriptor, std::string peer, connection_limits::admission admitted) {
  asio::post(core_->context, [this, descriptor, peer = std::move(peer), admitted]() mutable {
    error_code problem;
    tcp::socket socket(core_->context);
    // Of which family it is concerns nobody but those who ask the socket for its addresses.
    socket.assign(tcp::v4(), descriptor, problem);
    socket.set_option(tcp::no_delay(true), problem);
    std::make_shared<session>(*core_, core_->ground, std::move(socket), std::move(peer), admitted)->start();
    core_->keep_ticking();
  });
}

void io_loop::drain() {
  asio::post(core_->context, [this] {
    core_->drains = true;
    core_->for_each_session([](session& one) { one.on_drain(); });
  });
}

void io_loop::stop() {
  if (!core_->thread.joinable()) return;
  asio::post(core_->context, [this] {
    core_->drains = true;
    core_->for_each_session([](session& one) { one.cut(); });
    core_->ticker.cancel();
    core_->work.reset();
  });
  core_->thread.join();
}

}  // namespace sage::serving

#else

namespace sage::serving {

struct tls_context::core {};
struct loop_core {};

tls_context::tls_context(const tls_files&) {}
tls_context::~tls_context() = default;
io_loop::io_loop(server_ground&) {}
io_loop::~io_loop() = default;
void io_loop::start() {}
void io_loop::adopt(int, std::string, connection_limits::admission) {}
void io_loop::drain() {}
void io_loop::stop() {}

}  // namespace sage::serving

#endif
