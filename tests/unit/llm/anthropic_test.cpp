// Anthropic's dialect: requests, whole answers, streams.
#include "sage/llm/dialects/anthropic.hpp"

#include "sage/base/utf8.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

model_endpoint endpoint() {
  model_endpoint one;
  one.base_url = "https://h/v1";
  one.dialect = model_dialect::anthropic;
  one.model = "claude";
  one.key = std::string("key-1");
  return one;
}

std::string body_of(const chat_request& request, answer_form form = answer_form::whole) {
  const auto body = write_anthropic_chat(endpoint(), request, form);
  return body ? *body : body.error().what();
}

chat_message says(chat_role role, std::string text) {
  return {role, std::move(text), {}, {}, {}, {}};
}

struct heard_stream {
  std::vector<chat_delta> deltas;
  std::string text;
  std::optional<chat_reply> reply;
  std::optional<provider_error> problem;
};

heard_stream hear(const std::vector<std::string>& texts, std::string answer_tool = {}) {
  heard_stream heard;
  anthropic_reply_stream stream(std::move(answer_tool));
  const auto take = [&](chat_delta delta) {
    CHECK(is_utf8(delta.text));
    heard.text += delta.text;
    if (delta != chat_delta()) heard.deltas.push_back(std::move(delta));
  };
  for (const std::string& each : texts) {
    chat_delta delta;
    heard.problem = stream.on_event({"message", each, ""}, delta);
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

const std::string start =
    R"({"type":"message_start","message":{"id":"msg_1","model":"claude-x","role":"assistant","content":[],"usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":1,"output_tokens":1}}})";
const std::string stop = R"({"type":"message_stop"})";

std::string begins(int index, const std::string& block) {
  return R"({"type":"content_block_start","index":)" + std::to_string(index) + R"(,"content_block":)" + block + "}";
}
std::string goes_on(int index, const std::string& delta) {
  return R"({"type":"content_block_delta","index":)" + std::to_string(index) + R"(,"delta":)" + delta + "}";
}
std::string ends(int index) {
  return R"({"type":"content_block_stop","index":)" + std::to_string(index) + "}";
}
std::string stopped(const std::string& reason) {
  return R"({"type":"message_delta","delta":{"stop_reason":")" + reason + R"("},"usage":{"output_tokens":12}})";
}

}  // namespace

TEST_CASE("a messages request has its system text apart and turns that alternate", "[llm][anthropic]") {
  chat_request request;
  chat_message calling{chat_role::assistant,
                       "let me look",
                       {},
                       {{"t1", "find", R"({"a":1})"}, {"t2", "find", "not json"}, {"t3", "ping", ""}},
                       {},
                       {}};
  request.messages = {says(chat_role::system, "be brief"),
                      says(chat_role::system, "be kind"),
                      says(chat_role::user, "hi"),
                      calling,
                      {chat_role::tool, "21", {}, {}, "t1", ""},
                      {chat_role::tool, "", {}, {}, "t2", ""},
                      says(chat_role::user, "well?"),
                      says(chat_role::assistant, "")};
  request.tools = {{"find", "finds", R"({"type":"object"})"}, {"ping", "", ""}};
  request.temperature = 0.5;
  request.stop = {"END"};
  CHECK(
      body_of(request, answer_form::streamed) ==
      R"({"model":"claude","max_tokens":4096,"system":"be brief\n\nbe kind","messages":[)"
      R"({"role":"user","content":[{"type":"text","text":"hi"}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"let me look"},)"
      R"({"type":"tool_use","id":"t1","name":"find","input":{"a":1}},)"
      R"({"type":"tool_use","id":"t2","name":"find","input":{"arguments":"not json"}},)"
      R"({"type":"tool_use","id":"t3","name":"ping","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"21"},)"
      R"({"type":"tool_result","tool_use_id":"t2"},{"type":"text","text":"well?"}]}],)"
      R"("tools":[{"name":"find","description":"finds","input_schema":{"type":"object"}},)"
      R"({"name":"ping","input_schema":{"type":"object"}}],"temperature":0.5,"stop_sequences":["END"],"stream":true})");
}

