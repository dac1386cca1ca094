// The states of conversations: kept for those that have a name, not for requests that are complete in themselves.
#include "sage/agents/agent_function.hpp"

#include <string>
#include <vector>

#include "sage/agents.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using namespace std::chrono_literals;

struct question {
  std::string conversation;
  std::string text;
};
SAGE_DESCRIBE(question, conversation, text)

int states_alive = 0;

struct counted_state {
  counted_state() { ++states_alive; }
  counted_state(const counted_state& other) : turns(other.turns) { ++states_alive; }
  counted_state& operator=(const counted_state&) = default;
  ~counted_state() { --states_alive; }
  int turns = 0;
};

task<std::string> count_turns(agent<counted_state>& self, question in) {
  ++self.state().turns;
  if (in.text == "wait") co_await self.sleep_for(24h);
  if (in.text == "fail") throw error(errc::user_function, "asked to");
  co_return std::to_string(self.state().turns);
}

using harness = sage::testing::operator_harness<question, std::string>;

harness agents_by_conversation() {
  agent_options options;
  options.deadline = 48h;
  return harness(sage::testing::declared<question>([options](auto in) {
    return in.key_by(&question::conversation).transform("agent", agent_operator(count_turns, options)).on_error(drop);
  }));
}

// As chat_server asks: a request without a conversation has its own id as its key.
ref<item_scope> asked_by(const sage::testing::asked_requests& asked, std::uint64_t number,
                         std::string conversation = {}) {
  item_settings settings;
  settings.request_id = "r" + std::to_string(number);
  settings.conversation = std::move(conversation);
  return asked.ask(number, std::move(settings));
}

}  // namespace

TEST_CASE("requests that are complete in themselves leave no state behind", "[agents][agent][conversations]") {
  states_alive = 0;
  {
    const sage::testing::asked_requests asked;
    harness h = agents_by_conversation();
    for (std::uint64_t i = 0; i < 1000; ++i) h.feed({{"r" + std::to_string(i), ""}}, {asked_by(asked, i)});
    CHECK(h.records() == std::vector<std::string>(1000, "1"));
    CHECK(states_alive == 0);

    // Whatever becomes of them.
    h.feed({{"r1000", "fail"}, {"r1001", "wait"}}, {asked_by(asked, 1000), asked_by(asked, 1001)});
    CHECK(states_alive == 2);  // of the one that waits, and its working copy
    h.close();
    CHECK(states_alive == 0);
  }
  {
    const sage::testing::asked_requests asked;
    harness h = agents_by_conversation();
    ref<item_scope> item = asked_by(asked, 0);
    h.feed({{"r0", "wait"}}, {item});
    CHECK(states_alive == 2);
    CHECK(item->stop(stop_reason::client));
    h.wake();
    CHECK(states_alive == 0);
  }
}

TEST_CASE("conversations with a name, and records that nobody asked for, keep their state",
          "[agents][agent][conversations]") {
  states_alive = 0;
  const sage::testing::asked_requests asked;
  harness h = agents_by_conversation();
  h.feed({{"us/c1", ""}}, {asked_by(asked, 1, "us/c1")});
  h.feed({{"us/c1", ""}}, {asked_by(asked, 2, "us/c1")});
  h.feed({{"r3", ""}}, {asked_by(asked, 3, "r3")});  // a conversation that is called as its request is
  h.feed({{"r3", ""}}, {asked_by(asked, 4, "r3")});
  h.feed({{"own key", ""}}, {asked_by(asked, 5)});  // a key of the user's choice
  h.feed({{"own key", ""}}, {asked_by(asked, 6)});
  h.feed({{"r9", ""}});
  h.feed({{"r9", ""}});
  CHECK(h.records() == std::vector<std::string>{"1", "2", "1", "2", "1", "2", "1", "2"});
  CHECK(states_alive == 4);
}
