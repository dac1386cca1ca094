/// The I/O thread behind http_client: libcurl's multi interface over epoll.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sage/llm/http/http_client.hpp"
#include "sage/llm/http/socket_poll.hpp"
#include "sage/llm/http/transfer.hpp"

namespace sage::llm {

/// Owns the thread and everything on it. What other threads want is queued and done by the I/O thread in their order.
class http_engine {
 public:
  /// Makes the thread, which shares the engine until it ends. Throws errc::io.
  static std::shared_ptr<http_engine> make(http_client_options options);
  ~http_engine();
  http_engine(const http_engine&) = delete;
  http_engine& operator=(const http_engine&) = delete;

  std::uint64_t start(http_request request, std::shared_ptr<http_listener> listener);
  void cancel(std::uint64_t id);
  void resume(std::uint64_t id);
  /// Cancels everything; returns when the thread has ended, or at once on that thread itself.
  void stop();

  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_.load(std::memory_order_relaxed); }
  [[nodiscard]] const clock& time() const noexcept { return *options_.time; }

 private:
  struct multi;  // libcurl's side
  struct command {
    enum class kind : std::uint8_t { start, refuse, cancel, resume };
    kind what;
    std::uint64_t id;
    std::unique_ptr<transfer> request;
  };
  using deadline = std::pair<nanoseconds, std::uint64_t>;  // and the transfer

  explicit http_engine(http_client_options options);
  void push(command wish);

  // On the I/O thread.
  void run();
  void obey_commands();
  void on_start(std::unique_ptr<transfer> request);
  void on_resume(transfer& paused);
  void drive();
  void collect_ended();
  void end_overdue();
  void watch_time(transfer& one);
  [[nodiscard]] int wait_ms() const;
  void end(std::uint64_t id, const http_outcome& outcome);

  http_client_options options_;
  socket_poll poll_;
  std::unique_ptr<multi> multi_;
  std::thread thread_;

  std::mutex mutex_;
  std::vector<command> commands_;  // at most a few per outstanding request
  bool stopping_ = false;
  std::atomic<std::uint64_t> next_id_{1};
  std::atomic<std::size_t> outstanding_{0};

  // Of the I/O thread.
  std::vector<command> taken_;
  std::unordered_map<std::uint64_t, std::unique_ptr<transfer>> transfers_;
  // At most one per transfer: it is looked at when it is due, and moved when bytes have come since.
  std::set<deadline> deadlines_;
};

}  // namespace sage::llm
