// The loop between a model and its tools, events in, needs out.
#include "sage/agents/loop/chat_loop.hpp"

#include "sage/base/error.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using namespace sage::agents;
using need = chat_loop::need;

chat_request ask() {
  chat_request request;
  request.messages.push_back({chat_role::user, "weather in quito?", {}, {}, {}, {}});
  request.tools.push_back({"get_weather", "", "{}"});
  return request;
}

chat_reply text(std::string its) {
  chat_reply reply;
  reply.text = std::move(its);
  reply.usage.input_tokens = 10;
  reply.usage.output_tokens = 5;
  return reply;
}

chat_reply calls(std::vector<std::string> names) {
  chat_reply reply = text("");
  for (std::string& name : names) {
    reply.tool_calls.push_back({"id" + std::to_string(reply.tool_calls.size()), std::move(name), "{}"});
  }
  reply.finish = finish_reason::tool_calls;
  return reply;
}

TEST_CASE("a loop thinks, acts, observes, and ends in an answer", "[agents][chat_loop]") {
  chat_loop loop(ask(), {});
  CHECK(loop.next() == need::model);
  loop.on_reply(calls({"get_weather", "get_time"}));
  REQUIRE(loop.next() == need::tools);
  CHECK(loop.calls().size() == 2);
  loop.on_observations({{"21", false}, {"noon", false}});
  REQUIRE(loop.next() == need::model);
  REQUIRE(loop.request().messages.size() == 4);
  CHECK(loop.request().messages[2].text == "21");
  CHECK(loop.request().messages[2].tool_call_id == "id0");
  CHECK(loop.request().messages[3].tool_call_id == "id1");
  loop.on_reply(text("it is 21 degrees"));
  CHECK(loop.next() == need::nothing);
  CHECK(loop.reply().text == "it is 21 degrees");
  CHECK(loop.added().size() == 3);
  CHECK(loop.usage().tokens() == 30);
  CHECK(loop.steps() == 2);
}

TEST_CASE("the last step offers no tools, and a model that calls them still is stopped", "[agents][chat_loop]") {
  chat_loop loop(ask(), {.steps_max = 3});
  loop.on_reply(calls({"get_weather"}));
  CHECK(loop.request().choice == tool_choice::automatic);
  loop.on_observations({{"21", false}});
  loop.on_reply(calls({"get_weather"}));
  loop.on_observations({{"21", false}});
  CHECK(loop.request().choice == tool_choice::none);
  CHECK_THROWS_WITH(loop.on_reply(calls({"get_weather"})), Catch::Contains("after 3 steps"));
}

TEST_CASE("tool calls and tokens of a loop are bounded", "[agents][chat_loop]") {
  chat_loop many(ask(), {.tool_calls_max = 3});
  many.on_reply(calls({"a", "b"}));
  many.on_observations({});
  CHECK(many.request().messages.back().text == "no result");
  CHECK_THROWS_WITH(many.on_reply(calls({"a", "b"})), Catch::Contains("more than 3 tool calls"));
  chat_loop costly(ask(), {.tokens_max = 20});
  costly.on_reply(calls({"a"}));
  costly.on_observations({});
  CHECK_THROWS_WITH(costly.on_reply(calls({"a"})), Catch::Contains("30 tokens"));
}

TEST_CASE("a model may hand over to an agent that was offered, and to no other", "[agents][chat_loop]") {
  chat_loop loop(ask(), {});
  loop.offer_hand_off({"refund", "human"});
  CHECK(loop.request().tools.back().name == "hand_off");
  chat_reply wrong = calls({"hand_off"});
  wrong.tool_calls[0].arguments = R"({"agent":"root"})";
  loop.on_reply(wrong);
  REQUIRE(loop.next() == need::tools);
  loop.on_observations({{"no such agent", true}});
  chat_reply right = calls({"hand_off"});
  right.tool_calls[0].arguments = R"({"agent":"refund"})";
  loop.on_reply(right);
  CHECK(loop.next() == need::hand_off);
  CHECK(loop.handed_to() == "refund");
}

TEST_CASE("an unusable answer is asked for again, a bounded number of times", "[agents][chat_loop]") {
  chat_loop loop(ask(), {.repairs_max = 1});
  loop.on_reply(text("about five"));
  loop.on_unusable_answer("it is no JSON");
  CHECK(loop.next() == need::model);
  CHECK(loop.request().messages.back().text.find("it is no JSON") != std::string::npos);
  loop.on_reply(text("six"));
  CHECK_THROWS_WITH(loop.on_unusable_answer("it is no JSON"), Catch::Contains("not what was asked for"));
}

}  // namespace
