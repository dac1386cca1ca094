#include "sage/serving/json/json_service.hpp"

#include <utility>

#include "sage/serving/item_problem.hpp"

namespace sage::serving {

namespace {

constexpr std::uint32_t busy_retry_s = 1;
constexpr int client_gone = 499;  // for logs

service_settings settings_of(const json_server_options& options) {
  service_settings its;
  its.name = "json";
  its.listen = options.listen;
  its.allowed = options.allowed;
  its.insecure = options.insecure;
  its.hosts = options.hosts;
  its.tls = options.tls;
  its.drain_ms_max = options.drain_ms_max;
  its.limits = options.limits;
  its.log = options.log;
  its.metrics = options.metrics;
  its.on_bound = options.on_bound;
  return its;
}

}  // namespace

json_service::json_service(json_server_options options, decoder decode)
    : http_service(settings_of(options)), options_(std::move(options)), decode_(std::move(decode)) {}

std::vector<request_queue<std::shared_ptr<void>>::waiting> json_service::take(std::size_t records_max,
                                                                              read_status& status) {
  request_queue<std::shared_ptr<void>>::left_over gone;
  const std::lock_guard lock(mutex());
  auto taken = queue_.take(records_max, "json_server", gone);
  status = queue_.size() > 0 ? read_status::more : is_draining() ? read_status::end_of_split : read_status::idle;
  return taken;
}

void json_service::close() noexcept {
  http_service::close();
  request_queue<std::shared_ptr<void>>::left_over left;
  const std::lock_guard lock(mutex());
  queue_.clear(left);
}

void json_service::on_call(const server_request& request, const caller& who,
                           const std::shared_ptr<response_stream>& to) {
  if (request.path != options_.path) {
    to->fail(refusal(404, "not_found", "there is nothing at " + request.path + "; try " + options_.path));
    return;
  }
  if (request.method != "POST") {
    to->fail(refusal(405, "method_not_allowed", options_.path + " takes POST"));
    return;
  }
  std::optional<http_problem> problem;
  std::shared_ptr<void> record = decode_(request, problem);
  if (problem) {
    to->fail(*problem);
    return;
  }
  const nanoseconds now = time().now();
  request_record its{next_id(), who.tenant, {}, now, {}, 0};
  const trace_context trace = begin_trace(request, its);
  const auto port = std::make_shared<json_port>(weak_from_this(), its, to);
  item_settings settings;
  settings.request_id = its.id;
  settings.tenant = who.tenant;
  settings.trace = trace;
  if (options_.request_deadline.count() > 0) settings.deadline = now + options_.request_deadline.count() * 1'000'000;
  settings.reply = port;
  {
    const std::lock_guard lock(mutex());
    if (queue_.size() >= options_.requests_waiting_max) {
      problem = refusal(503, "overloaded", "too many requests wait", busy_retry_s);
    } else if (problem = admit(who, now); !problem) {
      ref<item_scope> item = item_scope::make(std::move(settings));
      port->attach(*item);
      queue_.push(std::move(record), std::move(item));
    }
  }
  if (problem) {
    to->fail(*problem);
    log_end(its, problem->status, 0);
    return;
  }
  to->set_on_gone([port = std::weak_ptr(port)] {
    if (const auto its_port = port.lock()) its_port->on_gone();
  });
  wake_reader();
}

void json_service::on_end(const request_record& request, int status) {
  {
    const std::lock_guard lock(mutex());
    end_of(request.tenant, 0);
  }
  log_end(request, status, 0);
}

void json_port::on_json(const std::string& body) {
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  to_->send(200, {{"Content-Type", "application/json"}, {"X-Request-Id", request_.id}}, body);
  end(200);
}

void json_port::on_unanswered(const item_end& end_of_item) noexcept {
  const std::lock_guard lock(mutex_);
  if (is_over_) return;
  const http_problem problem = problem_of(end_of_item);
  to_->fail(problem);
  end(problem.status);
}

void json_port::attach(item_scope& item) noexcept {
  const std::lock_guard lock(mutex_);
  item_ = &item;
}

void json_port::on_gone() noexcept {
  const std::lock_guard lock(mutex_);
  if (!is_over_ && item_) item_->stop(stop_reason::client);
}

void json_port::end(int status) {
  is_over_ = true;
  item_ = nullptr;
  if (to_->is_gone()) status = client_gone;
  if (const auto service = service_.lock()) static_cast<json_service&>(*service).on_end(request_, status);
}

}  // namespace sage::serving
