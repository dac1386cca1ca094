#include "sage/serving/chat/chat_service.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "sage/base/error.hpp"
#include "sage/observability/log.hpp"
#include "sage/serving/chat/completion_reply.hpp"
#include "sage/serving/server_metrics.hpp"

namespace sage::serving {

namespace {

constexpr std::string_view everybody = "local";  // the tenant of callers that need not say who they are
constexpr std::uint32_t busy_retry_s = 1;
constexpr std::uint32_t drain_retry_s = 5;

http_problem refusal(int status, std::string code, std::string message, std::uint32_t retry_after_s = 0) {
  http_problem problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.message = std::move(message);
  problem.retry_after_s = retry_after_s;
  return problem;
}

std::string conversation_key(const std::string& tenant, const std::string& conversation) {
  return tenant + '\n' + conversation;
}

std::string hexadecimal(std::uint64_t number) {
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) {
    const auto digit = (number >> shift) & 0xf;
    if (digit != 0 || !text.empty()) text += "0123456789abcdef"[digit];
  }
  return text.empty() ? "0" : text;
}

}  // namespace

// The server owns its acceptor and we own the server: this end of the circle doesn't hold on.
class chat_service::door final : public request_acceptor {
 public:
  explicit door(std::weak_ptr<chat_service> service) noexcept : service_(std::move(service)) {}
  void on_request(server_request request, std::shared_ptr<response_stream> to) override {
    if (const auto service = service_.lock()) {
      service->on_request(std::move(request), std::move(to));
    } else {
      to->fail(refusal(503, "service_ended", "the service has ended"));
    }
  }

 private:
  std::weak_ptr<chat_service> service_;
};

chat_service::chat_service(chat_server_options options) : options_(std::move(options)) {
  if (options_.models.empty()) {
    throw error(errc::invalid_argument, "a chat server without models", "chat_server",
                "name at least one in `models`");
  }
}

void chat_service::open(context& self) {
  const result<address> listen = parse_address(options_.listen);
  if (!listen) throw listen.error();
  time_ = &self.time();
  instance_ = hexadecimal(static_cast<std::uint64_t>(time_->wall_ms()));
  server_options how;
  how.listen = *listen;
  how.exposed.callers_known = options_.allowed && !options_.allowed->empty();
  how.exposed.insecure = options_.insecure;
  how.hosts = options_.hosts;
  how.tls = options_.tls;
  how.limits = options_.limits;
  how.on_trouble = [log = options_.log](const std::string& trouble) {
    if (log) log->write(log_level::warn, trouble);
  };
  auto server = std::make_unique<http_server>(std::move(how), std::make_shared<door>(weak_from_this()));
  {
    const std::lock_guard lock(mutex_);
    reader_ = self.engine();
    is_closed_ = false;
  }
  server->start();
  const address bound = server->bound();
  {
    const std::lock_guard lock(mutex_);
    server_ = std::move(server);
    bound_ = bound.to_string();
  }
  if (options_.on_bound) options_.on_bound(bound);
}

read_status chat_service::read(batch<completion_call>& into, std::size_t records_max) {
  std::deque<waiting_call> gone;  // let go of outside the lock: their ends come back to us
  const std::lock_guard lock(mutex_);
  while (into.size() < records_max && !queue_.empty()) {
    waiting_call next = std::move(queue_.front());
    queue_.pop_front();
    if (next.item->is_stopped()) {
      next.item->note_end(item_end_reason::gone, "chat_server", std::string(to_string(next.item->why_stopped())));
      gone.push_back(std::move(next));
      continue;
    }
    into.emplace_back(std::move(next.call));
    into.add_items()[into.size() - 1] = std::move(next.item);
  }
  if (!queue_.empty()) return read_status::more;
  return is_draining_.load(std::memory_order_acquire) ? read_status::end_of_split : read_status::idle;
}

void chat_service::drain() noexcept {
  // Under the lock: a request is either queued before the drain, and read, or refused.
  const std::lock_guard lock(mutex_);
  is_draining_.store(true, std::memory_order_release);
}

void chat_service::close() noexcept {
  std::deque<waiting_call> left;
  const std::lock_guard lock(mutex_);
  is_draining_.store(true, std::memory_order_release);
  is_closed_ = true;
  reader_.reset();
  left.swap(queue_);
}

