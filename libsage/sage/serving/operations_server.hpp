/// The operations endpoint of a program: how it is, whether it takes work, what it has done.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "sage/serving/http_server.hpp"

namespace sage::serving {

/// What the endpoint shows; the port to whoever runs jobs. Called on the server's thread, from the start of the
/// server to its end; must be quick. A function that isn't there shows nothing.
struct operations_view {
  std::function<bool()> is_ready;        ///< false from the beginning of a drain on
  std::function<std::string()> metrics;  ///< in the Prometheus text format
  std::function<std::string()> plan;     ///< JSON, as in docs/formats/graph.schema.json; empty while there is none
  std::function<std::string()> ledger;   ///< JSON; empty while there is none
};

/// Serves GET (and HEAD) of
///
///     /healthz    200 as long as the program lives
///     /readyz     200, or 503 when it takes no work (any more)
///     /metrics    the metrics of the program and of this server
///     /v1/plan    404 while there is none
///     /v1/ledger  404 while there is none
///
/// Asks nobody who they are: it listens where only this machine can reach it, or `insecure` says that others may.
class operations_server {
 public:
  /// Starts. Throws as `http_server::start` does.
  operations_server(const address& listen, bool insecure, operations_view view);
  ~operations_server();
  operations_server(const operations_server&) = delete;
  operations_server& operator=(const operations_server&) = delete;

  [[nodiscard]] const address& bound() const noexcept;

 private:
  class pages;
  std::shared_ptr<pages> pages_;
  std::unique_ptr<http_server> server_;
};

}  // namespace sage::serving
