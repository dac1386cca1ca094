#include "sage/serving/chat/chat_service.hpp"

#include <algorithm>
#include <utility>

#include "sage/agents/journal/effect_journal.hpp"
#include "sage/base/error.hpp"
#include "sage/llm/chat_model.hpp"
#include "sage/serving/chat/completion_reply.hpp"
#include "sage/serving/chat/embedding_calls.hpp"

namespace sage::serving {

namespace {

constexpr std::uint32_t busy_retry_s = 1;
constexpr std::size_t repeat_key_bytes_max = 255;

service_settings settings_of(const chat_server_options& options) {
  return {"chat",        options.listen,  options.allowed,      options.insecure,
          options.hosts, options.tls,     options.drain_ms_max, options.limits,
          options.log,   options.metrics, options.on_bound};
}

// What a client calls a request that it may send again, by the IETF's draft "The Idempotency-Key HTTP Header Field".
std::string_view repeat_key(const server_request& request) {
  return request.header("Idempotency-Key");
}

std::optional<http_problem> check_repeat_key(const server_request& request) {
  const std::string_view key = repeat_key(request);
  const bool is_good = std::all_of(key.begin(), key.end(), [](char c) { return c >= ' ' && c <= '~'; });
  if (is_good && key.size() <= repeat_key_bytes_max) return std::nullopt;
  return refusal(400, "invalid_idempotency_key",
                 "Idempotency-Key has at most " + std::to_string(repeat_key_bytes_max) + " characters of ASCII");
}

http_problem no_such_model(const std::string& model) {
  http_problem problem = refusal(404, "model_not_found",
                                 "there is no model '" + model + "' to do this; /v1/models lists those that are");
  problem.param = "model";
  return problem;
}

}  // namespace

chat_service::chat_service(chat_server_options options)
    : http_service(settings_of(options)), options_(std::move(options)) {
  if (options_.models.empty()) {
    throw error(errc::invalid_argument, "a chat server without models", "chat_server",
                "name at least one in `models`");
  }
}

void chat_service::open(context& self) {
  if (options_.embeddings) {
    auto calls = std::make_shared<embedding_calls>(options_.embeddings, self);
    const std::lock_guard lock(mutex());
    embeddings_.swap(calls);
  }
  http_service::open(self);
}

std::shared_ptr<embedding_calls> chat_service::embeddings() const {
  const std::lock_guard lock(mutex());
  return embeddings_;
}

read_status chat_service::read(batch<completion_call>& into, std::size_t records_max) {
  request_queue<completion_call>::left_over gone;
  const std::lock_guard lock(mutex());
  queue_.read(into, records_max, "chat_server", gone);
  if (queue_.size() > 0) return read_status::more;
  return is_draining() && held_back_ == 0 && embeddings_running_ == 0 ? read_status::end_of_split : read_status::idle;
}

void chat_service::close() noexcept {
  http_service::close();
  if (const auto calls = embeddings()) calls->close();
  request_queue<completion_call>::left_over left;
  std::unordered_map<std::string, conversation> held_back;  // let go of outside the lock, like those left over
  const std::lock_guard lock(mutex());
  queue_.clear(left);
  held_back.swap(conversations_);
  held_back_ = 0;
}

void chat_service::shut_down() {
  http_service::shut_down();
  if (const auto calls = embeddings()) {
    calls->close();
    calls->join();
  }
}

std::vector<listed_model> chat_service::models() const {
  std::vector<listed_model> all;
  for (const std::string& id : options_.models) all.push_back({id, 0, "sage"});
  if (options_.embeddings) all.push_back({std::string(options_.embeddings->name()), 0, "sage"});
  return all;
}

bool chat_service::on_page(const server_request& request, response_stream& to) {
  constexpr std::string_view below = "/v1/models/";
  const http_headers json{{"Content-Type", "application/json"}};
  const std::vector<listed_model> all = models();
  if (request.path == "/v1/models") return to.send(200, json, render_models(all));
  if (!request.path.starts_with(below)) return false;
  const auto found = std::find_if(
      all.begin(), all.end(), [&](const listed_model& one) { return request.path.substr(below.size()) == one.id; });
  if (found != all.end()) return to.send(200, json, render_model(*found));
  return to.fail(refusal(404, "model_not_found", "there is no such model; /v1/models lists them"));
}

std::optional<http_problem> chat_service::check_model(const std::string& model) const {
  if (std::find(options_.models.begin(), options_.models.end(), model) != options_.models.end()) {
    return std::nullopt;
  }
  return no_such_model(model);
}

// Decides whether a request comes in, and counts it when it does. Under the lock.
std::optional<http_problem> chat_service::admit_call(const std::string& conversation, const caller& who,
                                                     nanoseconds now) {
  if (queue_.size() + held_back_ >= options_.requests_waiting_max) {
    return refusal(503, "overloaded", "too many requests wait", busy_retry_s);
  }
  if (!conversation.empty()) {
    const auto found = conversations_.find(conversation);
    if (found != conversations_.end() && found->second.waiting.size() >= options_.conversation_waiting_max) {
      return refusal(429, "conversation_busy", "too many requests of this conversation wait", busy_retry_s);
    }
  }
  return admit(who, now);
}

void chat_service::on_call(const server_request& request, const caller& who,
                           const std::shared_ptr<response_stream>& to) {
  const bool is_completion = request.path == "/v1/chat/completions";
  const bool is_embeddings = request.path == "/v1/embeddings";
  if (!is_completion && !is_embeddings) {
    to->fail(refusal(404, "not_found", "there is nothing at " + request.path + "; try /v1/chat/completions"));
  } else if (is_embeddings && !options_.embeddings) {
    to->fail(refusal(404, "not_found", "this service has no embedding model"));
  } else if (request.method != "POST") {
    to->fail(refusal(405, "method_not_allowed", request.path + " takes POST"));
  } else if (is_embeddings) {
    on_embeddings(request, who, to);
  } else {
    on_completion(request, who, to);
  }
}

item_settings chat_service::settings_for(const request_record& record, std::shared_ptr<reply_port> reply) const {
  item_settings settings;
  settings.request_id = record.id;
  settings.tenant = record.tenant;
  settings.conversation = record.conversation;
  settings.trace = record.trace;
  const std::int64_t deadline_ms = options_.request_deadline.count();
  if (deadline_ms > 0) settings.deadline = record.received + deadline_ms * 1'000'000;
  settings.reply = std::move(reply);
  return settings;
}

void chat_service::on_embeddings(const server_request& request, const caller& who,
                                 const std::shared_ptr<response_stream>& to) {
  std::variant<embeddings_request, http_problem> parsed = parse_embeddings(request);
  if (const auto* problem = std::get_if<http_problem>(&parsed)) {
    to->fail(*problem);
    return;
  }
  embeddings_request& wanted = std::get<embeddings_request>(parsed);
  if (wanted.model != options_.embeddings->name()) {
    to->fail(no_such_model(wanted.model));
    return;
  }
  const nanoseconds now = time().now();
  request_record record{next_id(), who.tenant, {}, now, {}, 0};
  begin_trace(request, record);
  const auto self = std::static_pointer_cast<chat_service>(shared_from_this());
  const auto reply = std::make_shared<embeddings_reply>(self, record, to, std::move(wanted));

  std::optional<http_problem> problem;
  std::shared_ptr<embedding_calls> calls;
  {
    const std::lock_guard lock(mutex());
    if (embeddings_running_ >= options_.embeddings_running_max) {
      problem = refusal(503, "overloaded", "too many requests for embeddings are under way", busy_retry_s);
    } else {
      problem = admit(who, now);
    }
    if (!problem) {
      ++embeddings_running_;
      calls = embeddings_;
    }
  }
  if (problem) {
    to->fail(*problem);
    log_end(record, problem->status, 0);
    return;
  }
  ref<item_scope> item = item_scope::make(settings_for(record, reply));
  reply->attach(*item);
  to->set_on_gone([reply = std::weak_ptr(reply)] {
    if (const auto its = reply.lock()) its->on_gone();
  });
  calls->start(reply, std::move(item));
}

void chat_service::on_embeddings_end(const request_record& request, int status, std::uint64_t tokens) {
  bool is_last = false;
  {
    const std::lock_guard lock(mutex());
    end_of(request.tenant, tokens);
    is_last = --embeddings_running_ == 0 && is_draining();
  }
  if (is_last) wake_reader();  // it waits for this to end
  log_end(request, status, tokens);
}

void chat_service::on_completion(const server_request& request, const caller& who,
                                 const std::shared_ptr<response_stream>& to) {
  const nanoseconds now = time().now();
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

  if (const auto problem = check_repeat_key(request)) {
    to->fail(*problem);
    return;
  }

  // Of two tenants with the same id neither may read the other's memory, nor spend its budget.
  const bool is_named = !wanted.conversation_id.empty();
  const std::string conversation = is_named ? who.tenant + "/" + wanted.conversation_id : std::string();
  // A request that may be sent again has the same name whenever it comes, so that agents know it.
  const std::string_view key = repeat_key(request);
  std::string id = key.empty() ? next_id() : agents::repeatable_request(who.tenant, key);
  request_record record{std::move(id), who.tenant, conversation, now, {}, 0};
  begin_trace(request, record);
  completion_name name{"chatcmpl-" + record.id, time().wall_ms() / 1000, wanted.chat.model};
  const auto reply = std::make_shared<completion_reply>(std::static_pointer_cast<chat_service>(shared_from_this()),
                                                        record, to, wanted, std::move(name));

  item_settings settings = settings_for(record, reply);
  settings.keep_when_gone = wanted.detached;

  completion_call call;
  call.id = record.id;
  call.remembers = is_named;
  call.conversation = is_named ? conversation : record.id;
  call.tenant = who.tenant;
  call.messages = new_messages(wanted);
  for (const chat_message& message : wanted.chat.messages) {
    if (message.role == chat_role::user) call.text = message.text;
  }
  call.stream = wanted.stream;
  call.chat = std::move(wanted.chat);

  std::optional<http_problem> problem;
  {
    const std::lock_guard lock(mutex());
    problem = admit_call(conversation, who, now);
    if (!problem) {
      ref<item_scope> item = item_scope::make(std::move(settings));
      reply->attach(*item);
      const auto [its, is_first] =
          is_named ? conversations_.try_emplace(conversation) : std::pair(conversations_.end(), true);
      if (is_first) {
        queue_.push(std::move(call), std::move(item));
      } else {
        its->second.waiting.push_back({std::move(call), std::move(item)});
        ++held_back_;
      }
    }
  }
  if (problem) {
    to->fail(*problem);
    log_end(record, problem->status, 0);
    return;
  }
  to->set_on_gone([reply = std::weak_ptr(reply)] {
    if (const auto its = reply.lock()) its->on_gone();
  });
  wake_reader();
}

void chat_service::on_end(const request_record& request, int status, const chat_usage& usage) {
  bool has_next = false;
  {
    const std::lock_guard lock(mutex());
    end_of(request.tenant, usage.tokens());
    if (!request.conversation.empty()) {
      const auto found = conversations_.find(request.conversation);
      if (found != conversations_.end()) {
        auto& waiting = found->second.waiting;
        has_next = !waiting.empty();
        if (has_next) {
          queue_.push(std::move(waiting.front().call), std::move(waiting.front().item));
          waiting.pop_front();
          --held_back_;
        } else {
          conversations_.erase(found);
        }
      }
    }
  }
  if (has_next) wake_reader();
  log_end(request, status, usage.tokens());
}

}  // namespace sage::serving
