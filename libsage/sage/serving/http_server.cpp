#include "sage/serving/http_server.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "sage/base/assert.hpp"
#include "sage/serving/io_loop.hpp"
#include "sage/serving/listener.hpp"

namespace sage::serving {

class http_server::core {
 public:
  core(server_options options, std::shared_ptr<request_acceptor> acceptor) : ground_(std::move(options)) {
    ground_.acceptor = std::move(acceptor);
    ground_.on_connection_end = [this] { on_connection_end(); };
  }
  ~core() { stop(); }
  core(const core&) = delete;
  core& operator=(const core&) = delete;

  void start() {
    SAGE_ASSERT(!listener_);
    const server_options& options = ground_.options;
    check_exposure(options.listen, options.exposed).value();
    const bool wants_tls = !options.tls.certificate.empty() || !options.tls.key.empty();
    if (wants_tls) ground_.tls = std::make_unique<tls_context>(options.tls);
    listener_.emplace(
        options.listen,
        listener::callbacks{[this](int descriptor, std::string peer) { on_accepted(descriptor, std::move(peer)); },
                            [this](const std::string& what) { ground_.trouble(what); }});
    const std::uint32_t threads = std::max<std::uint32_t>(1, options.limits.io_threads);
    for (std::uint32_t i = 0; i < threads; ++i) {
      loops_.push_back(std::make_unique<io_loop>(ground_));
      loops_.back()->start();
    }
    listener_->start();
  }

  [[nodiscard]] const address& bound() const noexcept {
    return listener_ ? listener_->bound() : ground_.options.listen;
  }
  [[nodiscard]] bool is_tls() const noexcept { return ground_.tls != nullptr; }

  bool drain(std::uint32_t wait_ms) {
    if (listener_) listener_->close();
    for (const auto& loop : loops_) loop->drain();
    std::unique_lock lock(mutex_);
    const bool all_answered =
        changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [this] { return open_ == 0; });
    lock.unlock();
    stop();
    return all_answered;
  }

  void stop() {
    if (listener_) listener_->close();
    for (const auto& loop : loops_) loop->stop();
  }

  [[nodiscard]] server_counters counters() const {
    server_counters all;
    {
      const std::lock_guard lock(mutex_);
      all.connections_open = open_;
      all.connections_accepted = accepted_;
      all.connections_refused = refused_;
    }
    all.requests = ground_.requests.load(std::memory_order_relaxed);
    all.requests_refused = ground_.requests_refused.load(std::memory_order_relaxed);
    all.accept_failures = listener_ ? listener_->failures() : 0;
    return all;
  }

 private:
  void on_accepted(int descriptor, std::string peer) {
    const auto admitted = ground_.limits.enter(peer);
    {
      const std::lock_guard lock(mutex_);
      ++accepted_;
      ++open_;
      if (admitted != connection_limits::admission::granted) ++refused_;
    }
    // In turn: a connection stays where it is.
    loops_[next_loop_++ % loops_.size()]->adopt(descriptor, std::move(peer), admitted);
  }

  void on_connection_end() {
    const std::lock_guard lock(mutex_);
    --open_;
    changed_.notify_all();
  }

  server_ground ground_;
  std::vector<std::unique_ptr<io_loop>> loops_;
  std::optional<listener> listener_;
  std::size_t next_loop_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t open_ = 0;
  std::uint64_t accepted_ = 0;
  std::uint64_t refused_ = 0;
};

http_server::http_server(server_options options, std::shared_ptr<request_acceptor> acceptor)
    : core_(std::make_unique<core>(std::move(options), std::move(acceptor))) {}
http_server::~http_server() = default;

void http_server::start() {
  core_->start();
}
const address& http_server::bound() const noexcept {
  return core_->bound();
}
bool http_server::is_tls() const noexcept {
  return core_->is_tls();
}
bool http_server::drain(std::uint32_t wait_ms) {
  return core_->drain(wait_ms);
}
void http_server::stop() {
  core_->stop();
}
server_counters http_server::counters() const {
  return core_->counters();
}

}  // namespace sage::serving
