#include "sage/serving/operations_server.hpp"

#include <utility>

#include "sage/serving/server_metrics.hpp"

namespace sage::serving {

namespace {

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view json = "application/json";
constexpr std::string_view prometheus = "text/plain; version=0.0.4; charset=utf-8";
constexpr std::string_view index =
    "/healthz    whether the program lives\n"
    "/readyz     whether it takes work\n"
    "/metrics    for Prometheus\n"
    "/v1/plan    the plan of the job, as JSON\n"
    "/v1/ledger  the books of the job, as JSON\n";

// For people and their tools, never for crowds.
server_options options_of(const address& listen, bool insecure) {
  server_options options;
  options.listen = listen;
  options.exposed.insecure = insecure;
  options.limits.connections_max = 64;
  options.limits.connections_per_address_max = 32;
  options.limits.refusals_max = 8;
  options.limits.body_bytes_max = 1024;
  return options;
}

void say(response_stream& to, int status, std::string_view type, std::string_view body) {
  to.send(status, {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}}, body);
}

void refuse(response_stream& to, int status, std::string message) {
  http_problem problem;
  problem.status = status;
  problem.message = std::move(message);
  to.fail(problem);
}

}  // namespace

class operations_server::pages final : public request_acceptor {
 public:
  explicit pages(operations_view view) : view_(std::move(view)) {}

  // Before the first request, and with null after the last.
  void serve(const http_server* server) { server_ = server; }

  void on_request(server_request request, std::shared_ptr<response_stream> to) override {
    if (request.method != "GET" && request.method != "HEAD") {
      to->send(405, {{"Allow", "GET, HEAD"}, {"Content-Type", std::string(plain_text)}}, "only GET and HEAD\n");
    } else if (request.path == "/") {
      say(*to, 200, plain_text, index);
    } else if (request.path == "/healthz") {
      say(*to, 200, plain_text, "ok\n");
    } else if (request.path == "/readyz") {
      const bool is_ready = view_.is_ready && view_.is_ready();
      say(*to, is_ready ? 200 : 503, plain_text, is_ready ? "ready\n" : "not ready\n");
    } else if (request.path == "/metrics") {
      const named_counters own{"operations", server_->counters()};
      say(*to, 200, prometheus, (view_.metrics ? view_.metrics() : std::string()) + prometheus_text({&own, 1}));
    } else if (request.path == "/v1/plan") {
      show(*to, view_.plan);
    } else if (request.path == "/v1/ledger") {
      show(*to, view_.ledger);
    } else {
      refuse(*to, 404, "there is nothing at this path; / lists what there is");
    }
  }

 private:
  static void show(response_stream& to, const std::function<std::string()>& of) {
    const std::string text = of ? of() : std::string();
    if (text.empty()) {
      refuse(to, 404, "there is no job yet");
    } else {
      say(to, 200, json, text);
    }
  }

  operations_view view_;
  const http_server* server_ = nullptr;
};

operations_server::operations_server(const address& listen, bool insecure, operations_view view)
    : pages_(std::make_shared<pages>(std::move(view))),
      server_(std::make_unique<http_server>(options_of(listen, insecure), pages_)) {
  pages_->serve(server_.get());
  server_->start();
}

operations_server::~operations_server() = default;

const address& operations_server::bound() const noexcept {
  return server_->bound();
}

}  // namespace sage::serving
