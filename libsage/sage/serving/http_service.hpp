/// What every service of a pipeline has: a server of its own, pages about its health, callers, a drain.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sage/functions/context.hpp"
#include "sage/model/trace_context.hpp"
#include "sage/observability/spans.hpp"
#include "sage/serving/callers.hpp"
#include "sage/serving/http_server.hpp"
#include "sage/serving/request_rates.hpp"

namespace sage {
class logger;
}

namespace sage::serving {

/// What services have in common.
struct service_settings {
  std::string name;  ///< a short word of ours, for metrics
  std::string listen;
  std::shared_ptr<const callers> allowed;
  bool insecure = false;
  std::vector<std::string> hosts;
  tls_files tls;
  std::uint32_t drain_ms_max = 5'000;
  server_limits limits;
  std::shared_ptr<logger> log;
  std::function<std::string()> metrics;
  std::function<void(const address&)> on_bound;
};

/// A request that has been let in, as its end has to know it.
struct request_record {
  std::string id;
  std::string tenant;
  std::string conversation;  // "TENANT/ID"; empty unless the client named it
  nanoseconds received = 0;
  trace_context trace;            // with the request's own span as its parent_span
  std::uint64_t caller_span = 0;  // whose part the request is
};

/// Serves /healthz, /readyz and /metrics by itself and hands calls of known callers to whoever derives from it.
/// Thread-safe. Shared by the descriptor, the acceptor of the HTTP server and the replies under way.
class http_service : public request_acceptor, public std::enable_shared_from_this<http_service> {
 public:
  explicit http_service(service_settings settings) : settings_(std::move(settings)) {}

  // ---- the pipeline's side

  void open(context& self);
  /// Takes nothing more in.
  void drain() noexcept;
  void close() noexcept;
  /// Lets what runs end within drain_ms_max, then stops the server. Blocks; not from a thread of the server.
  void shut_down();
  [[nodiscard]] std::string bound() const;

  // ---- the server's side

  void on_request(server_request request, std::shared_ptr<response_stream> to) final;

 protected:
  /// Anything but GET and HEAD, of a caller that is known.
  virtual void on_call(const server_request& request, const caller& who,
                       const std::shared_ptr<response_stream>& to) = 0;
  /// A page of the service's own; false when there is none.
  virtual bool on_page(const server_request& request, response_stream& to);

  [[nodiscard]] bool is_draining() const noexcept { return is_draining_.load(std::memory_order_acquire); }
  [[nodiscard]] const clock& time() const noexcept { return *time_; }
  [[nodiscard]] std::string next_id();
  /// Wakes the reader of the pipeline.
  void wake_reader();
  /// Whether a request may come in at all; to be called under `mutex()`, as nothing may come in behind a drain.
  [[nodiscard]] std::optional<http_problem> admit(const caller& who, nanoseconds now);
  /// A request that was let in has ended, and has taken `tokens`. Under `mutex()`.
  void end_of(const std::string& tenant, std::uint64_t tokens);
  /// The trace of a request, with a span of ours for all that is done for it: the client's trace goes on, else a new
  /// one begins where spans are recorded.
  trace_context begin_trace(const server_request& request, request_record& record);
  void log_end(const request_record& request, int status, std::uint64_t tokens);
  [[nodiscard]] std::mutex& mutex() const noexcept { return mutex_; }

 private:
  class door;  // keeps the server from keeping us

  void on_get(const server_request& request, response_stream& to);
  void record_span(const request_record& request, int status, nanoseconds took);
  [[nodiscard]] std::optional<http_problem> authorize(const server_request& request, caller& who) const;

  const service_settings settings_;
  const clock* time_ = &system_clock();
  std::atomic<bool> is_draining_{false};
  std::atomic<std::uint64_t> next_request_{1};
  std::string instance_;  // tells this server's request ids from another's

  mutable std::mutex mutex_;
  request_rates rates_;
  std::shared_ptr<waker> reader_;
  std::shared_ptr<span_recorder> spans_;
  bool is_closed_ = false;
  std::string bound_;
  std::unique_ptr<http_server> server_;
};

/// A refusal in one line.
[[nodiscard]] http_problem refusal(int status, std::string code, std::string message,
                                   std::uint32_t retry_after_s = 0);

}  // namespace sage::serving
