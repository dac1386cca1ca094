// Requests in OpenAI's dialect, byte for byte.
#include "sage/llm/dialects/openai.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

model_endpoint endpoint() {
  model_endpoint one;
  one.base_url = "http://h:1/v1/";
  one.model = "m";
  one.key = std::string("key-1");
  return one;
}

chat_request asking(std::string text) {
  chat_request request;
  request.messages = {{chat_role::user, std::move(text), {}, {}, {}, {}}};
  return request;
}

std::string body_of(const chat_request& request, answer_form form = answer_form::whole,
                    const model_endpoint& at = endpoint()) {
  auto body = write_openai_chat(at, request, form);
  return body ? *body : body.error().what();
}

}  // namespace

TEST_CASE("a plain request has a model and its messages, and no more", "[llm][openai]") {
  CHECK(body_of(asking("hi")) == R"({"model":"m","messages":[{"role":"user","content":"hi"}]})");
  CHECK(body_of(asking("a\"\n\xff")) ==
        "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"a\\\"\\n\xef\xbf\xbd\"}]}");
  CHECK(
      body_of(asking("hi"), answer_form::streamed) ==
      R"({"model":"m","messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"include_usage":true}})");
}

TEST_CASE("the request goes to chat/completions with the key in a secret header", "[llm][openai][secret]") {
  const auto http = openai_dialect().write_request(endpoint(), asking("hi"), answer_form::streamed);
  REQUIRE(http.has_value());
  CHECK(http->url == "http://h:1/v1/chat/completions");
  CHECK(http->method == "POST");
  CHECK(find_header(http->headers, "content-type") == "application/json");
  CHECK(find_header(http->headers, "accept") == "text/event-stream");
  CHECK(find_header(http->headers, "authorization").empty());
  REQUIRE(http->secrets.size() == 1);
  CHECK(http->secrets[0].prefix + http->secrets[0].value.reveal() == "Bearer key-1");
  CHECK(http->body.find("key-1") == std::string::npos);
}

TEST_CASE("a conversation with tools and images is written out whole", "[llm][openai]") {
  chat_request request;
  request.model = "other";
  chat_message look{
      chat_role::user, "what is it?", {{"data:image/png;base64,AA==", "low"}, {"https://h/p.png", ""}}, {}, {}, {}};
  chat_message calling{chat_role::assistant, "", {}, {{"c1", "find", R"({"a":1})"}}, {}, {}};
  chat_message found{chat_role::tool, "21", {}, {}, "c1", "find"};
  request.messages = {{chat_role::system, "be brief", {}, {}, {}, {}}, look, calling, found};
  request.tools = {{"find", "finds", R"({"type":"object","properties":{"a":{"type":"integer"}}})"}, {"ping", "", ""}};
  request.choice = tool_choice::required;
  CHECK(body_of(request) == R"({"model":"other","messages":[{"role":"system","content":"be brief"},)"
                            R"({"role":"user","content":[{"type":"text","text":"what is it?"},)"
                            R"({"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"low"}},)"
                            R"({"type":"image_url","image_url":{"url":"https://h/p.png"}}]},)"
                            R"({"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function",)"
                            R"("function":{"name":"find","arguments":"{\"a\":1}"}}]},)"
                            R"({"role":"tool","content":"21","tool_call_id":"c1"}],)"
                            R"("tools":[{"type":"function","function":{"name":"find","description":"finds",)"
                            R"("parameters":{"type":"object","properties":{"a":{"type":"integer"}}}}},)"
                            R"({"type":"function","function":{"name":"ping"}}],"tool_choice":"required"})");
}

TEST_CASE("settings go under the names that the endpoint's server knows", "[llm][openai]") {
  chat_request request = asking("hi");
  request.temperature = 0.5;
  request.top_p = 0.9;
  request.output_tokens_max = 7;
  request.seed = 18446744073709551615u;
  request.stop = {"a", "b"};
  request.logprobs = 2;
  request.output_schema = R"({"type":"object"})";
  const std::string head = R"({"model":"m","messages":[{"role":"user","content":"hi"}],)";
  const std::string rest = R"("seed":18446744073709551615,"stop":["a","b"],"logprobs":true,"top_logprobs":2})";
  CHECK(body_of(request) ==
        head +
            R"("response_format":{"type":"json_schema","json_schema":{"name":"answer","schema":{"type":"object"}}},)"
            R"("temperature":0.5,"top_p":0.9,"max_completion_tokens":7,)" +
            rest);
  model_endpoint local = endpoint();
  local.old_output_limit = true;
  local.strict_output_schema = true;
  request.output_schema_name = "verdict";
  CHECK(body_of(request, answer_form::whole, local) ==
        head +
            R"("response_format":{"type":"json_schema","json_schema":{"name":"verdict","schema":{"type":"object"},)"
            R"("strict":true}},"temperature":0.5,"top_p":0.9,"max_tokens":7,)" +
            rest);
}

TEST_CASE("requests that can't be meant are refused with their place", "[llm][openai]") {
  chat_request request = asking("hi");
  request.tools = {{"find", "", "{nonsense"}};
  CHECK_THAT(body_of(request), Catch::Contains("the parameters of tool find"));
  request.tools = {{"find", "", "[1]"}};
  CHECK_THAT(body_of(request), Catch::Contains("a JSON Schema is an object"));
  request.tools.clear();
  request.output_schema = "no";
  CHECK_THAT(body_of(request), Catch::Contains("the output schema"));
  CHECK_THAT(body_of(chat_request{}), Catch::Contains("a chat without messages"));
  model_endpoint nameless = endpoint();
  nameless.model.clear();
  CHECK_THAT(body_of(asking("hi"), answer_form::whole, nameless), Catch::Contains("names a model"));
}

TEST_CASE("embedding requests list their texts", "[llm][openai][embedding]") {
  const auto http = openai_dialect().write_request(endpoint(), embedding_request{"", {"a", "b"}, 3});
  REQUIRE(http.has_value());
  CHECK(http->url == "http://h:1/v1/embeddings");
  CHECK(http->body == R"({"model":"m","input":["a","b"],"dimensions":3})");
  CHECK_FALSE(openai_dialect().write_request(endpoint(), embedding_request{}).has_value());
}
