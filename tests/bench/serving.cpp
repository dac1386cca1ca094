// The HTTP server beside a bare one of Boost.Beast, both driven by wrk in turn; and what many open streams cost.
// Needs wrk for the first part.
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include "sage/serving/http_server.hpp"
#include "tests/bench/kit/http_rivals.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using namespace sage::bench;

constexpr const char* body = hello_body;
constexpr std::size_t streams = 4000;

class greeter final : public sage::serving::request_acceptor {
 public:
  void on_request(sage::serving::server_request, std::shared_ptr<sage::serving::response_stream> to) override {
    to->send(200, {{"Content-Type", "application/json"}}, body);
  }
};

class stream_keeper final : public sage::serving::request_acceptor {
 public:
  void on_request(sage::serving::server_request, std::shared_ptr<sage::serving::response_stream> to) override {
    to->begin(200, {{"Content-Type", "text/event-stream"}});
    const std::lock_guard lock(mutex_);
    kept_.push_back(std::move(to));
  }
  [[nodiscard]] std::size_t count() {
    const std::lock_guard lock(mutex_);
    return kept_.size();
  }
  sage::serving::response_stream& at(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return *kept_[i];
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<sage::serving::response_stream>> kept_;
};

void measure_streams(session& bench) {
  const auto keeper = std::make_shared<stream_keeper>();
  sage::serving::server_options options;
  options.limits.connections_per_address_max = options.limits.connections_max = 2 * streams;
  sage::serving::http_server server(options, keeper);
  server.start();
  const double before = resident_mib();
  std::vector<int> clients;
  for (std::size_t i = 0; i < streams; ++i) {
    clients.push_back(connect_and_ask(server.bound().port));
    take(clients.back());  // so that the n-th client has the n-th stream
  }
  check(keeper->count() == streams, "every client has a stream");
  std::vector<double> delays_us;
  constexpr std::string_view token = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  const double cpu_before = cpu_seconds();
  for (std::size_t i = 0; i < streams; ++i) {
    const double sent = wall_seconds();
    keeper->at(i).write(token);
    take(clients[i]);
    delays_us.push_back((wall_seconds() - sent) * 1e6);
  }
  const double cpu_us = (cpu_seconds() - cpu_before) * 1e6 / streams;
  bench.at_most("memory of 4,000 open streams", resident_mib() - before, "MiB", 100);
  bench.note("a token through one of them, median", quantile(delays_us, 0.5), "us");
  bench.at_most("a token through one of them, p99", quantile(delays_us, 0.99), "us", 2000);
  bench.note("CPU of a token, both ends", cpu_us, "us");
  for (const int one : clients) ::close(one);
}

}  // namespace

int main(int argc, char** argv) {
  session bench(argc, argv, "requests");
  measure_streams(bench);
  std::vector<double> ratios, ours, theirs;
  for (std::size_t round = 0; round < bench.rounds(); ++round) {
    bare_server bare;
    sage::serving::http_server server({}, std::make_shared<greeter>());
    server.start();
    theirs.push_back(wrk(bare.port(), "/", 2 * bench.scale()));
    ours.push_back(wrk(server.bound().port, "/", 2 * bench.scale()));
    ratios.push_back(theirs.back() > 0 ? ours.back() / theirs.back() : 0);
  }
  if (median(theirs) == 0) {
    std::fprintf(stderr, "wrk is not installed: no comparison\n");
    return bench.finish();
  }
  bench.note("a bare Beast server", median(theirs), "requests/s");
  bench.at_least("ours", median(ours), "requests/s", 8000);
  bench.at_least("ours beside the bare one", median(ratios), "x", 0.5);
  return bench.finish();
}