TEST_CASE("images are taken apart, choices of tools translated, schemas become a tool", "[llm][anthropic]") {
  chat_request request;
  request.messages = {
      {chat_role::user, "see", {{"data:image/png;base64,AA==", ""}, {"https://h/p.png", "low"}}, {}, {}, {}}};
  CHECK_THAT(
      body_of(request),
      Catch::Contains(
          R"([{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}},)"
          R"({"type":"image","source":{"type":"url","url":"https://h/p.png"}},{"type":"text","text":"see"}])"));
  request.messages[0].images = {{"data:image/png,raw", ""}};
  CHECK_THAT(body_of(request), Catch::Contains("not base64"));

  request.messages = {says(chat_role::user, "hi")};
  request.tools = {{"f", "", ""}};
  request.choice = tool_choice::required;
  CHECK_THAT(body_of(request), Catch::Contains(R"("tool_choice":{"type":"any"})"));
  request.choice = tool_choice::none;
  CHECK_THAT(body_of(request), Catch::Contains(R"("tool_choice":{"type":"none"})"));
  request.output_schema = R"({"type":"object","title":"x"})";
  request.output_schema_name = "verdict";
  CHECK_THAT(body_of(request), Catch::Contains(R"("tool_choice":{"type":"tool","name":"verdict"})") &&
                                   Catch::Contains(R"("input_schema":{"type":"object","title":"x"})"));
  request.choice = tool_choice::automatic;
  CHECK_THAT(body_of(request), Catch::Contains(R"("tool_choice":{"type":"any"})"));
}

TEST_CASE("what Anthropic's API can't do is refused with what to leave out", "[llm][anthropic]") {
  chat_request request;
  request.messages = {says(chat_role::user, "hi")};
  request.seed = 1;
  CHECK_THAT(body_of(request), Catch::Contains("no seed"));
  request.logprobs = 2;
  CHECK_THAT(body_of(request), Catch::Contains("no logprobs"));
  CHECK(anthropic_dialect().write_request(endpoint(), embedding_request{"", {"a"}, 0}).error().code() ==
        errc::unsupported);
  chat_request empty;
  empty.messages = {says(chat_role::system, "alone")};
  CHECK_THAT(body_of(empty), Catch::Contains("without messages"));
}

TEST_CASE("the key of Anthropic's API goes in its own header", "[llm][anthropic][secret]") {
  chat_request request;
  request.messages = {says(chat_role::user, "hi")};
  const auto http = dialect_of(model_dialect::anthropic).write_request(endpoint(), request, answer_form::whole);
  REQUIRE(http.has_value());
  CHECK(http->url == "https://h/v1/messages");
  CHECK(find_header(http->headers, "anthropic-version") == "2023-06-01");
  REQUIRE(http->secrets.size() == 1);
  CHECK(http->secrets[0].name == "x-api-key");
  CHECK(http->secrets[0].value.reveal() == "key-1");
}

TEST_CASE("a whole message is read with text, calls and usage", "[llm][anthropic]") {
  auto outcome = anthropic_dialect().read_reply(R"({"id":"msg_1","type":"message","model":"claude-x","content":[
    {"type":"thinking","thinking":"hm"},{"type":"text","text":"a"},{"type":"text","text":"b"},
    {"type":"tool_use","id":"t","name":"f","input":{"x":[1]}}],"stop_reason":"tool_use",
    "usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":7}})",
                                                {});
  REQUIRE(std::holds_alternative<chat_reply>(outcome));
  const auto& reply = std::get<chat_reply>(outcome);
  CHECK(reply.text == "ab");
  CHECK(reply.tool_calls == std::vector<chat_tool_call>{{"t", "f", R"({"x":[1]})"}});
  CHECK(reply.finish == finish_reason::tool_calls);
  CHECK(reply.usage == chat_usage{15, 7, 5, false});

  chat_request typed;
  typed.output_schema = "{}";
  outcome = anthropic_dialect().read_reply(
      R"({"content":[{"type":"text","text":"Sure:"},{"type":"tool_use","id":"t","name":"answer","input":{"x":1}}],"stop_reason":"tool_use"})",
      typed);
  REQUIRE(std::holds_alternative<chat_reply>(outcome));
  CHECK(std::get<chat_reply>(outcome).text == R"({"x":1})");
  CHECK(std::get<chat_reply>(outcome).tool_calls.empty());
  CHECK(std::get<chat_reply>(outcome).finish == finish_reason::stop);
  for (const auto* bad :
       {"", "x", "{}", R"({"content": 1})", R"({"type":"error","error":{"type":"api_error","message":"m"}})"}) {
    CAPTURE(bad);
    CHECK(std::holds_alternative<provider_error>(anthropic_dialect().read_reply(bad, {})));
  }
}

