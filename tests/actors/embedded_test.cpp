// SAGE inside a CAF application that never heard of it: default configuration, its own actors, several jobs.
#include "sage/embedded.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include "sage/sage.hpp"
#include "tests/catch.hpp"

namespace {

struct host {
  caf::actor_system_config config;
  caf::actor_system system{config};
};

TEST_CASE("a job in a caller's system runs, and leaves no actor behind", "[actors][embedded]") {
  host h;
  const auto before = h.system.registry().running();
  sage::collected<int> out;
  {
    sage::embedded_environment env(h.system);
    env.from_source(sage::range<int>(0, 10'000)).map([](int x) { return x * 2; }).sink(sage::collect_into(out));
    const sage::job_result done = env.execute("double");
    CHECK(done.state == sage::job_state::done);
  }
  h.system.registry().await_running_count_equal(before);
  CHECK(out.size() == 10'000);
}

TEST_CASE("records sent to an inlet are answered, processed and handed to an actor", "[actors][embedded]") {
  host h;
  std::atomic<long> sum{0};
  const caf::actor target =
      h.system.spawn([&sum](caf::event_based_actor*) { return caf::behavior{[&sum](int x) { sum += x; }}; });
  {
    sage::embedded_environment env(h.system);
    auto [inlet, stream] = sage::from_actor<int>(env);
    stream.map([](int x) { return x + 1; }).sink(sage::to_actor(target));
    sage::job running = env.submit("relay");
    caf::scoped_actor self{h.system};
    for (int i = 0; i < 100; ++i) {
      self->request(inlet, std::chrono::seconds(10), i)
          .receive([] {}, [](const caf::error&) { FAIL("not accepted"); });
    }
    self->request(inlet, std::chrono::seconds(10), std::vector<int>{1000, 2000})
        .receive([] {}, [](const caf::error&) { FAIL("not accepted"); });
    caf::anon_send_exit(inlet, caf::exit_reason::user_shutdown);
    CHECK(running.wait().state == sage::job_state::done);
  }
  CHECK(sum == 99 * 100 / 2 + 100 + 3002);
  caf::anon_send_exit(target, caf::exit_reason::user_shutdown);
}

TEST_CASE("draining a job keeps what its inlet has accepted", "[actors][embedded]") {
  host h;
  sage::collected<int> out;
  sage::embedded_environment env(h.system);
  auto [inlet, stream] = sage::from_actor<int>(env);
  stream.sink(sage::collect_into(out));
  sage::job running = env.submit("drained");
  caf::scoped_actor self{h.system};
  for (int i = 0; i < 1000; ++i) {
    self->request(inlet, std::chrono::seconds(10), i).receive([] {}, [](const caf::error&) { FAIL("not accepted"); });
  }
  running.drain();
  CHECK(running.wait().state == sage::job_state::done);
  CHECK(out.size() == 1000);
}

TEST_CASE("a slow sink holds the senders of an inlet back", "[actors][embedded]") {
  host h;
  sage::environment_options options;
  options.flow.window_batches = 2;
  sage::embedded_environment env(h.system, options);
  // The target answers only when it is told to, so that nothing but backpressure bounds what the senders get rid of.
  std::atomic<int> arrived{0};
  const caf::actor target = h.system.spawn([&arrived](caf::event_based_actor* self) {
    auto held = std::make_shared<std::vector<caf::response_promise>>();
    auto open = std::make_shared<bool>(false);
    return caf::behavior{[=, &arrived](int) {
                           ++arrived;
                           auto answer = self->make_response_promise();
                           if (*open) {
                             answer.deliver(caf::unit);
                           } else {
                             held->push_back(answer);
                           }
                           return answer;
                         },
                         [=](caf::ok_atom) {
                           *open = true;
                           for (auto& answer : *held) answer.deliver(caf::unit);
                         }};
  });
  auto [inlet, stream] = sage::from_actor<int>(env, {.records_max = 16});
  stream.sink(sage::to_actor(target, {.requests_max = 4, .timeout = std::chrono::seconds(60)})).batch_size(8);
  sage::job running = env.submit("slow");
  std::atomic<int> accepted{0};
  constexpr int total = 2000;
  const caf::actor sender = h.system.spawn([&accepted, inlet = inlet](caf::event_based_actor* self) {
    auto next = std::make_shared<std::function<void(int)>>();
    *next = [self, inlet, &accepted, again = std::weak_ptr(next)](int i) {
      if (i == total) {
        caf::anon_send_exit(inlet, caf::exit_reason::user_shutdown);
        self->quit();
        return;
      }
      self->request(inlet, std::chrono::seconds(60), i).then([i, again, &accepted] {
        ++accepted;
        if (const auto function = again.lock()) (*function)(i + 1);
      });
    };
    (*next)(0);
    return caf::behavior{[next](caf::ok_atom) {}};
  });
  // A probe of the host's own answers meanwhile, however often it is asked.
  const caf::actor probe =
      h.system.spawn([](caf::event_based_actor*) { return caf::behavior{[](int x) { return x; }}; });
  caf::scoped_actor self{h.system};
  for (int i = 0; i < 2000; ++i) {
    self->request(probe, std::chrono::seconds(10), i).receive([](int) {}, [](const caf::error&) { FAIL("starved"); });
  }
  CHECK(arrived <= 4);
  // 16 in the inlet, one batch of the default size and the outlet's four: far below what was offered.
  CHECK(accepted < total);
  caf::anon_send(target, caf::ok_atom::value);
  CHECK(running.wait().state == sage::job_state::done);
  CHECK(arrived == total);
  caf::anon_send_exit(target, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(probe, caf::exit_reason::user_shutdown);
}

TEST_CASE("an actor that monitors a job learns how it ended", "[actors][embedded]") {
  host h;
  sage::embedded_environment env(h.system);
  caf::scoped_actor self{h.system};
  env.from_source(sage::range<int>(0, 10)).sink([](int x) {
    if (x == 7) throw std::runtime_error("seven");
  });
  const sage::job failing = env.submit("failing");
  self->monitor(sage::actor_of(failing));
  self->receive([](const caf::down_msg& down) {
    CHECK(down.reason == caf::sec::runtime_error);
    CHECK(to_string(down.reason).find("seven") != std::string::npos);
  });
  CHECK_THROWS_AS(failing.wait(), sage::error);

  env.from_source(sage::range<int>(0, 10)).sink(sage::discard());
  const sage::job fine = env.submit("fine");
  static_cast<void>(fine.wait());
  self->monitor(sage::actor_of(fine));
  self->receive([](const caf::down_msg& down) { CHECK(!down.reason); });
}

TEST_CASE("execute is refused inside an actor, with what to do instead", "[actors][embedded]") {
  host h;
  sage::embedded_environment env(h.system);
  std::string said;
  caf::scoped_actor self{h.system};
  const caf::actor caller = h.system.spawn([&](caf::event_based_actor*) {
    return caf::behavior{[&](int) {
      env.from_source(sage::range<int>(0, 10)).sink(sage::discard());
      try {
        env.execute("inside");
      } catch (const sage::error& problem) {
        return std::string(problem.what());
      }
      return std::string("ran");
    }};
  });
  self->request(caller, std::chrono::seconds(10), 1)
      .receive([&](const std::string& text) { said = text; }, [](const caf::error&) {});
  CHECK(said.find("submit") != std::string::npos);
  caf::anon_send_exit(caller, caf::exit_reason::user_shutdown);
}

}  // namespace
