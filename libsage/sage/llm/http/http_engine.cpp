#include "sage/llm/http/http_engine.hpp"

#if SAGE_HAS_CURL
#include <algorithm>
#include <csignal>
#include <optional>

#include <curl/curl.h>

#include "sage/base/assert.hpp"
#include "sage/base/error.hpp"

namespace sage::llm {

namespace {

constexpr nanoseconds ns_per_ms = 1'000'000;

/// libcurl's process-wide part, for as long as the process lives: others may use it too.
void start_libcurl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) {
    throw error(errc::internal, std::string("libcurl doesn't start: ") + curl_easy_strerror(started));
  }
}

/// Threads started while this lives get no signals: they belong to the threads of the program.
class signals_blocked {
 public:
  signals_blocked() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~signals_blocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  signals_blocked(const signals_blocked&) = delete;
  signals_blocked& operator=(const signals_blocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

struct http_engine::multi {
  explicit multi(http_engine& engine) : owner(engine), handle(curl_multi_init()) {
    SAGE_ASSERT(handle != nullptr);
    const http_client_options& options = engine.options_;
    curl_multi_setopt(handle, CURLMOPT_SOCKETFUNCTION, &multi::on_socket);
    curl_multi_setopt(handle, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(handle, CURLMOPT_TIMERFUNCTION, &multi::on_timer);
    curl_multi_setopt(handle, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(handle, CURLMOPT_MAXCONNECTS, static_cast<long>(options.idle_connections_max));
    curl_multi_setopt(handle, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options.connections_max));
    curl_multi_setopt(handle, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options.connections_per_host_max));
    // One request per connection at a time, see http_client.
    curl_multi_setopt(handle, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }
  ~multi() { curl_multi_cleanup(handle); }
  multi(const multi&) = delete;
  multi& operator=(const multi&) = delete;

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    const bool none = what == CURL_POLL_REMOVE;
    static_cast<multi*>(self)->owner.poll_.watch(socket, !none && (what & CURL_POLL_IN) != 0,
                                                 !none && (what & CURL_POLL_OUT) != 0);
    return 0;
  }
  static int on_timer(CURLM*, long timeout_ms, void* self) {
    auto& me = *static_cast<multi*>(self);
    if (timeout_ms < 0) {
      me.timer_at.reset();
    } else {
      me.timer_at = me.owner.time().now() + timeout_ms * ns_per_ms;
    }
    return 0;
  }

  http_engine& owner;
  CURLM* handle;
  std::optional<nanoseconds> timer_at;
};

http_engine::http_engine(http_client_options options) : options_(std::move(options)) {
  start_libcurl();
  multi_ = std::make_unique<multi>(*this);
}

http_engine::~http_engine() = default;

std::shared_ptr<http_engine> http_engine::make(http_client_options options) {
  std::shared_ptr<http_engine> engine(new http_engine(std::move(options)));
  const signals_blocked blocked;
  engine->thread_ = std::thread([engine] { engine->run(); });
  return engine;
}

void http_engine::push(command wish) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = commands_.empty();
    commands_.push_back(std::move(wish));
  }
  if (first) poll_.wake();
}

std::uint64_t http_engine::start(http_request request, std::shared_ptr<http_listener> listener) {
  const std::uint64_t id = next_id_.fetch_add(1, std::memory_order_relaxed);
  const bool room = outstanding_.fetch_add(1, std::memory_order_relaxed) < options_.outstanding_max;
  if (!room) request.body = std::string();  // it only waits for its refusal
  push({room ? command::kind::start : command::kind::refuse, id,
        std::make_unique<transfer>(id, std::move(request), std::move(listener))});
  return id;
}

void http_engine::cancel(std::uint64_t id) {
  push({command::kind::cancel, id, nullptr});
}

void http_engine::resume(std::uint64_t id) {
  push({command::kind::resume, id, nullptr});
}

void http_engine::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  poll_.wake();
  if (thread_.get_id() == std::this_thread::get_id()) {
    thread_.detach();  // it owns a share of the engine and ends by itself
  } else if (thread_.joinable()) {
    thread_.join();
  }
}

void http_engine::run() {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
    }
    obey_commands();
    end_overdue();
    drive();
  }
  // Listeners may start more while they hear of the end: those are told the same.
  for (;;) {
    obey_commands();
    if (transfers_.empty()) {
      const std::lock_guard lock(mutex_);
      if (commands_.empty()) return;
      continue;
    }
    const transfer& one = *transfers_.begin()->second;
    end(one.id(), one.outcome(http_failure::cancelled, "the client was closed"));
  }
}

