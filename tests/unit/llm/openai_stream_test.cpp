// Streamed answers in OpenAI's dialect: well-formed, odd and broken.
#include "sage/base/utf8.hpp"
#include "sage/llm/dialects/openai.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

struct heard_stream {
  std::vector<chat_delta> deltas;
  std::string text;
  std::optional<chat_reply> reply;
  std::optional<provider_error> problem;
};

heard_stream hear_events(const std::vector<sse_event>& events) {
  heard_stream heard;
  openai_reply_stream stream;
  const auto take = [&](chat_delta delta) {
    CHECK(is_utf8(delta.text));
    heard.text += delta.text;
    if (delta != chat_delta()) heard.deltas.push_back(std::move(delta));
  };
  for (const sse_event& event : events) {
    chat_delta delta;
    heard.problem = stream.on_event(event, delta);
    if (heard.problem) return heard;
    take(std::move(delta));
  }
  chat_delta rest;
  auto outcome = stream.finish(rest);
  take(std::move(rest));
  if (auto* problem = std::get_if<provider_error>(&outcome)) {
    heard.problem = *problem;
  } else {
    heard.reply = std::get<chat_reply>(outcome);
    CHECK(heard.reply->text == heard.text);
  }
  return heard;
}

heard_stream hear(const std::vector<std::string>& texts) {
  std::vector<sse_event> events;
  for (const std::string& each : texts) events.push_back({"message", each, ""});
  return hear_events(events);
}

std::string says(const std::string& content, const std::string& finish = "null") {
  return R"({"id":"c1","model":"m","choices":[{"index":0,"delta":{"content":)" + content + R"(},"finish_reason":)" +
         finish + "}]}";
}

std::string calls(const std::string& fragments) {
  return R"({"choices":[{"delta":{"tool_calls":[)" + fragments + "]}}]}";
}

const std::string ended = R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]})";
const std::string wants_tools = R"({"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]})";
const std::string done = "[DONE]";

}  // namespace

TEST_CASE("a stream as OpenAI sends it becomes deltas and a reply", "[llm][openai][stream]") {
  const auto heard = hear(
      {R"({"id":"c1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null})",
       says("\"he\""), says("\"llo\""), ended,
       R"({"id":"c1","model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}})", done});
  REQUIRE(heard.reply);
  CHECK(heard.deltas.size() == 2);
  CHECK(heard.reply->id == "c1");
  CHECK(heard.reply->model == "m");
  CHECK(heard.reply->text == "hello");
  CHECK(heard.reply->finish == finish_reason::stop);
  CHECK(heard.reply->usage == chat_usage{3, 2, 0, false});
}

TEST_CASE("empty choices, null content and unknown fields are passed over", "[llm][openai][stream]") {
  const auto heard =
      hear({"{\"choices\":[]}", "{\"choices\":null}", "{}", says("null"), says("\"a\""),
            R"({"choices":[{"index":1,"delta":{"content":"other choice"}}]})", R"({"choices":[{"delta":null}]})",
            R"({"choices":[{"delta":{"reasoning_content":"hm"}}]})", ended, done, done});
  REQUIRE(heard.reply);
  CHECK(heard.reply->text == "a");
  CHECK(heard.reply->usage.estimated);
}

TEST_CASE("a stream may end without [DONE] but not without an end", "[llm][openai][stream]") {
  CHECK(hear({says("\"a\""), ended}).reply);
  CHECK(hear({says("\"a\""), done}).reply);
  for (const auto& cut : {hear({says("\"a\"")}), hear({})}) {
    REQUIRE(cut.problem);
    CHECK(cut.problem->failure == provider_failure::cut);
    CHECK(cut.problem->retryable);
  }
}

TEST_CASE("an event that is sent twice under one id counts once", "[llm][openai][stream]") {
  const auto heard = hear_events({{"message", says("\"ha\""), "1"},
                                  {"message", says("\"ha\""), "1"},
                                  {"message", says("\"ha\""), "2"},
                                  {"message", ended, "3"},
                                  {"message", ended, "3"}});
  REQUIRE(heard.reply);
  CHECK(heard.reply->text == "haha");
  CHECK(hear({says("\"ha\""), says("\"ha\""), ended, ended, done}).reply->text == "haha");
}

TEST_CASE("fragments of tool calls are put together by index", "[llm][openai][stream]") {
  const auto heard = hear(
      {calls(R"({"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}})"),
       calls(R"({"index":0,"function":{"arguments":"{\"x\""}})"),
       calls(
           R"({"index":1,"id":"b","function":{"name":"g","arguments":"{"}},{"index":0,"function":{"arguments":":1}"}})"),
       calls(R"({"index":1,"function":{"arguments":"}"}})"), wants_tools, done});
  REQUIRE(heard.reply);
  CHECK(heard.reply->tool_calls == std::vector<chat_tool_call>{{"a", "f", R"({"x":1})"}, {"b", "g", "{}"}});
  CHECK(heard.reply->finish == finish_reason::tool_calls);
  CHECK(heard.deltas.front().tool_calls.front() == chat_tool_call_delta{0, "a", "f", ""});
}

