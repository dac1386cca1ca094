/// One request being answered: what stands between whoever answers and the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "sage/serving/response_stream.hpp"
#include "sage/serving/response_text.hpp"

namespace sage::serving {

/// Collects the bytes of a response from any thread, for the connection's thread to take. Without I/O: the connection
/// is told by a callback that there is something.
///
/// Law  bytes come out in the order in which they went in, framed for the client's version of HTTP
/// Law  the callback for a client that has gone is called at most once, and never after the answer was complete
class exchange {
 public:
  struct traits {
    std::uint64_t id = 0;
    bool is_head = false;  ///< the method: a response without its body
    bool is_http_1_0 = false;
    bool closes = false;  ///< the response says that it is the last
    std::size_t pending_bytes_max = 0;
  };

  explicit exchange(const traits& of) : traits_(of) {}

  // Whoever answers; see response_stream.
  [[nodiscard]] std::uint64_t id() const noexcept { return traits_.id; }
  bool send(int status, const http_headers& headers, std::string_view body);
  bool begin(int status, const http_headers& headers);
  bool write(std::string_view bytes);
  bool end();
  bool fail(const http_problem& problem);
  void set_on_gone(std::function<void()> callback);
  [[nodiscard]] bool is_gone() const;
  [[nodiscard]] std::size_t pending_bytes() const;
  /// Nobody will answer any more.
  void abandon();

  // The connection.

  /// `callback` is called under a lock, at most once between two calls of `take`; it must only leave a note.
  void set_wake(std::function<void()> callback);
  /// How far the answer is.
  enum class progress : std::uint8_t {
    running,
    complete,  ///< what was taken is the rest
    broken,    ///< the connection has to be cut
  };
  /// Puts what waits into `to`, which is empty.
  [[nodiscard]] progress take(std::string& to);
  void on_written(std::size_t bytes);
  /// From now on responses that haven't begun say that they are the last.
  void close_after();
  /// Whether the response says, or would say, that it is the connection's last.
  [[nodiscard]] bool closes() const;
  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] bool is_broken() const;
  /// 0 while there is none.
  [[nodiscard]] int status() const;
  /// The connection has ended: tells whoever answers, unless the answer was complete, and wakes nobody any more.
  void on_gone();

 private:
  enum class stage : std::uint8_t { waiting, streaming, complete, broken, gone };

  bool send_locked(int status, const http_headers& headers, std::string_view body);
  void wake_locked();
  void break_locked();

  const traits traits_;
  mutable std::mutex mutex_;
  stage stage_ = stage::waiting;
  int status_ = 0;
  bool closes_later_ = false;
  bool is_chunked_ = false;
  bool is_awake_ = false;
  std::string pending_;
  std::size_t pending_bytes_ = 0;  // with those that were taken and not yet written
  std::function<void()> wake_;
  std::function<void()> gone_;
};

/// The holder's end of an exchange. Lets go of it properly.
[[nodiscard]] std::shared_ptr<response_stream> make_response_stream(std::shared_ptr<exchange> of);

}  // namespace sage::serving