void chat_service::shut_down() {
  std::unique_ptr<http_server> server;
  {
    const std::lock_guard lock(mutex_);
    is_draining_.store(true, std::memory_order_release);
    is_closed_ = true;
    server = std::move(server_);
  }
  if (server) server->drain(options_.drain_ms_max);
}

std::string chat_service::bound() const {
  const std::lock_guard lock(mutex_);
  return bound_;
}

void chat_service::on_request(server_request request, std::shared_ptr<response_stream> to) {
  if (request.method == "GET" || request.method == "HEAD") {
    on_get(request, *to);
  } else if (request.path != "/v1/chat/completions") {
    to->fail(refusal(404, "not_found", "there is nothing at " + request.path + "; try /v1/chat/completions"));
  } else if (request.method != "POST") {
    to->fail(refusal(405, "method_not_allowed", "/v1/chat/completions takes POST"));
  } else {
    on_completion(request, to);
  }
}

void chat_service::on_get(const server_request& request, response_stream& to) {
  const auto text = [&](int status, std::string_view body) {
    to.send(status, {{"Content-Type", "text/plain; charset=utf-8"}}, body);
  };
  const bool is_draining = is_draining_.load(std::memory_order_acquire);
  if (request.path == "/healthz") return text(200, "ok\n");
  if (request.path == "/readyz") return is_draining ? text(503, "draining\n") : text(200, "ready\n");
  caller who;
  if (const auto problem = authorize(request, who)) {
    to.fail(*problem);
    return;
  }
  const http_headers json{{"Content-Type", "application/json"}};
  std::vector<listed_model> models;
  for (const std::string& id : options_.models) models.push_back({id, 0, "sage"});
  if (request.path == "/v1/models") {
    to.send(200, json, render_models(models));
  } else if (request.path.starts_with("/v1/models/")) {
    const auto found = std::find_if(models.begin(), models.end(), [&](const listed_model& one) {
      return request.path.substr(std::string_view("/v1/models/").size()) == one.id;
    });
    if (found != models.end()) {
      to.send(200, json, render_model(*found));
    } else {
      to.fail(refusal(404, "model_not_found", "there is no such model; /v1/models lists them"));
    }
  } else if (request.path == "/metrics") {
    std::string all = options_.metrics ? options_.metrics() : std::string();
    {
      const std::lock_guard lock(mutex_);
      if (server_) {
        const std::array ours{named_counters{"chat", server_->counters()}};
        all += prometheus_text(ours);
      }
    }
    to.send(200, {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}}, all);
  } else {
    to.fail(refusal(404, "not_found", "there is nothing at " + request.path));
  }
}

std::optional<http_problem> chat_service::authorize(const server_request& request, caller& who) {
  if (!options_.allowed || options_.allowed->empty()) {
    who.tenant = everybody;
    return std::nullopt;
  }
  if (const caller* known = options_.allowed->find(request.header("Authorization"))) {
    who = *known;
    return std::nullopt;
  }
  return refusal(401, "invalid_api_key", "the header Authorization presents no token that is known here");
}

std::optional<http_problem> chat_service::check_model(const std::string& model) const {
  if (model.empty() || std::find(options_.models.begin(), options_.models.end(), model) != options_.models.end()) {
    return std::nullopt;
  }
  http_problem problem =
      refusal(404, "model_not_found", "there is no model '" + model + "'; /v1/models lists those that are");
  problem.param = "model";
  return problem;
}

// Decides whether a request comes in, and counts it when it does. Under the lock.
std::optional<http_problem> chat_service::admit(const completion_request& wanted, const caller& who,
                                                nanoseconds now) {
  if (is_draining_.load(std::memory_order_acquire) || is_closed_) {
    return refusal(503, "draining", "the service is going down", drain_retry_s);
  }
  if (queue_.size() >= options_.requests_waiting_max) {
    return refusal(503, "overloaded", "too many requests wait", busy_retry_s);
  }
  std::size_t* of_conversation = nullptr;
  if (!wanted.conversation_id.empty()) {
    of_conversation = &conversations_[conversation_key(who.tenant, wanted.conversation_id)];
    if (*of_conversation > options_.conversation_waiting_max) {
      return refusal(429, "conversation_busy", "too many requests of this conversation wait", busy_retry_s);
    }
  }
  if (const auto wait_s = rates_.admit(who, now)) {
    if (of_conversation && *of_conversation == 0) {
      conversations_.erase(conversation_key(who.tenant, wanted.conversation_id));
    }
    return refusal(429, "rate_limit_exceeded", "the limit of requests of '" + who.tenant + "' is reached", *wait_s);
  }
  if (of_conversation) ++*of_conversation;
  return std::nullopt;
}

