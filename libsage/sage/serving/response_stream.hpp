/// The two sides of a server: who takes requests, and how each of them is answered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sage/serving/http_problem.hpp"
#include "sage/serving/server_request.hpp"

namespace sage::serving {

/// The answer to one request. Thread-safe; outlives its connection and its server, and then takes nothing more.
///
/// A request is answered once: by `send` or `fail`, or by `begin`, any number of `write` and `end`. Of several
/// attempts the first counts, the others return false. One that is let go of unfinished is answered for its holder:
/// with a 500 when nothing was sent, by cutting the connection otherwise.
class response_stream {
 public:
  virtual ~response_stream() = default;

  /// The number of the request.
  [[nodiscard]] virtual std::uint64_t id() const noexcept = 0;

  /// Answers with one body.
  virtual bool send(int status, const http_headers& headers, std::string_view body) = 0;
  /// Begins an answer whose body comes in pieces.
  virtual bool begin(int status, const http_headers& headers) = 0;
  /// The next piece, sent at once. False when the client has gone or the answer is over: stop then. When
  /// `response_bytes_pending_max` or more wait already, the client is too slow and its connection is closed.
  virtual bool write(std::string_view bytes) = 0;
  /// The body is complete.
  virtual bool end() = 0;
  /// Refuses, in OpenAI's form; within a body that has begun it cuts the connection.
  virtual bool fail(const http_problem& problem) = 0;

  /// Calls `callback` once if the client goes, or is cut off, before the answer is complete: on a thread of the
  /// server, or in this call when it has happened already. It must neither block nor throw. A callback before is
  /// replaced.
  virtual void set_on_gone(std::function<void()> callback) = 0;
  [[nodiscard]] virtual bool is_gone() const = 0;
  /// Bytes that wait for the client.
  [[nodiscard]] virtual std::size_t pending_bytes() const = 0;
};

/// Takes the requests of a server.
class request_acceptor {
 public:
  virtual ~request_acceptor() = default;
  /// Called on a thread of the server; must not block. `to` may be answered from any thread, now or later.
  virtual void on_request(server_request request, std::shared_ptr<response_stream> to) = 0;
};

}  // namespace sage::serving