void http_engine::obey_commands() {
  {
    const std::lock_guard lock(mutex_);
    taken_.swap(commands_);
  }
  for (command& each : taken_) {
    if (each.what == command::kind::start) {
      on_start(std::move(each.request));
      continue;
    }
    if (each.what == command::kind::refuse) {
      const std::string limit = std::to_string(options_.outstanding_max);
      outstanding_.fetch_sub(1, std::memory_order_relaxed);
      each.request->listener().on_done(
          each.request->outcome(http_failure::refused, "more than " + limit + " requests at once"));
      continue;
    }
    const auto found = transfers_.find(each.id);
    if (found == transfers_.end()) continue;  // it is over
    if (each.what == command::kind::cancel) {
      end(each.id, found->second->outcome(http_failure::cancelled, "cancelled"));
    } else if (found->second->is_paused()) {
      on_resume(*found->second);
    }
  }
  taken_.clear();
}

void http_engine::on_start(std::unique_ptr<transfer> request) {
  transfer& begun = *transfers_.emplace(request->id(), std::move(request)).first->second;
  if (const auto refused = begun.prepare(options_)) {
    end(begun.id(), *refused);
    return;
  }
  const CURLMcode added = curl_multi_add_handle(multi_->handle, begun.handle());
  if (added != CURLM_OK) {
    end(begun.id(), begun.outcome(http_failure::other, curl_multi_strerror(added)));
    return;
  }
  watch_time(begun);
}

void http_engine::on_resume(transfer& paused) {
  body_verdict verdict;
  if (paused.resume(verdict)) {
    if (const auto code = paused.ended_with()) {
      end(paused.id(), paused.outcome_of(*code));
    } else {
      watch_time(paused);
    }
  } else if (verdict == body_verdict::stop) {
    end(paused.id(), paused.outcome(http_failure::cancelled, "stopped by whoever reads the answer"));
  }
}

/// Waits for something to do and lets libcurl do it.
void http_engine::drive() {
  int running = 0;
  for (const ready_socket& each : poll_.wait(wait_ms())) {
    const int events = (each.readable ? CURL_CSELECT_IN : 0) | (each.writable ? CURL_CSELECT_OUT : 0) |
                       (each.broken ? CURL_CSELECT_ERR : 0);
    curl_multi_socket_action(multi_->handle, each.descriptor, events, &running);
  }
  if (multi_->timer_at && *multi_->timer_at <= time().now()) {
    multi_->timer_at.reset();
    curl_multi_socket_action(multi_->handle, CURL_SOCKET_TIMEOUT, 0, &running);
  }
  collect_ended();
}

int http_engine::wait_ms() const {
  std::optional<nanoseconds> next = multi_->timer_at;
  if (!deadlines_.empty() && (!next || deadlines_.begin()->first < *next)) next = deadlines_.begin()->first;
  if (!next) return -1;
  constexpr nanoseconds wait_ms_max = 60'000;
  const nanoseconds left = *next - time().now();
  // Rounded up: a wait that ends too early would be made again and again.
  return left <= 0 ? 0 : static_cast<int>(std::min((left + ns_per_ms - 1) / ns_per_ms, wait_ms_max));
}

void http_engine::collect_ended() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_->handle, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    transfer* ended = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &ended);
    const CURLcode code = message->data.result;
    if (code == CURLE_OK && ended->is_paused()) {
      ended->set_ended(code);  // the listener has the rest to work off first
    } else {
      end(ended->id(), ended->outcome_of(code));
    }
  }
}

void http_engine::watch_time(transfer& one) {
  if (one.watched_at()) deadlines_.erase({*one.watched_at(), one.id()});
  one.set_watched_at(one.check_at());
  if (one.watched_at()) deadlines_.emplace(*one.watched_at(), one.id());
}

void http_engine::end_overdue() {
  while (!deadlines_.empty() && deadlines_.begin()->first <= time().now()) {
    transfer& due = *transfers_.at(deadlines_.begin()->second);
    const auto at = due.overdue_at();
    if (at && *at <= time().now()) {
      end(due.id(), due.overdue());
    } else {
      watch_time(due);
    }
  }
}

/// Takes the transfer out, which closes its connection unless the answer is whole, and tells the listener.
void http_engine::end(std::uint64_t id, const http_outcome& outcome) {
  const auto found = transfers_.find(id);
  SAGE_ASSERT(found != transfers_.end());
  const http_outcome kept = outcome;
  const std::unique_ptr<transfer> ended = std::move(found->second);
  transfers_.erase(found);
  if (ended->watched_at()) deadlines_.erase({*ended->watched_at(), id});
  if (ended->handle()) {
    // Of an answer that isn't whole the connection is of no use; of HTTP/2 libcurl would keep it, and the server
    // would go on.
    if (outcome.failure != http_failure::none) curl_easy_setopt(ended->handle(), CURLOPT_FORBID_REUSE, 1L);
    curl_multi_remove_handle(multi_->handle, ended->handle());
  }
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
  ended->listener().on_done(kept);
}

}  // namespace sage::llm
#endif
