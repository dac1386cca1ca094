// Agents of one operator that hand over: with a returned answer, and with a stream.
#include <memory>
#include <string>
#include <vector>

#include "sage/agents.hpp"
#include "tests/pipelines/engines.hpp"

namespace {

using sage::agent;
using sage::emitter;
using sage::task;
using sage::test::on_every_engine;
using sage::test::sorted;

struct wish {
  std::string who;
  std::string what;
};
SAGE_DESCRIBE(wish, who, what)
struct counted {
  int turns = 0;
};

task<std::string> returning_clerk(agent<counted>& self, wish in) {
  const int turn = ++self.state().turns;
  co_return in.who + ": refund of " + in.what + " in turn " + std::to_string(turn);
}
task<std::string> returning_desk(agent<counted>& self, wish in) {
  ++self.state().turns;
  if (in.what != "tea") co_return co_await self.hand_off("clerk", in);
  co_return in.who + ": tea";
}

task<> streaming_clerk(agent<counted>& self, wish in, emitter<std::string>& out) {
  const int turn = ++self.state().turns;
  out.push(in.who + ": refund of " + in.what);
  co_await out.room();
  out.push(in.who + ": in turn " + std::to_string(turn));
}
task<> streaming_desk(agent<counted>& self, wish in, emitter<std::string>& out) {
  ++self.state().turns;
  out.push(in.who + ": hello");
  if (in.what != "tea") co_await self.hand_off("clerk", in, out);
}
task<> lost_desk(agent<counted>& self, wish in, emitter<std::string>& out) {
  co_await self.hand_off("nobody", in, out);
}
task<> mistaken_desk(agent<counted>& self, wish in, emitter<std::string>& out) {
  out.push("hello");
  const std::string answer = co_await self.hand_off("clerk", in);
  out.push(answer);
}

const std::vector<wish> wishes{{"ada", "tea"}, {"ben", "a lamp"}};

TEST_CASE("an agent that hands over returns its successor's answer", "[agents][hand_off]") {
  on_every_engine([](sage::environment& env) {
    sage::collected<std::string> out;
    env.from_source(sage::collection(wishes))
        .key_by(&wish::who)
        .transform("desk", sage::agent_operator(returning_desk).agent("clerk", returning_clerk))
        .sink(sage::collect_into(out));
    env.execute("hand off");
    CHECK(sorted(out) == std::vector<std::string>{"ada: tea", "ben: refund of a lamp in turn 2"});
  });
}

TEST_CASE("an agent that streams hands over in mid-stream", "[agents][hand_off]") {
  on_every_engine([](sage::environment& env) {
    sage::collected<std::string> out;
    env.from_source(sage::collection(wishes))
        .key_by(&wish::who)
        .transform("desk", sage::agent_operator(streaming_desk).agent("clerk", streaming_clerk))
        .sink(sage::collect_into(out));
    env.execute("hand off");
    CHECK(sorted(out) ==
          std::vector<std::string>{"ada: hello", "ben: hello", "ben: in turn 2", "ben: refund of a lamp"});
  });
}

TEST_CASE("handing over to nobody, or in another way, is told", "[agents][hand_off]") {
  on_every_engine([](sage::environment& env) {
    const auto run = [&env](auto desk) {
      sage::collected<std::string> out;
      env.from_source(sage::collection(std::vector<wish>{{"ben", "a lamp"}}))
          .key_by(&wish::who)
          .transform("desk", sage::agent_operator(desk).agent("clerk", streaming_clerk))
          .sink(sage::collect_into(out));
      env.execute("hand off");
    };
    CHECK_THROWS_WITH(run(lost_desk), Catch::Contains("no agent is called 'nobody'") && Catch::Contains("clerk"));
    CHECK_THROWS_WITH(run(mistaken_desk), Catch::Contains("answers in another way"));
  });
}

}  // namespace