void chat_service::on_completion(const server_request& request, const std::shared_ptr<response_stream>& to) {
  const nanoseconds now = time_->now();
  caller who;
  if (const auto problem = authorize(request, who)) {
    to->fail(*problem);
    return;
  }
  std::variant<completion_request, http_problem> parsed = parse_completion(request);
  if (const auto* problem = std::get_if<http_problem>(&parsed)) {
    to->fail(*problem);
    return;
  }
  completion_request& wanted = std::get<completion_request>(parsed);
  if (const auto problem = check_model(wanted.chat.model)) {
    to->fail(*problem);
    return;
  }
  if (wanted.chat.model.empty()) wanted.chat.model = options_.models.front();

  request_record record{"req-" + instance_ + "-" + hexadecimal(next_request_.fetch_add(1)), who.tenant,
                        wanted.conversation_id, now};
  completion_name name{"chatcmpl-" + record.id, time_->wall_ms() / 1000, wanted.chat.model};
  const auto reply = std::make_shared<completion_reply>(weak_from_this(), record, to, wanted, std::move(name));

  item_settings settings;
  settings.request_id = record.id;
  settings.tenant = who.tenant;
  settings.conversation = wanted.conversation_id;
  if (const auto trace = parse_traceparent(request.header("traceparent"))) settings.trace = *trace;
  if (options_.request_deadline.count() > 0) settings.deadline = now + options_.request_deadline.count() * 1'000'000;
  settings.keep_when_gone = wanted.detached;
  settings.reply = reply;

  completion_call call;
  call.id = record.id;
  call.remembers = !wanted.conversation_id.empty();
  call.conversation = call.remembers ? wanted.conversation_id : record.id;
  call.tenant = who.tenant;
  call.messages = new_messages(wanted);
  for (const chat_message& message : wanted.chat.messages) {
    if (message.role == chat_role::user) call.text = message.text;
  }
  call.stream = wanted.stream;
  call.chat = std::move(wanted.chat);

  std::optional<http_problem> problem;
  std::shared_ptr<waker> reader;
  {
    const std::lock_guard lock(mutex_);
    problem = admit(wanted, who, now);
    if (!problem) {
      ref<item_scope> item = item_scope::make(std::move(settings));
      reply->attach(*item);
      queue_.push_back({std::move(call), std::move(item)});
      reader = reader_;
    }
  }
  if (problem) {
    to->fail(*problem);
    log_end(record, problem->status, {});
    return;
  }
  to->set_on_gone([reply = std::weak_ptr(reply)] {
    if (const auto its = reply.lock()) its->on_gone();
  });
  if (reader) reader->wake();
}

void chat_service::on_end(const request_record& request, int status, const chat_usage& usage) {
  {
    const std::lock_guard lock(mutex_);
    rates_.on_end(request.tenant);
    if (!request.conversation.empty()) {
      const auto found = conversations_.find(conversation_key(request.tenant, request.conversation));
      if (found != conversations_.end() && --found->second == 0) conversations_.erase(found);
    }
  }
  log_end(request, status, usage);
}

void chat_service::log_end(const request_record& request, int status, const chat_usage& usage) {
  if (!options_.log) return;
  const double took_ms = static_cast<double>(time_->now() - request.received) / 1e6;
  options_.log->write(log_level::info, "request", {},
                      {{"id", std::string_view(request.id)},
                       {"tenant", std::string_view(request.tenant)},
                       {"status", static_cast<std::uint64_t>(status)},
                       {"latency_ms", took_ms},
                       {"tokens", usage.tokens()}});
}

}  // namespace sage::serving
