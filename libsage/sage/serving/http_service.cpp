#include "sage/serving/http_service.hpp"

#include <array>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/observability/log.hpp"
#include "sage/serving/server_metrics.hpp"

namespace sage::serving {

namespace {

constexpr std::string_view everybody = "local";  // the tenant of callers that need not say who they are
constexpr std::uint32_t drain_retry_s = 5;

std::string hexadecimal(std::uint64_t number) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) {
    const auto digit = (number >> shift) & 0xf;
    if (digit != 0 || !text.empty()) text += "0123456789abcdef"[digit];
  }
  return text.empty() ? "0" : text;
}

}  // namespace

http_problem refusal(int status, std::string code, std::string message, std::uint32_t retry_after_s) {
  http_problem problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.retry_after_s = retry_after_s;
  return problem;
}

// The server owns its acceptor and we own the server: this end of the circle doesn't hold on.
class http_service::door final : public request_acceptor {
 public:
  explicit door(std::weak_ptr<http_service> service) noexcept : service_(std::move(service)) {}
  void on_request(server_request request, std::shared_ptr<response_stream> to) override {
    if (const auto service = service_.lock()) {
      service->on_request(std::move(request), std::move(to));
    } else {
      to->fail(refusal(503, "service_ended", "the service has ended"));
    }
  }

 private:
  std::weak_ptr<http_service> service_;
};

void http_service::open(context& self) {
  const result<address> listen = parse_address(settings_.listen);
  if (!listen) throw listen.error();
  time_ = &self.time();
  instance_ = hexadecimal(static_cast<std::uint64_t>(time_->wall_ms()));
  server_options how;
  how.listen = *listen;
  how.exposed.callers_known = settings_.allowed && !settings_.allowed->empty();
  how.exposed.insecure = settings_.insecure;
  how.hosts = settings_.hosts;
  how.tls = settings_.tls;
  how.limits = settings_.limits;
  how.on_trouble = [log = settings_.log](const std::string& trouble) {
    if (log) log->write(log_level::warn, trouble);
  };
  auto server = std::make_unique<http_server>(std::move(how), std::make_shared<door>(weak_from_this()));
  {
    const std::lock_guard lock(mutex_);
    reader_ = self.engine();
    spans_ = self.shared_spans();
    is_closed_ = false;
  }
  server->start();
  const address bound = server->bound();
  {
    const std::lock_guard lock(mutex_);
    server_ = std::move(server);
    bound_ = bound.to_string();
  }
  if (settings_.on_bound) settings_.on_bound(bound);
}

void http_service::drain() noexcept {
  // Under the lock: a request is either queued before the drain, and read, or refused.
  const std::lock_guard lock(mutex_);
  is_draining_.store(true, std::memory_order_release);
}

void http_service::close() noexcept {
  const std::lock_guard lock(mutex_);
  is_draining_.store(true, std::memory_order_release);
  is_closed_ = true;
  reader_.reset();
}

void http_service::shut_down() {
  std::unique_ptr<http_server> server;
  {
    const std::lock_guard lock(mutex_);
    is_draining_.store(true, std::memory_order_release);
    is_closed_ = true;
    server = std::move(server_);
  }
  if (server) server->drain(settings_.drain_ms_max);
}

std::string http_service::bound() const {
  const std::lock_guard lock(mutex_);
  return bound_;
}

void http_service::on_request(server_request request, std::shared_ptr<response_stream> to) {
  if (request.method == "GET" || request.method == "HEAD") {
    on_get(request, *to);
    return;
  }
  caller who;
  if (const auto problem = authorize(request, who)) {
    to->fail(*problem);
  } else {
    on_call(request, who, to);
  }
}

