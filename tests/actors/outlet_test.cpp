// The sink that hands records to an actor, on virtual time: answers, errors, and those that never come.
#include <memory>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>

#include "tests/actors/stepped_system.hpp"
#include "tests/catch.hpp"

namespace {

using sage::test::stepped_system;

sage::job_state end_of(stepped_system& s, const sage::job& run) {
  s.run_until([&] { return is_final(run.state()); });
  return run.state();
}

TEST_CASE("an actor that never answers fails the job, by name and time", "[actors][outlet]") {
  stepped_system s(1);
  auto unanswered = std::make_shared<std::vector<caf::response_promise>>();
  const caf::actor deaf = s.system().spawn([unanswered](caf::event_based_actor* self) {
    return caf::behavior{[self, unanswered](int) {
      unanswered->push_back(self->make_response_promise());
      return unanswered->back();
    }};
  });
  {
    sage::embedded_environment env(s.system());
    env.from_source(sage::range<int>(0, 10)).sink(sage::to_actor(deaf, {.timeout = std::chrono::milliseconds(100)}));
    const sage::job run = env.submit("deaf");
    CHECK(end_of(s, run) == sage::job_state::failed);
    REQUIRE(run.problem());
    CHECK(std::string(run.problem()->what()).find("no answer within 100 ms") != std::string::npos);
    for (auto& late : *unanswered) late.deliver(caf::unit);  // finds nobody
    s.run_dry();
  }
  unanswered->clear();
  caf::anon_send_exit(deaf, caf::exit_reason::user_shutdown);
  s.run_dry();
  CHECK(s.running() == 0);
}

TEST_CASE("answers may come in any order and late, as long as each is in time", "[actors][outlet]") {
  stepped_system s(2);
  auto seen = std::make_shared<int>(0);
  const caf::actor slow = s.system().spawn([seen](caf::event_based_actor* self) {
    return caf::behavior{[self, seen](int x) {
                           ++*seen;
                           auto answer = self->make_response_promise();
                           self->delayed_send(self, std::chrono::milliseconds(90 - x % 3 * 30), answer);
                           return answer;
                         },
                         [](caf::response_promise& answer) { answer.deliver(std::string("an answer of any type")); }};
  });
  {
    sage::embedded_environment env(s.system());
    env.from_source(sage::range<int>(0, 30))
        .sink(sage::to_actor(slow, {.requests_max = 4, .timeout = std::chrono::milliseconds(100)}));
    CHECK(end_of(s, env.submit("slow")) == sage::job_state::done);
    s.run_dry();
  }
  CHECK(*seen == 30);
  caf::anon_send_exit(slow, caf::exit_reason::user_shutdown);
  s.run_dry();
  CHECK(s.running() == 0);
}

TEST_CASE("an actor that ends while it is sent to fails the job", "[actors][outlet]") {
  stepped_system s(3);
  const caf::actor mortal = s.system().spawn([](caf::event_based_actor* self) {
    return caf::behavior{[self](int x) {
      if (x == 5) self->quit();
    }};
  });
  sage::embedded_environment env(s.system());
  env.from_source(sage::range<int>(0, 10)).sink(sage::to_actor(mortal));
  const sage::job run = env.submit("mortal");
  CHECK(end_of(s, run) == sage::job_state::failed);
  REQUIRE(run.problem());
  CHECK(std::string(run.problem()->what()).find("did not take a record") != std::string::npos);
  s.run_dry();
}

}  // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(caf::response_promise)