TEST_CASE("calls without index or ids are told apart all the same", "[llm][openai][stream]") {
  using list = std::vector<chat_tool_call>;
  CHECK(hear({calls(R"({"id":"a","function":{"name":"f","arguments":"{"}})"),
              calls(R"({"function":{"arguments":"}"}})"),
              calls(R"({"id":"b","function":{"name":"g","arguments":"{}"}})"), done})
            .reply->tool_calls == list{{"a", "f", "{}"}, {"b", "g", "{}"}});
  CHECK(
      hear({calls(R"({"function":{"name":"f","arguments":"{}"}},{"function":{"name":"f","arguments":"[]"}})"), done})
          .reply->tool_calls == list{{"call_0", "f", "{}"}, {"call_1", "f", "[]"}});
  // All numbered 0, told apart by their ids.
  CHECK(hear({calls(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{}"}})"),
              calls(R"({"index":0,"id":"b","function":{"name":"g","arguments":"{}"}})"), done})
            .reply->tool_calls == list{{"a", "f", "{}"}, {"b", "g", "{}"}});
  // The id and the name repeated with every fragment; arguments as an object; an absurd index.
  CHECK(hear({calls(R"({"index":0,"id":"a","function":{"name":"f","arguments":"{"}})"),
              calls(R"({"index":0,"id":"a","function":{"name":"f","arguments":"}"}})"), done})
            .reply->tool_calls == list{{"a", "f", "{}"}});
  CHECK(hear({calls(R"({"index":4000000000,"id":"a","function":{"name":"f","arguments":{"x":1}}})"), done})
            .reply->tool_calls == list{{"a", "f", R"({"x":1})"}});
  CHECK(hear({calls(R"({"index":-1,"function":{"name":"f","arguments":null}})"), done}).reply->tool_calls ==
        list{{"call_0", "f", ""}});
}

TEST_CASE("tool calls without end are stopped", "[llm][openai][stream][limit]") {
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i)
    texts.push_back(calls(R"({"index":)" + std::to_string(i) + R"(,"function":{"name":"f"}})"));
  const auto heard = hear(texts);
  REQUIRE(heard.problem);
  CHECK(heard.problem->failure == provider_failure::malformed);
}

TEST_CASE("deltas are whole characters, however a character was cut over chunks", "[llm][openai][stream]") {
  CHECK(hear({says("\"\xe2\x82\""), says("\"\xac!\""), ended}).reply->text == "\xe2\x82\xac!");
  CHECK(hear({says(R"("\ud83d")"), says(R"("\ude00")"), ended}).reply->text == "\xf0\x9f\x98\x80");
  CHECK(hear({says(R"("\ud83d")"), says(R"("x")"), ended}).reply->text == "\xef\xbf\xbdx");
  CHECK(hear({says("\"a\xf0\x9f\""), ended}).reply->text == "a\xef\xbf\xbd");
  CHECK(hear({calls("{\"index\":0,\"function\":{\"name\":\"f\",\"arguments\":\"\xe2\x82\"}}"),
              calls("{\"index\":0,\"function\":{\"arguments\":\"\xac\"}}"), done})
            .reply->tool_calls[0]
            .arguments == "\xe2\x82\xac");
}

TEST_CASE("logprobs come with their delta, without those that are no number", "[llm][openai][stream]") {
  const auto heard = hear(
      {R"({"choices":[{"delta":{"content":"a"},"logprobs":{"content":[{"token":"a","logprob":-0.25},{"token":"b","logprob":NaN},{"token":"c","logprob":-Infinity}]}}]})",
       ended});
  REQUIRE(heard.reply);
  CHECK(heard.reply->logprobs == std::vector<token_logprob>{{"a", -0.25}});
  CHECK(heard.deltas.front().logprobs == heard.reply->logprobs);
}

TEST_CASE("an error inside the stream is the end of it", "[llm][openai][stream][error]") {
  const auto heard =
      hear({says("\"a\""), R"({"error":{"message":"overloaded","type":"server_error","code":503}})", says("\"b\"")});
  REQUIRE(heard.problem);
  CHECK(heard.problem->failure == provider_failure::overloaded);
  CHECK(heard.problem->retryable);
  CHECK(heard.text == "a");
  CHECK(hear_events({{"error", R"({"message":"boom"})", ""}}).problem->message ==
        "the provider broke off with an error: boom");
}

TEST_CASE("garbage inside the stream is one clear error", "[llm][openai][stream][error]") {
  for (const std::string bad :
       {"garbage", "", "{\"choices\":[{\"delta\":{\"content\":\"a", "[1,2]", "\"text\"", "42", "\xff\xfe"}) {
    CAPTURE(bad);
    const auto heard = hear({says("\"a\""), bad});
    REQUIRE(heard.problem);
    CHECK(heard.problem->failure == provider_failure::malformed);
    CHECK(is_utf8(heard.problem->message));
  }
}
