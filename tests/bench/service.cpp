// A whole agent service, from socket to socket: chat server, agents on a scripted model, reply sink. Requests per
// second beside a bare server of Beast, 4,000 streams at once, what a token takes, what a stop takes, and what it
// costs to idle. Needs wrk for the first part.
#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/epoll.h>
#include <unistd.h>

#include "sage/agents.hpp"
#include "sage/functions/tasks/completion.hpp"
#include "sage/sage.hpp"
#include "sage/serving.hpp"
#include "tests/bench/kit/http_rivals.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using namespace sage::bench;
using sage::task;

constexpr std::size_t streams = 4000;

// Answers at once, or hands out one piece whenever the bench says so.
class puppet_model final : public sage::chat_model {
 public:
  task<sage::chat_reply> chat(const sage::chat_request& request, sage::chat_observer* observer) override {
    const counted here(running);
    const std::string& text = request.messages.back().text;
    sage::chat_reply reply;
    reply.model = "puppet";
    reply.text = "hello";
    if (text == "stream") {
      while (true) {
        sage::pending<double> next;
        keep(next.make_completion());
        const double sent = co_await next;
        if (sent < 0) break;
        sage::chat_delta piece;
        piece.text = "token";
        if (observer) observer->on_delta(piece);
      }
    }
    co_return reply;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "puppet"; }

  // The calls that wait for their next piece.
  std::vector<sage::completion<double>> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }
  [[nodiscard]] std::size_t waiting() {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  std::atomic<int> running{0};

 private:
  struct counted {
    explicit counted(std::atomic<int>& its) : number(its) { ++number; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() { --number; }
    std::atomic<int>& number;
  };
  void keep(sage::completion<double> one) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(one));
  }
  std::mutex mutex_;
  std::vector<sage::completion<double>> waiting_;
};

struct nothing {};

task<> talk(sage::agent<nothing>& self, sage::completion_call in, sage::emitter<sage::answer_part>& out) {
  sage::answer_stream answer(out);
  sage::chat_history asked;
  asked.messages = std::move(in.messages);
  auto chat = self.chat("main");
  chat.messages(std::as_const(asked));
  if (in.stream) chat.observe(answer);
  auto reply = co_await chat;
  answer.end(reply.reply);
}

struct service {
  service() : model(std::make_shared<puppet_model>()) {
    auto resources = std::make_shared<sage::agent_resources>();
    resources->model("main", model);
    std::promise<std::uint16_t> bound;
    sage::serving::chat_server_options options;
    options.listen = "127.0.0.1:0";
    options.limits.connections_per_address_max = options.limits.connections_max = 2 * streams;
    options.requests_waiting_max = 2 * streams;
    options.on_bound = [&](const sage::serving::address& its) { bound.set_value(its.port); };
    env.from_source(sage::serving::chat_server(options))
        .key_by(&sage::completion_call::conversation)
        .transform("talk",
                   sage::agent_operator(
                       talk, {.capacity = 2 * streams, .conversations_max = 2 * streams, .resources = resources}))
        .sink(sage::serving::reply());
    job = env.submit("service");
    port = bound.get_future().get();
  }
  ~service() {
    job->cancel();
    try {
      job->wait();
    } catch (const sage::error&) {  // cancelled
    }
  }
  std::shared_ptr<puppet_model> model;
  sage::local_environment env;
  std::optional<sage::job> job;
  std::uint16_t port = 0;
};

std::string asking(const std::string& text, bool stream) {
  const std::string body = R"({"model":"sage","messages":[{"role":"user","content":")" + text + "\"}]" +
                           (stream ? R"(,"stream":true})" : "}");
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

