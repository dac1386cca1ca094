// Two jobs inside a CAF application that was never told of SAGE (policy stealing, unlimited throughput): one floods
// all threads, one is fed by an actor and ends in an actor that is slow. How long the application's own actors take
// to answer meanwhile, and what memory all of it takes.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <sage/embedded.hpp>
#include <sage/sage.hpp>

#include "tests/bench/kit/paced_source.hpp"
#include "tests/bench/kit/resources.hpp"
#include "tests/bench/kit/session.hpp"

namespace {

using sage::bench::check;
using sage::bench::nanoseconds_now;

// Milliseconds per answer of an actor of the application, asked every 5 ms.
std::vector<double> ask(caf::actor_system& system, const caf::actor& echo, int times) {
  caf::scoped_actor self{system};
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    sage::bench::sleep_until_ns(nanoseconds_now() + 5'000'000);
    const std::int64_t asked = nanoseconds_now();
    self->request(echo, std::chrono::seconds(10), i)
        .receive([&](int) { took.push_back(static_cast<double>(nanoseconds_now() - asked) * 1e-6); },
                 [](const caf::error&) { check(false, "the application's actor answers"); });
  }
  return took;
}

// Sends texts of 1 kB as fast as they are accepted, for ever.
caf::behavior feeder(caf::event_based_actor* self, const caf::actor& inlet) {
  auto send_next = std::make_shared<std::function<void()>>();
  *send_next = [self, inlet, weak = std::weak_ptr<std::function<void()>>(send_next)] {
    self->request(inlet, caf::infinite, std::string(1000, 'x'))
        .then(
            [weak] {
              if (const auto next = weak.lock()) (*next)();
            },
            [self](const caf::error&) { self->quit(); });
  };
  (*send_next)();
  return {[send_next](caf::ok_atom) {}};
}

// Takes one text a millisecond.
caf::behavior slow_receiver(caf::event_based_actor* self) {
  return {[self](const std::string&) {
            auto answer = self->make_response_promise();
            self->delayed_send(self, std::chrono::milliseconds(1), answer);
            return answer;
          },
          [](caf::response_promise& answer) { answer.deliver(caf::unit); }};
}

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::response_promise)

int main(int argc, char** argv) {
  sage::bench::session bench(argc, argv, "");
  const auto times = static_cast<int>(1000 * bench.scale());
  caf::actor_system_config config;
  caf::actor_system system(config);
  const auto actors_before = system.registry().running();
  const caf::actor echo =
      system.spawn([](caf::event_based_actor*) { return caf::behavior{[](int x) { return x; }}; });
  const std::vector<double> alone = ask(system, echo, times / 10);
  {
    sage::environment_options options;
    options.disabled_passes = {"chain-fusion", "router-fusion"};
    sage::embedded_environment env(system, options);
    env.from_source(sage::range<std::int64_t>(0, std::int64_t{1} << 50, 2))
        .map([](std::int64_t x) { return x * 3 + 1; })
        .key_by([](std::int64_t x) { return x & 1023; })
        .aggregate(sage::count{})
        .sink(sage::discard());
    const sage::job flood = env.submit("flood");
    auto [inlet, texts] = sage::from_actor<std::string>(env);
    const caf::actor receiver = system.spawn(slow_receiver);
    texts.map([](std::string text) { return text + "!"; }).sink(sage::to_actor(receiver));
    const sage::job relay = env.submit("relay");
    caf::scoped_actor self{system};
    self->monitor(sage::actor_of(relay));
    const caf::actor source = system.spawn(feeder, inlet);
    static_cast<void>(ask(system, echo, times / 5));  // until every channel is as full as its window lets it be
    const double before = sage::bench::resident_mib();
    const std::vector<double> beside = ask(system, echo, times);
    bench.note("alone, p99", sage::bench::quantile(alone, 0.99), "ms");
    bench.note("beside two jobs, p50", sage::bench::quantile(beside, 0.5), "ms");
    bench.at_most("beside two jobs, p99", sage::bench::quantile(beside, 0.99), "ms", 20);
    bench.note("beside two jobs, slowest", sage::bench::quantile(beside, 1), "ms");
    bench.at_most("growth of memory in that time", sage::bench::resident_mib() - before, "MiB", 20);
    relay.cancel();
    bool told = false;
    self->receive([&told](const caf::down_msg&) { told = true; });
    check(told, "whoever monitors the job learns that it ended");
    flood.cancel();
    caf::anon_send_exit(receiver, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(source, caf::exit_reason::user_shutdown);
  }
  caf::anon_send_exit(echo, caf::exit_reason::user_shutdown);
  system.registry().await_running_count_equal(actors_before);  // nothing of SAGE is left
  return bench.finish();
}