TEST_CASE("a stream of messages becomes deltas and a reply", "[llm][anthropic][stream]") {
  const auto heard =
      hear({start, begins(0, R"({"type":"text","text":""})"), R"({"type":"ping"})",
            goes_on(0, R"({"type":"text_delta","text":"he"})"), goes_on(0, R"({"type":"text_delta","text":"llo"})"),
            ends(0), begins(1, R"({"type":"tool_use","id":"t","name":"f","input":{}})"),
            goes_on(1, R"({"type":"input_json_delta","partial_json":""})"),
            goes_on(1, R"({"type":"input_json_delta","partial_json":"{\"x\""})"),
            goes_on(1, R"({"type":"input_json_delta","partial_json":": 1}"})"), ends(1),
            begins(2, R"({"type":"tool_use","id":"u","name":"g","input":{}})"), ends(2),
            R"({"type":"something_new"})", stopped("tool_use"), stop});
  REQUIRE(heard.reply);
  CHECK(heard.reply->id == "msg_1");
  CHECK(heard.reply->model == "claude-x");
  CHECK(heard.reply->text == "hello");
  CHECK(heard.reply->tool_calls == std::vector<chat_tool_call>{{"t", "f", R"({"x": 1})"}, {"u", "g", "{}"}});
  CHECK(heard.reply->finish == finish_reason::tool_calls);
  CHECK(heard.reply->usage == chat_usage{16, 12, 5, false});
  REQUIRE(heard.deltas.size() == 6);
  CHECK(heard.deltas[2].tool_calls == std::vector<chat_tool_call_delta>{{0, "t", "f", ""}});
  CHECK(heard.deltas[5].tool_calls == std::vector<chat_tool_call_delta>{{1, "u", "g", ""}});
}

TEST_CASE("the answer tool streams as text, and text around it is left out", "[llm][anthropic][stream]") {
  const std::vector<std::string> typed = {start,
                                          begins(0, R"({"type":"text","text":"Sure:"})"),
                                          ends(0),
                                          begins(1, R"({"type":"tool_use","id":"t","name":"answer","input":{}})"),
                                          goes_on(1, R"({"type":"input_json_delta","partial_json":"{\"x\":1}"})"),
                                          ends(1),
                                          stopped("tool_use"),
                                          stop};
  auto heard = hear(typed, "answer");
  REQUIRE(heard.reply);
  CHECK(heard.reply->text == R"({"x":1})");
  CHECK(heard.reply->finish == finish_reason::stop);
  heard =
      hear({start, begins(0, R"({"type":"text","text":"I won't"})"), ends(0), stopped("refusal"), stop}, "answer");
  REQUIRE(heard.reply);
  CHECK(heard.reply->text == "I won't");
  CHECK(heard.reply->finish == finish_reason::content_filter);
}

TEST_CASE("broken streams of messages are one clear error", "[llm][anthropic][stream][error]") {
  CHECK(hear({start, begins(0, R"({"type":"text","text":"a"})")}).problem->failure == provider_failure::cut);
  CHECK(hear({start, stopped("max_tokens")}).reply->finish == finish_reason::length);
  CHECK(hear({start, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"})
            .problem->retryable);
  CHECK(hear({start, goes_on(3, R"({"type":"text_delta","text":"x"})")}).problem->failure ==
        provider_failure::malformed);
  CHECK(hear({start, begins(2'000'000'000, "{}")}).problem->failure == provider_failure::malformed);
  CHECK(hear({start, "garbage"}).problem->failure == provider_failure::malformed);
  CHECK(hear({"{}"}).problem->failure == provider_failure::malformed);
  CHECK(hear({start, begins(0, R"({"type":"text","text":"\ud83d"})"),
              goes_on(0, R"({"type":"text_delta","text":"\ude00"})"), ends(0), stop})
            .reply->text == "\xf0\x9f\x98\x80");
}
