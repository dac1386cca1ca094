/// An HTTP server on a loopback socket that does what a test tells it, also what no server should do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/clock.hpp"
#include "sage/testing/scripted_answer.hpp"

namespace sage::testing {

/// A request as it came. A client that wants TLS makes one with the method "TLS": what is said to it can't succeed.
struct seen_request {
  std::size_t connection = 0;  ///< its number, from 0
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case
  std::string body;

  [[nodiscard]] std::string_view header(std::string_view name) const noexcept;  ///< name in lower case
};

/// A connection as it went.
struct seen_connection {
  std::uint64_t requests = 0;
  bool open = true;
  bool closed_by_client = false;
  nanoseconds closed_at = 0;  ///< on the system clock; 0 while it is open
};

/// Serves any number of connections on one thread. Requests take the queued answers in turn, then what `decide` says;
/// without either they get 404. Thread-safe; everything may be called while it runs.
///
/// Limits  a request has at most 16 MiB; the last 20,000 requests are remembered
class scripted_http_server {
 public:
  /// Decides about a request, on the server's thread. Must not block, nor call the server but for `release`.
  using decision = std::function<scripted_answer(const seen_request&)>;

  /// Listens on 127.0.0.1, at a port that is free.
  scripted_http_server();
  ~scripted_http_server();
  scripted_http_server(const scripted_http_server&) = delete;
  scripted_http_server& operator=(const scripted_http_server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  /// "http://127.0.0.1:PORT" and `path`.
  [[nodiscard]] std::string url(std::string_view path = {}) const;

  /// The answer to the next request that none is queued for.
  scripted_http_server& answer(scripted_answer once);
  /// The answer to all requests that find no queued one.
  scripted_http_server& always(scripted_answer each);
  scripted_http_server& decide(decision how);

  /// Lets `count` waits at the gate pass, those to come included.
  void release(std::string_view gate, std::uint64_t count = 1);
  /// Lets every wait at the gate pass from now on.
  void open(std::string_view gate);

  [[nodiscard]] std::vector<seen_request> requests() const;
  [[nodiscard]] std::vector<seen_connection> connections() const;
  /// Requests seen in all; being answered now; the most at once.
  [[nodiscard]] std::size_t request_count() const;
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t in_flight_peak() const;
  /// Bytes that were given to the network so far: shows whether a client that pauses holds us back.
  [[nodiscard]] std::uint64_t bytes_sent() const;

  // Waits, with a deadline, for what the test is about; false when it didn't happen in time.
  bool wait_for_requests(std::size_t count, std::int64_t wait_ms = 10'000) const;
  bool wait_for_closed(std::size_t connections, std::int64_t wait_ms = 10'000) const;  ///< by the client
  bool wait_at_gate(std::string_view gate, std::size_t waiting, std::int64_t wait_ms = 10'000) const;

 private:
  class loop;
  std::unique_ptr<loop> loop_;
};

}  // namespace sage::testing
