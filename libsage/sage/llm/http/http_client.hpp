/// Sends HTTP requests, thousands at once, on one I/O thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sage/base/clock.hpp"
#include "sage/llm/http/http_message.hpp"

namespace sage::llm {

struct http_client_options {
  std::size_t outstanding_max = 16'384;  ///< requests at once; beyond it a request is refused
  std::size_t connections_max = 8'192;   ///< open at once; requests beyond it wait, in order
  std::size_t connections_per_host_max = 8'192;
  std::size_t idle_connections_max = 64;  ///< kept open for the next request, over all hosts
  std::size_t buffer_bytes = 8 * 1024;    ///< per request, for what arrives: 1 KiB to 512 KiB
  bool http2 = true;                      ///< over TLS, when the server offers it; never in clear text
  std::optional<std::string> proxy;       ///< URL; empty text is no proxy; unset: as the environment says
  secret<std::string> proxy_login;        ///< user:password
  std::string ca_file;                    ///< PEM; empty is the system's
  std::string ca_folder;                  ///< of hashed certificates; empty is the system's
  bool insecure = false;                  ///< takes any certificate: for tests, never for a key that matters
  std::string user_agent = "sage";
  const clock* time = &system_clock();
};

class http_engine;

/// A request under way, as its owner sees it. Copyable; may outlive the request and the client, and then does
/// nothing. Thread-safe.
class http_call {
 public:
  http_call() = default;
  http_call(std::weak_ptr<http_engine> engine, std::uint64_t id) : engine_(std::move(engine)), id_(id) {}

  /// Closes the connection (of HTTP/2: the stream) at once; the listener hears http_failure::cancelled.
  void cancel() const;
  /// Lets a paused request go on.
  void resume() const;

 private:
  std::weak_ptr<http_engine> engine_;
  std::uint64_t id_ = 0;
};

/// A client over libcurl's multi interface and epoll. Connections are kept and used again, one request at a time;
/// HTTP/2 is spoken over TLS only, and never several requests over one connection: with libcurl 7.88 one paused
/// answer would stop all others, and a cancelled one would go on at the server. Proxies and certificates are as
/// curl's users expect. Thread-safe.
///
/// Fails   errc::unsupported from the constructor in a build without libcurl
/// Limits  http_client_options; what is over outstanding_max is refused, over connections_max waits
/// Cost    about 20 KiB per outstanding request beyond its body
class http_client {
 public:
  explicit http_client(http_client_options options = {});
  /// Cancels what is outstanding and waits for the I/O thread (unless it is the I/O thread that destroys it).
  ~http_client();
  http_client(const http_client&) = delete;
  http_client& operator=(const http_client&) = delete;

  /// Never blocks. Whatever is wrong with the request, the listener hears it.
  http_call start(http_request request, std::shared_ptr<http_listener> listener);

  /// Requests started and not yet done.
  [[nodiscard]] std::size_t outstanding() const noexcept;
  [[nodiscard]] const clock& time() const noexcept;

 private:
  std::shared_ptr<http_engine> engine_;
};

}  // namespace sage::llm