template <class F>
void wait_for(F holds, const char* what) {
  const double begun = wall_seconds();
  while (!holds()) {
    check(wall_seconds() - begun < 20, what);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
}

void measure_streams(session& bench) {
  service its;
  const double before = resident_mib();
  std::vector<int> clients;
  for (std::size_t i = 0; i < streams; ++i) clients.push_back(connect_and_ask(its.port, asking("stream", true)));
  wait_for([&] { return its.model->waiting() == streams; }, "every stream waits for its model");
  bench.at_most("memory of 4,000 streams at once, clients' sockets included", resident_mib() - before, "MiB", 100);
  // Half load: tokens one after the other, each for another stream.
  std::vector<sage::completion<double>> calls = its.model->take();
  std::vector<double> delays_us;
  const int ready = ::epoll_create1(0);
  for (const int one : clients) {
    epoll_event wanted{EPOLLIN, {}};
    wanted.data.fd = one;
    check(::epoll_ctl(ready, EPOLL_CTL_ADD, one, &wanted) == 0, "epoll_ctl");
  }
  for (int round = 0; round < 2; ++round) {
    for (auto& call : calls) {
      const double sent = wall_seconds();
      call.set(sent);
      for (bool has_come = false; !has_come;) {  // the head of the response may come before it
        epoll_event events[16];
        const int count = ::epoll_wait(ready, events, 16, 10'000);
        check(count > 0, "a token arrives");
        for (int i = 0; i < count; ++i) {
          has_come = take(events[i].data.fd).find("token") != std::string_view::npos || has_come;
        }
      }
      delays_us.push_back((wall_seconds() - sent) * 1e6);
    }
    wait_for([&] { return its.model->waiting() == streams; }, "every stream goes on");
    calls = its.model->take();
  }
  bench.note("a token from model to client, median", quantile(delays_us, 0.5), "us");
  bench.at_most("a token from model to client, p99", quantile(delays_us, 0.99), "us", 2000);
  ::close(ready);
  for (const int one : clients) ::close(one);
  wait_for([&] { return its.model->running == 0; }, "every call ends with its client");
}

void measure_stops(session& bench) {
  service its;
  std::vector<double> delays_ms;
  for (int i = 0; i < 50; ++i) {
    const int client = connect_and_ask(its.port, asking("stream", true));
    wait_for([&] { return its.model->waiting() == 1; }, "the call has begun");
    const auto call = its.model->take();
    const double gone = wall_seconds();
    ::close(client);
    while (its.model->running != 0) std::this_thread::yield();
    delays_ms.push_back((wall_seconds() - gone) * 1e3);
  }
  bench.at_most("client gone to model call ended, p99", quantile(delays_ms, 0.99), "ms", 50);
}

void measure_idle(session& bench) {
  service its;
  const int client = connect_and_ask(its.port, asking("hello", false));
  static_cast<void>(take(client));
  const double seconds = 3 * bench.scale();
  const double before = cpu_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  bench.at_most("idle service", (cpu_seconds() - before) / seconds * 100, "% of a core", 1);
  bench.at_most("memory of an idle service", resident_mib(), "MiB", 60);
  ::close(client);
}

void measure_requests(session& bench) {
  const std::string script = "/tmp/sage_bench_service_" + std::to_string(::getpid()) + ".lua";
  std::ofstream(script)
      << "wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\n"
         "wrk.body='{\"model\":\"sage\",\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}'\n";
  std::vector<double> ratios, ours, theirs;
  for (std::size_t round = 0; round < bench.rounds(); ++round) {
    bare_server bare;
    service its;
    theirs.push_back(wrk(bare.port(), "/v1/chat/completions", 2 * bench.scale(), script));
    ours.push_back(wrk(its.port, "/v1/chat/completions", 2 * bench.scale(), script));
    ratios.push_back(theirs.back() > 0 ? ours.back() / theirs.back() : 0);
  }
  ::unlink(script.c_str());
  if (median(theirs) == 0) {
    std::fprintf(stderr, "wrk is not installed: no requests per second\n");
    return;
  }
  bench.note("a bare Beast server", median(theirs), "requests/s");
  bench.at_least("the service", median(ours), "requests/s", 8000);
  bench.at_least("the service beside the bare server", median(ratios), "x", 0.5);
}

}  // namespace

int main(int argc, char** argv) {
  session bench(argc, argv, "requests");
  measure_idle(bench);
  measure_stops(bench);
  measure_streams(bench);
  measure_requests(bench);
  return bench.finish();
}
