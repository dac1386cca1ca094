/// What one connection of an HTTP server does, without its socket: bytes and time in; requests, bytes and wishes out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sage/base/clock.hpp"
#include "sage/serving/connection_limits.hpp"
#include "sage/serving/exchange.hpp"
#include "sage/serving/request_reader.hpp"

namespace sage::serving {

/// A state machine for one thread: its owner feeds events in, then looks at the queries and does what they say.
///
/// Law  requests of one connection are answered one after another, in their order
/// Law  nothing is read beyond `read_ahead_bytes_max` while one is being answered
/// Law  each phase has an end by time: head, body, idle, a client that takes nothing, lingering
/// Law  a client that closes, even only its sending half, has gone, unless its answer is complete already
class connection {
 public:
  /// What connections share, and outlives them.
  struct surroundings {
    const server_limits& limits;
    const allowed_hosts& hosts;
    connection_limits& shared;
  };

  connection(const surroundings& around, nanoseconds now);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// A request that is complete, and the exchange that has its answer.
  struct arrival {
    server_request request;
    std::shared_ptr<exchange> answer;
  };

  // Events.
  void on_bytes(std::string_view bytes, nanoseconds now);
  /// The client sends nothing more, or the socket has failed.
  void on_input_end(nanoseconds now);
  /// The first `bytes` of `output()` were taken by the socket.
  void on_written(std::size_t bytes, nanoseconds now);
  /// The exchange has something.
  void on_output(nanoseconds now);
  void on_tick(nanoseconds now);
  /// No further request; one that is being received or answered is finished.
  void on_drain();
  /// Answers with a problem before anything was read, and closes.
  void refuse(const http_problem& problem, nanoseconds now);
  /// Ends at once, whatever is going on.
  void cut();

  // What to do.

  /// A request that has come in, once; `id` numbers it.
  [[nodiscard]] std::optional<arrival> take_request(std::uint64_t id, nanoseconds now);
  [[nodiscard]] bool has_request() const noexcept { return phase_ == phase::arrived; }
  [[nodiscard]] bool wants_input() const noexcept;
  /// Bytes for the socket; they stay where they are until all were written.
  [[nodiscard]] std::string_view output() const noexcept;
  /// All was said: the sending half of the socket is to be closed.
  [[nodiscard]] bool wants_half_close() const noexcept;
  /// A request was answered with a problem before anybody saw it.
  [[nodiscard]] bool was_refused() const noexcept { return was_refused_; }
  [[nodiscard]] bool is_closed() const noexcept { return phase_ == phase::closed; }

 private:
  enum class phase : std::uint8_t {
    reading,    // a request comes in, or none has begun
    arrived,    // one is complete
    answering,  // it was handed out
    leaving,    // the last answer is being written, then the client is waited for
    closed,
  };

  void read_on(nanoseconds now);
  void on_body(nanoseconds now);
  void take_body_bytes(nanoseconds now);
  void return_body_bytes();
  void refill(nanoseconds now);
  void finish_answer(nanoseconds now);
  void leave(nanoseconds now);

  const surroundings around_;
  request_reader reader_;
  phase phase_ = phase::reading;
  bool drains_ = false;       // no further request
  bool input_ended_ = false;  // the client sends nothing more
  bool in_body_ = false;
  bool was_refused_ = false;
  std::uint64_t requests_ = 0;
  std::size_t body_bytes_ = 0;  // taken from what all bodies share
  std::string input_;           // read and not yet used
  std::string output_;
  std::size_t written_ = 0;  // of output_
  std::string notice_;       // of our own: to be written before anything else
  std::shared_ptr<exchange> exchange_;
  bool answer_is_taken_ = false;   // to its end
  nanoseconds deadline_ = 0;       // of the phase; 0 is none
  nanoseconds stalled_since_ = 0;  // since when the client has taken nothing of the output
};

}  // namespace sage::serving
