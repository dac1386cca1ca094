#include "sage/testing/scripted_http_server.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sage/base/error.hpp"
#include "sage/llm/http/socket_poll.hpp"
#include "sage/testing/scripted_connection.hpp"

namespace sage::testing {

namespace {

constexpr std::size_t requests_kept_max = 20'000;
constexpr std::uint64_t always_open = scripted_answer::for_ever;

[[noreturn]] void fail(const char* doing) {
  throw error(errc::io, std::string(doing) + ": " + std::generic_category().message(errno), "scripted_http_server");
}

}  // namespace

std::string_view seen_request::header(std::string_view name) const noexcept {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return {};
}

class scripted_http_server::loop {
 public:
  loop() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    if (listener_ < 0) fail("can't make a socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, plain, size) < 0 || ::listen(listener_, SOMAXCONN) < 0 ||
        ::getsockname(listener_, plain, &size) < 0) {
      ::close(listener_);
      fail("can't listen on 127.0.0.1");
    }
    port_ = ntohs(address.sin_port);
    calls_.answer = [this](seen_request request) { return answer_to(std::move(request)); };
    calls_.pass = [this](const std::string& gate) { return pass(gate); };
    calls_.answered = [this] { change([this] { --in_flight_; }); };
    calls_.sent = [this](std::size_t bytes) { bytes_sent_.fetch_add(bytes, std::memory_order_relaxed); };
    poll_.watch(listener_, true, false);
    thread_ = std::thread([this] { run(); });
  }

  ~loop() {
    change([this] { stopping_ = true; });
    poll_.wake();
    thread_.join();
    open_.clear();
    ::close(listener_);
  }

  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::uint64_t bytes_sent() const noexcept { return bytes_sent_.load(std::memory_order_relaxed); }

  void queue(scripted_answer once) {
    change([&] { answers_.push_back(std::move(once)); });
  }
  void decide(decision how) {
    change([&] { decision_ = std::make_shared<decision>(std::move(how)); });
  }
  void release(std::string_view gate, std::uint64_t count) {
    change([&] {
      std::uint64_t& passes = passes_[std::string(gate)];
      passes = count == always_open || passes == always_open ? always_open : passes + count;
      released_ = true;
    });
    poll_.wake();
  }

  /// Looks at what is known, as `seen(*this)` with the lock held.
  template <class Look>
  auto look(Look seen) const {
    const std::lock_guard lock(mutex_);
    return seen(*this);
  }
  template <class Look>
  bool wait_for(Look seen, std::int64_t wait_ms) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return seen(*this); });
  }

  // Read by `look`.
  std::deque<seen_request> requests_;
  std::vector<seen_connection> connections_;
  std::map<std::string, std::size_t, std::less<>> at_gates_;
  std::size_t request_count_ = 0;
  std::size_t in_flight_ = 0;
  std::size_t in_flight_peak_ = 0;

 private:
  template <class Change>
  void change(Change made) {
    {
      const std::lock_guard lock(mutex_);
      made();
    }
    changed_.notify_all();
  }

  void run() {
    for (;;) {
      std::vector<llm::ready_socket> ready = poll_.wait(-1);
      bool released = false;
      {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        released = std::exchange(released_, false);
      }
      for (const llm::ready_socket& each : ready) {
        if (each.descriptor == listener_) {
          accept();
        } else if (const auto found = open_.find(each.descriptor); found != open_.end()) {
          go_on(*found->second);
        }
      }
      if (released) pass_gates();
    }
  }

  void accept() {
    for (;;) {
      const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (descriptor < 0) return;  // nobody waits any more, or we have too many: they wait in the kernel
      std::size_t number = 0;
      change([&] {
        number = connections_.size();
        connections_.emplace_back();
      });
      open_.emplace(descriptor, std::make_unique<scripted_connection>(descriptor, number, calls_));
      poll_.watch(descriptor, true, false);
    }
  }

  void go_on(scripted_connection& one) {
    const std::string gate_before = one.gate();
    const auto state = one.go_on();
    change([&] {
      if (!gate_before.empty()) --at_gates_[gate_before];
      if (!one.gate().empty()) ++at_gates_[one.gate()];
      if (state != scripted_connection::state::open) {
        seen_connection& seen = connections_[one.number()];
        seen.open = false;
        seen.closed_by_client = state == scripted_connection::state::closed_by_client;
        seen.closed_at = system_clock().now();
      }
    });
    if (state == scripted_connection::state::open) {
      poll_.watch(one.descriptor(), true, one.wants_write());
    } else {
      const int descriptor = one.descriptor();
      poll_.watch(descriptor, false, false);
      open_.erase(descriptor);
    }
  }

  void pass_gates() {
    std::vector<scripted_connection*> waiting;
    for (const auto& [descriptor, one] : open_) {
      if (!one->gate().empty()) waiting.push_back(one.get());
    }
    // Whoever came first passes first.
    std::sort(waiting.begin(), waiting.end(), [](const auto* a, const auto* b) { return a->number() < b->number(); });
    for (scripted_connection* one : waiting) go_on(*one);
  }

  bool pass(const std::string& gate) {
    const std::lock_guard lock(mutex_);
    const auto found = passes_.find(gate);
    if (found == passes_.end() || found->second == 0) return false;
    if (found->second != always_open) --found->second;
    return true;
  }

  scripted_answer answer_to(seen_request request) {
    std::shared_ptr<decision> how;
    std::optional<scripted_answer> queued;
    change([&] {
      ++request_count_;
      in_flight_peak_ = std::max(in_flight_peak_, ++in_flight_);
      ++connections_[request.connection].requests;
      requests_.push_back(request);
      if (requests_.size() > requests_kept_max) requests_.pop_front();
      if (!answers_.empty()) {
        queued = std::move(answers_.front());
        answers_.pop_front();
      }
      how = decision_;
    });
    if (queued) return std::move(*queued);
    if (how) return (*how)(request);
    return scripted_answer::json(404, R"({"error": {"message": "the script has no answer to this"}})");
  }

  int listener_;
  std::uint16_t port_ = 0;
  llm::socket_poll poll_;
  scripted_connection::server_calls calls_;
  std::atomic<std::uint64_t> bytes_sent_{0};

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::deque<scripted_answer> answers_;
  std::shared_ptr<decision> decision_;
  std::map<std::string, std::uint64_t> passes_;
  bool released_ = false;
  bool stopping_ = false;

  std::unordered_map<int, std::unique_ptr<scripted_connection>> open_;  // of the thread
  std::thread thread_;
};

