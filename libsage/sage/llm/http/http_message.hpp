/// What is asked for over HTTP, what comes of it, and who is told: values and one small interface.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sage/model/secret.hpp"

namespace sage::llm {

struct http_header {
  std::string name;
  std::string value;
  friend bool operator==(const http_header&, const http_header&) = default;
};

using http_headers = std::vector<http_header>;

/// The value of the first header called `name`, whatever its case; empty when there is none.
[[nodiscard]] std::string_view find_header(const http_headers& headers, std::string_view name) noexcept;

/// A header whose value may be seen by the server alone: a key, a token.
struct secret_header {
  std::string name;
  secret<std::string> value;
  std::string prefix;  ///< goes in front of the value, e.g. "Bearer "
};

/// Puts "***" in place of the secret wherever `text` has it: for what others wrote and may have echoed. Secrets of
/// less than 4 bytes are left: they would take ordinary words along.
void hide_secret(std::string& text, const secret<std::string>& hidden);

/// One request. Redirects are never followed: they would carry the secrets to another host.
struct http_request {
  std::string method = "POST";
  std::string url;  ///< http:// or https://, without user and password
  http_headers headers;
  std::vector<secret_header> secrets;
  std::string body;

  std::int64_t connect_timeout_ms = 10'000;     ///< name, TCP and TLS together
  std::int64_t first_byte_timeout_ms = 60'000;  ///< from the start to the first byte of the answer; 0 is no limit
  std::int64_t idle_timeout_ms = 60'000;        ///< between bytes of the answer, pauses left out; 0 is no limit
  std::int64_t total_timeout_ms = 600'000;      ///< of everything; 0 is no limit
  std::uint64_t response_bytes_max = 64 << 20;  ///< of the answer's body: beyond it http_failure::too_large
};

/// The kinds of failure of a request that a caller may want to tell apart.
enum class http_failure : std::uint8_t {
  none,       ///< an answer came, whole, with whatever status
  resolve,    ///< the host's name has no address
  connect,    ///< nobody listens there, or the network is down
  tls,        ///< no secure connection: certificate, version
  timeout,    ///< one of the request's timeouts
  reset,      ///< the connection ended inside the answer or before it
  too_large,  ///< response_bytes_max or the bound on headers
  protocol,   ///< what came is not HTTP
  cancelled,  ///< by cancel(), by the listener, or because the client went away
  refused,    ///< never sent: a bad URL or header, or too many requests at once
  other,
};

[[nodiscard]] std::string_view to_string(http_failure failure) noexcept;

/// How a request has ended.
struct http_outcome {
  http_failure failure = http_failure::none;
  std::string text;          ///< of a failure, for people: what and where, never with a secret
  std::uint32_t status = 0;  ///< 0 when no head came
};

/// What a listener wants done after a piece of the body.
enum class body_verdict : std::uint8_t {
  more,
  pause,  ///< the piece is taken; no other until resume()
  stop,   ///< the connection is closed, the outcome is http_failure::cancelled
};

/// Hears of one request. Called on the client's I/O thread only: it must not block, and may call the client.
class http_listener {
 public:
  virtual ~http_listener() = default;
  /// The final status and headers, names as they came.
  virtual void on_head(std::uint32_t status, const http_headers& headers) = 0;
  /// A piece of the body, of http_client_options::buffer_bytes at most; valid during the call.
  virtual body_verdict on_body(std::string_view bytes) = 0;
  /// resume() was called: the listener may work off what it kept back before more comes.
  virtual body_verdict on_resume() { return body_verdict::more; }
  /// The end, exactly once, also after a cancel and when the client is destroyed. Never a success while paused.
  virtual void on_done(const http_outcome& outcome) = 0;
};

}  // namespace sage::llm
