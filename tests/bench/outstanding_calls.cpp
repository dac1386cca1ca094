// Streamed model calls that are open at once on the one I/O thread: memory, and how soon all of them are cancelled.
// The provider is a process of its own, so that its memory isn't counted.
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "sage/base/clock.hpp"
#include "sage/llm/model_call.hpp"
#include "sage/testing/scripted_chat_server.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using namespace sage;
using sage::bench::check;

constexpr std::int64_t patience_s = 60;

/// Counts what all calls hear together.
struct tally {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t first_tokens = 0;
  std::size_t replies = 0;
  std::size_t failures = 0;
  std::size_t cancelled = 0;

  template <class Change>
  void change(Change made) {
    {
      const std::lock_guard lock(mutex);
      made();
    }
    changed.notify_all();
  }
  template <class Seen>
  void wait(Seen seen, const char* what) {
    std::unique_lock lock(mutex);
    check(changed.wait_for(lock, std::chrono::seconds(patience_s), seen), what);
  }
};

class counting final : public llm::model_call_listener {
 public:
  explicit counting(tally& all) : all_(all) {}
  llm::flow on_delta(chat_delta) override {
    if (!begun_) all_.change([&] { ++all_.first_tokens; });
    begun_ = true;
    return llm::flow::more;
  }
  void on_reply(chat_reply) override {
    all_.change([&] { ++all_.replies; });
  }
  void on_failure(const llm::provider_error& problem) override {
    all_.change([&] { ++(problem.failure == llm::provider_failure::cancelled ? all_.cancelled : all_.failures); });
  }

 private:
  tally& all_;
  bool begun_ = false;
};

/// The provider: answers the first call, then says one token to each. Commands and answers are lines.
void serve(int in, int out) {
  testing::scripted_chat_server server;
  server.decide([](const testing::seen_chat&) {
    return testing::scripted_reply::pieces({"first ", "second"}).hangs_after(1);
  });
  server.reply(testing::scripted_reply::text("hello"));
  const auto say = [&](const std::string& line) { check(::write(out, line.data(), line.size()) > 0, "the pipe"); };
  say(std::to_string(server.http().port()) + "\n");
  char command = 0;
  while (::read(in, &command, 1) == 1) {
    if (command == 'o') {  // how many connections are open
      std::size_t open = 0;
      for (const auto& each : server.http().connections()) open += each.open ? 1 : 0;
      say(std::to_string(open) + "\n");
    }
  }
}

class provider {
 public:
  provider() {
    int down[2];
    int up[2];
    check(::pipe(down) == 0 && ::pipe(up) == 0, "pipes");
    id_ = ::fork();
    check(id_ >= 0, "fork");
    if (id_ == 0) {
      ::close(down[1]);
      ::close(up[0]);
      serve(down[0], up[1]);
      ::_exit(0);
    }
    ::close(down[0]);
    ::close(up[1]);
    to_ = down[1];
    from_ = up[0];
    port_ = read_number();
  }
  ~provider() {
    ::close(to_);
    ::close(from_);
    ::waitpid(id_, nullptr, 0);
  }
  provider(const provider&) = delete;
  provider& operator=(const provider&) = delete;

  [[nodiscard]] model_endpoint endpoint(const std::string& host) const {
    model_endpoint one;
    one.base_url = "http://" + host + ":" + std::to_string(port_) + "/v1";
    one.model = "scripted";
    return one;
  }
  [[nodiscard]] std::uint64_t open_connections() {
    check(::write(to_, "o", 1) == 1, "the pipe");
    return read_number();
  }

 private:
  std::uint64_t read_number() {
    std::string line;
    for (char c = 0; ::read(from_, &c, 1) == 1 && c != '\n';) line.push_back(c);
    return std::stoull(line);
  }

  pid_t id_ = -1;
  int to_ = -1;
  int from_ = -1;
  std::uint64_t port_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  provider server;  // before any thread is started
  sage::bench::session bench(argc, argv, "calls");
  const auto count = static_cast<std::size_t>(4000 * bench.scale());
  llm::http_client_options options;
  options.proxy = "";
  llm::http_client client(options);
  tally all;
  chat_request request;
  request.messages = {{chat_role::user, std::string(1000, 'x'), {}, {}, {}, {}}};
  {  // one call before, so that idle has everything loaded
    llm::model_call::start(client, server.endpoint("127.0.0.1"), request, llm::answer_form::whole,
                           std::make_shared<counting>(all));
    all.wait([&] { return all.replies == 1; }, "a first call is answered");
  }
  const double idle = sage::bench::resident_mib();
  std::vector<llm::model_call> calls;
  const double begun = sage::bench::wall_seconds();
  for (std::size_t i = 0; i < count; ++i) {
    calls.push_back(llm::model_call::start(client, server.endpoint("127.0.0.1"), request, llm::answer_form::streamed,
                                           std::make_shared<counting>(all)));
  }
  all.wait([&] { return all.first_tokens >= count; }, "every call has heard its first token");
  bench.note("time to the first token of all", sage::bench::wall_seconds() - begun, "s");
  check(client.outstanding() == count, "all calls are open");
  bench.note("resident when idle", idle, "MiB");
  bench.at_most("resident with " + std::to_string(count) + " calls open", sage::bench::resident_mib(), "MiB", 150);
  bench.note("of it per call", (sage::bench::resident_mib() - idle) * 1024 / static_cast<double>(count), "KiB");
  bench.note("threads", static_cast<double>(sage::bench::thread_count()), "");

  const double cancelled = sage::bench::wall_seconds();
  for (const llm::model_call& each : calls) each.cancel();
  all.wait([&] { return all.cancelled == count; }, "every call is cancelled");
  while (server.open_connections() > 64) check(sage::bench::wall_seconds() - cancelled < 10, "connections close");
  bench.at_most("all cancelled and seen closed by the provider", (sage::bench::wall_seconds() - cancelled) * 1e3,
                "ms", 1000);
  check(all.failures == 0, "no call failed");
  return bench.finish();
}