void http_service::on_get(const server_request& request, response_stream& to) {
  const auto text = [&](int status, std::string_view body) {
    to.send(status, {{"Content-Type", "text/plain; charset=utf-8"}}, body);
  };
  if (request.path == "/healthz") return text(200, "ok\n");
  if (request.path == "/readyz") return is_draining() ? text(503, "draining\n") : text(200, "ready\n");
  caller who;
  if (const auto problem = authorize(request, who)) {
    to.fail(*problem);
  } else if (request.path == "/metrics") {
    std::string all = settings_.metrics ? settings_.metrics() : std::string();
    const std::lock_guard lock(mutex_);
    if (server_) {
      const std::array ours{named_counters{settings_.name, server_->counters()}};
      all += prometheus_text(ours);
    }
    to.send(200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, all);
  } else if (!on_page(request, to)) {
    to.fail(refusal(404, "not_found", "there is nothing at " + request.path));
  }
}

bool http_service::on_page(const server_request& request, response_stream& to) {
  static_cast<void>(request);
  static_cast<void>(to);
  return false;
}

std::optional<http_problem> http_service::authorize(const server_request& request, caller& who) const {
  if (!settings_.allowed || settings_.allowed->empty()) {
    who.tenant = everybody;
    return std::nullopt;
  }
  if (const caller* known = settings_.allowed->find(request.header("Authorization"))) {
    who = *known;
    return std::nullopt;
  }
  return refusal(401, "invalid_api_key", "the header Authorization presents no token that is known here");
}

std::string http_service::next_id() {
  return "req-" + instance_ + "-" + hexadecimal(next_request_.fetch_add(1));
}

void http_service::wake_reader() {
  std::shared_ptr<waker> reader;
  {
    const std::lock_guard lock(mutex_);
    reader = reader_;
  }
  if (reader) reader->wake();
}

std::optional<http_problem> http_service::admit(const caller& who, nanoseconds now) {
  if (is_draining() || is_closed_) return refusal(503, "draining", "the service is going down", drain_retry_s);
  if (const auto no = rates_.admit(who, now)) {
    return refusal(429, "rate_limit_exceeded",
                   "the limit " + std::string(to_string(no->reached)) + " of '" + who.tenant + "' is reached",
                   no->retry_after_s);
  }
  return std::nullopt;
}

void http_service::end_of(const std::string& tenant, std::uint64_t tokens) {
  rates_.on_end(tenant, tokens, time_->now());
}

trace_context http_service::begin_trace(const server_request& request, request_record& record) {
  trace_context trace;
  if (const auto theirs = parse_traceparent(request.header("traceparent"))) trace = *theirs;
  std::shared_ptr<span_recorder> spans;
  {
    const std::lock_guard lock(mutex_);
    spans = spans_;
  }
  record.caller_span = trace.parent_span;
  if (spans) {
    if (!trace.is_set()) {
      trace.trace_high = spans->next_id();
      trace.trace_low = spans->next_id();
      trace.flags = 1;
    }
    trace.parent_span = spans->next_id();
  }
  record.trace = trace;
  return trace;
}

void http_service::log_end(const request_record& request, int status, std::uint64_t tokens) {
  const nanoseconds took = time_->now() - request.received;
  record_span(request, status, took);
  if (!settings_.log) return;
  const double took_ms = static_cast<double>(took) / 1e6;
  settings_.log->write(log_level::info, "request", {},
                       {{"id", std::string_view(request.id)},
                        {"tenant", std::string_view(request.tenant)},
                        {"status", static_cast<std::uint64_t>(status)},
                        {"latency_ms", took_ms},
                        {"tokens", tokens}});
}

void http_service::record_span(const request_record& request, int status, nanoseconds took) {
  std::shared_ptr<span_recorder> spans;
  {
    const std::lock_guard lock(mutex_);
    spans = spans_;
  }
  if (!spans || !request.trace.is_set()) return;
  span its;
  its.trace_high = request.trace.trace_high;
  its.trace_low = request.trace.trace_low;
  its.id = request.trace.parent_span;
  its.parent = request.caller_span;
  its.name = settings_.name + " request";
  its.kind = span_kind::server;
  its.begun_ms = time_->wall_ms() - took / 1'000'000;
  its.took = took;
  its.attributes = {{"http.response.status_code", static_cast<std::int64_t>(status)},
                    {"sage.request.id", request.id}};
  if (status >= 500) its.problem = "status " + std::to_string(status);
  spans->record(std::move(its));
}

}  // namespace sage::serving