scripted_http_server::scripted_http_server() : loop_(std::make_unique<loop>()) {}
scripted_http_server::~scripted_http_server() = default;

std::uint16_t scripted_http_server::port() const noexcept {
  return loop_->port();
}

std::string scripted_http_server::url(std::string_view path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + std::string(path);
}

scripted_http_server& scripted_http_server::answer(scripted_answer once) {
  loop_->queue(std::move(once));
  return *this;
}

scripted_http_server& scripted_http_server::always(scripted_answer each) {
  return decide([each = std::move(each)](const seen_request&) { return each; });
}

scripted_http_server& scripted_http_server::decide(decision how) {
  loop_->decide(std::move(how));
  return *this;
}

void scripted_http_server::release(std::string_view gate, std::uint64_t count) {
  loop_->release(gate, count);
}

void scripted_http_server::open(std::string_view gate) {
  loop_->release(gate, always_open);
}

std::vector<seen_request> scripted_http_server::requests() const {
  return loop_->look([](const loop& all) { return std::vector(all.requests_.begin(), all.requests_.end()); });
}

std::vector<seen_connection> scripted_http_server::connections() const {
  return loop_->look([](const loop& all) { return all.connections_; });
}

std::size_t scripted_http_server::request_count() const {
  return loop_->look([](const loop& all) { return all.request_count_; });
}

std::size_t scripted_http_server::in_flight() const {
  return loop_->look([](const loop& all) { return all.in_flight_; });
}

std::size_t scripted_http_server::in_flight_peak() const {
  return loop_->look([](const loop& all) { return all.in_flight_peak_; });
}

std::uint64_t scripted_http_server::bytes_sent() const {
  return loop_->bytes_sent();
}

bool scripted_http_server::wait_for_requests(std::size_t count, std::int64_t wait_ms) const {
  return loop_->wait_for([&](const loop& all) { return all.request_count_ >= count; }, wait_ms);
}

bool scripted_http_server::wait_for_closed(std::size_t connections, std::int64_t wait_ms) const {
  return loop_->wait_for(
      [&](const loop& all) {
        const auto closed = std::count_if(all.connections_.begin(), all.connections_.end(),
                                          [](const seen_connection& each) { return each.closed_by_client; });
        return static_cast<std::size_t>(closed) >= connections;
      },
      wait_ms);
}

bool scripted_http_server::wait_at_gate(std::string_view gate, std::size_t waiting, std::int64_t wait_ms) const {
  return loop_->wait_for(
      [&](const loop& all) {
        const auto found = all.at_gates_.find(gate);
        return found != all.at_gates_.end() && found->second >= waiting;
      },
      wait_ms);
}

}  // namespace sage::testing
