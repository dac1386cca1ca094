// OpenAI's protocol: what requests say, what is refused and how, and the texts of answers.
#include "sage/serving/openai_protocol.hpp"

#include <nlohmann/json.hpp>

#include "sage/serving/embeddings_protocol.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::serving;
using json = nlohmann::json;

namespace {

server_request with_body(std::string body, http_headers headers = {}) {
  server_request request;
  request.method = "POST";
  request.headers = std::move(headers);
  request.headers.emplace_back("content-type", "application/json; charset=utf-8");
  request.body = std::move(body);
  return request;
}

completion_request parsed(const std::string& body, http_headers headers = {}) {
  auto read = parse_completion(with_body(body, std::move(headers)));
  if (auto* problem = std::get_if<http_problem>(&read)) FAIL(problem->message);
  return std::get<completion_request>(std::move(read));
}

http_problem refused(const std::string& body, http_headers headers = {}) {
  auto read = parse_completion(with_body(body, std::move(headers)));
  if (std::holds_alternative<completion_request>(read)) FAIL("not refused: " << body);
  return std::get<http_problem>(std::move(read));
}

// A request with these fields beyond the least.
std::string with(const std::string& fields) {
  return R"({"model":"m","messages":[{"role":"user","content":"hi"}],)" + fields + "}";
}

// The events of a stream, without the last, which must be [DONE].
std::vector<json> events(const std::string& text) {
  std::vector<json> all;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = text.find("\n\n", at);
    REQUIRE(end != std::string::npos);
    const std::string line = text.substr(at, end - at);
    REQUIRE(line.starts_with("data: "));
    if (line != "data: [DONE]") all.push_back(json::parse(line.substr(6)));
    at = end + 2;
  }
  return all;
}

const completion_name name{"chatcmpl-1", 1700000000, "stand-in"};

}  // namespace

TEST_CASE("a request for a completion is read whole", "[serving][openai]") {
  const completion_request read = parsed(R"({
    "model": "tiny", "stream": true, "stream_options": {"include_usage": true},
    "messages": [
      {"role": "system", "content": "be kind"},
      {"role": "developer", "content": [{"type": "text", "text": "be "}, {"type": "text", "text": "brief"}]},
      {"role": "user", "name": "ann", "content": [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": "https://a.example/b.png", "detail": "low"}}]},
      {"role": "assistant", "content": null, "tool_calls": [
        {"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"at\":1}"}}]},
      {"role": "tool", "tool_call_id": "c1", "content": "a cat"},
      {"role": "user", "content": "thanks"}],
    "tools": [{"type": "function", "function": {"name": "look", "description": "looks",
      "parameters": {"type": "object", "properties": {"at": {"type": "integer"}}}}}],
    "tool_choice": "required", "temperature": 0.5, "top_p": 1, "max_completion_tokens": 100, "seed": 7,
    "stop": ["\n", "END"], "logprobs": true, "top_logprobs": 0, "n": 1, "presence_penalty": 0, "logit_bias": {},
    "response_format": {"type": "json_schema", "json_schema": {"name": "seen", "schema": {"type": "object"}}},
    "metadata": {"conversation_id": "conv-1:a.b_c", "detached": "true"}, "user": "ann", "parallel_tool_calls": true,
    "made_up": {"x": [1, 2]}
  })");
  CHECK(read.stream);
  CHECK(read.include_usage);
  CHECK(read.detached);
  CHECK(read.conversation_id == "conv-1:a.b_c");
  const chat_request& chat = read.chat;
  CHECK(chat.model == "tiny");
  REQUIRE(chat.messages.size() == 6);
  CHECK(chat.messages[0] == chat_message{chat_role::system, "be kind", {}, {}, {}, {}});
  CHECK(chat.messages[1] == chat_message{chat_role::system, "be brief", {}, {}, {}, {}});
  CHECK(chat.messages[2].images == std::vector<chat_image>{{"https://a.example/b.png", "low"}});
  CHECK(chat.messages[2].name == "ann");
  CHECK(chat.messages[3].tool_calls == std::vector<chat_tool_call>{{"c1", "look", R"({"at":1})"}});
  CHECK(chat.messages[4].tool_call_id == "c1");
  REQUIRE(chat.tools.size() == 1);
  CHECK(chat.tools[0].name == "look");
  CHECK(chat.tools[0].parameters == R"({"type":"object","properties":{"at":{"type":"integer"}}})");
  CHECK(chat.choice == tool_choice::required);
  CHECK(chat.temperature == 0.5);
  CHECK(chat.top_p == 1);
  CHECK(chat.output_tokens_max == 100u);
  CHECK(chat.seed == 7u);
  CHECK(chat.stop == std::vector<std::string>{"\n", "END"});
  CHECK(chat.logprobs == 1);
  CHECK(chat.output_schema == R"({"type":"object"})");
  CHECK(chat.output_schema_name == "seen");
}

TEST_CASE("a request has to say little", "[serving][openai]") {
  const completion_request read = parsed(with(R"("stop":"x","max_tokens":5,"temperature":null,"logprobs":true)"));
  CHECK_FALSE(read.stream);
  CHECK_FALSE(read.detached);
  CHECK(read.conversation_id.empty());
  CHECK(read.chat.stop == std::vector<std::string>{"x"});
  CHECK(read.chat.output_tokens_max == 5u);
  CHECK(read.chat.logprobs == 1);
  CHECK_FALSE(read.chat.temperature.has_value());
  CHECK(parsed(with(R"("response_format":{"type":"json_object"})")).chat.output_schema == R"({"type":"object"})");
  CHECK(parsed(with(R"("response_format":{"type":"text"})")).chat.output_schema.empty());
}

TEST_CASE("one tool that is demanded is the only one", "[serving][openai]") {
  const std::string tools =
      R"("tools":[{"type":"function","function":{"name":"a"}},{"type":"function","function":{"name":"b"}}],)";
  const chat_request chat = parsed(with(tools + R"("tool_choice":{"type":"function","function":{"name":"b"}})")).chat;
  REQUIRE(chat.tools.size() == 1);
  CHECK(chat.tools[0].name == "b");
  CHECK(chat.choice == tool_choice::required);
  CHECK(refused(with(tools + R"("tool_choice":{"type":"function","function":{"name":"c"}})")).param == "tool_choice");
}

TEST_CASE("what is wrong with a request is told with the field", "[serving][openai]") {
  const std::pair<const char*, std::string> cases[] = {
      {"model", R"({"messages":[{"role":"user","content":"hi"}]})"},
      {"model", R"({"model":7,"messages":[{"role":"user","content":"hi"}]})"},
      {"messages", R"({"model":"m"})"},
      {"messages", R"({"model":"m","messages":[]})"},
      {"messages", R"({"model":"m","messages":"hi"})"},
      {"messages[0]", R"({"model":"m","messages":["hi"]})"},
      {"messages[0].role", R"({"model":"m","messages":[{"content":"hi"}]})"},
      {"messages[1].role",
       R"({"model":"m","messages":[{"role":"user","content":"hi"},{"role":"bot","content":""}]})"},
      {"messages[0].content", R"({"model":"m","messages":[{"role":"user"}]})"},
      {"messages[0].content", R"({"model":"m","messages":[{"role":"user","content":7}]})"},
      {"messages[0].content[0].type",
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"input_audio"}]}]})"},
      {"messages[0].content[0].type",
       R"({"model":"m","messages":[{"role":"system","content":[{"type":"image_url"}]}]})"},
      {"messages[0].content[0].image_url.url",
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]})"},
      {"messages[0].tool_call_id", R"({"model":"m","messages":[{"role":"tool","content":"x"}]})"},
      {"messages[0].tool_calls[0].function",
       R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]})"},
      {"tools[0].type", with(R"("tools":[{"type":"retrieval"}])")},
      {"tools[0].function.name", with(R"("tools":[{"type":"function","function":{}}])")},
      {"tools[0].function.parameters",
       with(R"("tools":[{"type":"function","function":{"name":"a","parameters":1}}])")},
      {"tool_choice", with(R"("tool_choice":"maybe")")},
      {"temperature", with(R"("temperature":3)")},
      {"temperature", with(R"("temperature":"warm")")},
      {"top_p", with(R"("top_p":-0.1)")},
      {"max_tokens", with(R"("max_tokens":0)")},
      {"max_completion_tokens", with(R"("max_completion_tokens":1.5)")},
      {"seed", with(R"("seed":-1)")},
      {"stop", with(R"("stop":["a","b","c","d","e"])")},
      {"stop", with(R"("stop":[1])")},
      {"top_logprobs", with(R"("top_logprobs":2)")},
      {"top_logprobs", with(R"("logprobs":true,"top_logprobs":3)")},
      {"top_logprobs", with(R"("logprobs":true,"top_logprobs":21)")},
      {"stream", with(R"("stream":"yes")")},
      {"stream_options", with(R"("stream_options":{"include_usage":true})")},
      {"response_format.type", with(R"("response_format":{"type":"yaml"})")},
      {"response_format.json_schema.schema", with(R"("response_format":{"type":"json_schema"})")},
      {"n", with(R"("n":2)")},
      {"presence_penalty", with(R"("presence_penalty":1)")},
      {"logit_bias", with(R"("logit_bias":{"50256":-100})")},
      {"functions", with(R"("functions":[])")},
      {"metadata", with(R"("metadata":"x")")},
      {"metadata.conversation_id", with(R"("metadata":{"conversation_id":"a b"})")},
      {"metadata.conversation_id", with(R"("metadata":{"conversation_id":")" + std::string(129, 'x') + "\"}")},
      {"", "[]"},
      {"", R"("text")"},
  };
  for (const auto& [param, body] : cases) {
    CAPTURE(body);
    const http_problem problem = refused(body);
    CHECK(problem.status == 400);
    CHECK(problem.param == param);
    CHECK_FALSE(problem.message.empty());
    CHECK_FALSE(problem.closes);
    const json told = json::parse(problem.to_json()).at("error");
    CHECK(told.at("type") == "invalid_request_error");
    CHECK(told.at("message") == problem.message);
    CHECK(told.size() == 4);
  }
}

TEST_CASE("a body that is no JSON is told where, and one that doesn't say it is JSON is refused",
          "[serving][openai]") {
  CHECK(refused("{\"model\": \"m\",\n\"messages\": [}").message.find("2:14") != std::string::npos);
  CHECK(refused("").status == 400);
  CHECK(refused(R"({"model":"m","model":"n"})").status == 400);
  CHECK(refused(R"({"model":"\ud800"})").status == 400);
  CHECK(refused("{\"model\":\"\xff\"}").status == 400);
  CHECK(refused(std::string(100'000, '[')).status == 413);
  server_request request = with_body(with(R"("n":1)"));
  request.headers = {{"Content-Type", "text/plain"}};
  CHECK(std::get<http_problem>(parse_completion(request)).status == 415);
  request.headers = {};
  CHECK(std::get<http_problem>(parse_completion(request)).status == 415);
}

TEST_CASE("the bounds of a request hold", "[serving][openai]") {
  completion_limits limits;
  limits.messages_max = 2;
  limits.tools_max = 1;
  limits.images_max = 1;
  const auto param = [&](const std::string& body) {
    const auto read = parse_completion(with_body(body), limits);
    return std::holds_alternative<http_problem>(read) ? std::get<http_problem>(read).param : std::string();
  };
  const std::string message = R"({"role":"user","content":"hi"})";
  CHECK(param(R"({"model":"m","messages":[)" + message + "," + message + "]}").empty());
  CHECK(param(R"({"model":"m","messages":[)" + message + "," + message + "," + message + "]}") == "messages");
  const std::string tool = R"({"type":"function","function":{"name":"a"}})";
  CHECK(param(with(R"("tools":[)" + tool + "," + tool + "]")) == "tools");
  const std::string image = R"({"type":"image_url","image_url":{"url":"u"}})";
  CHECK(param(R"({"model":"m","messages":[{"role":"user","content":[)" + image + "," + image + "]}]}") ==
        "messages[0].content[1]");
}

TEST_CASE("the conversation comes from the body or the header, which must agree", "[serving][openai]") {
  CHECK(parsed(with(R"("n":1)"), {{"X-Conversation-ID", "c1"}}).conversation_id == "c1");
  CHECK(parsed(with(R"("metadata":{"conversation_id":"c1"})"), {{"x-conversation-id", "c1"}}).conversation_id ==
        "c1");
  CHECK(refused(with(R"("metadata":{"conversation_id":"c1"})"), {{"x-conversation-id", "c2"}}).param ==
        "metadata.conversation_id");
  CHECK(parsed(with(R"("n":1)"), {{"X-Detached", "true"}}).detached);
  CHECK_FALSE(parsed(with(R"("metadata":{"detached":"false"})")).detached);
}

TEST_CASE("with a conversation only what follows the assistant's last message is new", "[serving][openai]") {
  completion_request request;
  request.chat.messages = {{chat_role::system, "s", {}, {}, {}, {}},
                           {chat_role::user, "a", {}, {}, {}, {}},
                           {chat_role::assistant, "b", {}, {}, {}, {}},
                           {chat_role::user, "c", {}, {}, {}, {}},
                           {chat_role::user, "d", {}, {}, {}, {}}};
  CHECK(new_messages(request) == request.chat.messages);
  request.conversation_id = "c1";
  const auto fresh = new_messages(request);
  REQUIRE(fresh.size() == 2);
  CHECK(fresh[0].text == "c");
  CHECK(fresh[1].text == "d");
  request.chat.messages.resize(2);
  CHECK(new_messages(request).size() == 2);
  const std::string nothing_new = R"("messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})";
  CHECK(refused(R"({"model":"m","metadata":{"conversation_id":"c1"},)" + nothing_new).param == "messages");
  CHECK(parsed(R"({"model":"m",)" + nothing_new).chat.messages.size() == 2);
}

TEST_CASE("an answer is one object", "[serving][openai]") {
  chat_reply reply;
  reply.text = "hi \"you\"\n";
  reply.usage = {10, 5, 2, false};
  reply.logprobs = {{"hi", -0.5}, {"!", -INFINITY}};
  json told = json::parse(render_completion(name, reply));
  CHECK(told.at("id") == "chatcmpl-1");
  CHECK(told.at("object") == "chat.completion");
  CHECK(told.at("created") == 1700000000);
  CHECK(told.at("model") == "stand-in");
  CHECK(told.at("choices").size() == 1);
  const json& choice = told.at("choices")[0];
  CHECK(choice.at("index") == 0);
  CHECK(choice.at("message") == json({{"role", "assistant"}, {"content", "hi \"you\"\n"}, {"refusal", nullptr}}));
  CHECK(choice.at("finish_reason") == "stop");
  CHECK(choice.at("logprobs").at("content")[0].at("logprob") == -0.5);
  CHECK(choice.at("logprobs").at("content")[1].at("logprob") == -9999.0);
  CHECK(told.at("usage").at("total_tokens") == 15);
  CHECK(told.at("usage").at("prompt_tokens_details").at("cached_tokens") == 2);

  reply = {};
  reply.tool_calls = {{"c1", "look", R"({"at":1})"}};
  reply.finish = finish_reason::tool_calls;
  told = json::parse(render_completion(name, reply));
  const json& message = told.at("choices")[0].at("message");
  CHECK(message.at("content").is_null());
  CHECK(message.at("tool_calls")[0] ==
        json({{"id", "c1"}, {"type", "function"}, {"function", {{"name", "look"}, {"arguments", R"({"at":1})"}}}}));
  CHECK(told.at("choices")[0].at("finish_reason") == "tool_calls");
  CHECK(told.at("choices")[0].at("logprobs").is_null());
  reply.text = "cut \xe2\x82";  // must not end in no answer
  CHECK(json::parse(render_completion(name, reply)).at("choices")[0].at("message").at("content") ==
        "cut \xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("an answer in pieces begins with the role and ends with the reason", "[serving][openai]") {
  completion_stream stream(name);
  chat_delta delta;
  delta.text = "he";
  std::string text = stream.piece(delta);
  delta.text = "llo\n\ndata: x";
  text += stream.piece(delta);
  delta = {};
  delta.tool_calls = {{0, "c1", "look", ""}};
  text += stream.piece(delta);
  delta.tool_calls = {{0, "", "", R"({"at":)"}, {1, "c2", "see", "{}"}};
  text += stream.piece(delta);
  const chat_usage usage{3, 4, 0, false};
  text += stream.end(finish_reason::tool_calls, &usage);
  CHECK(text.ends_with("\n\ndata: [DONE]\n\n"));
  const auto all = events(text);
  REQUIRE(all.size() == 6);
  for (const json& one : all) {
    CHECK(one.at("object") == "chat.completion.chunk");
    CHECK(one.at("id") == "chatcmpl-1");
    CHECK(one.at("model") == "stand-in");
  }
  const auto delta_of = [&](std::size_t i) { return all[i].at("choices")[0].at("delta"); };
  CHECK(delta_of(0) == json({{"role", "assistant"}, {"content", "he"}}));
  CHECK(delta_of(1) == json({{"content", "llo\n\ndata: x"}}));
  CHECK(
      delta_of(2).at("tool_calls")[0] ==
      json({{"index", 0}, {"id", "c1"}, {"type", "function"}, {"function", {{"name", "look"}, {"arguments", ""}}}}));
  CHECK(delta_of(3).at("tool_calls")[0] == json({{"index", 0}, {"function", {{"arguments", R"({"at":)"}}}}));
  CHECK(delta_of(3).at("tool_calls")[1].at("id") == "c2");
  CHECK(all[3].at("choices")[0].at("finish_reason").is_null());
  CHECK(delta_of(4) == json::object());
  CHECK(all[4].at("choices")[0].at("finish_reason") == "tool_calls");
  CHECK(all[5].at("choices").empty());
  CHECK(all[5].at("usage").at("total_tokens") == 7);
}

TEST_CASE("a stream without a piece still says the role, and one that fails says why", "[serving][openai]") {
  completion_stream empty(name);
  const auto all = events(empty.end(finish_reason::length, nullptr));
  REQUIRE(all.size() == 2);
  CHECK(all[0].at("choices")[0].at("delta") == json({{"role", "assistant"}, {"content", ""}}));
  CHECK(all[1].at("choices")[0].at("finish_reason") == "length");
  http_problem problem;
  problem.status = 502;
  problem.message = "the model's server is gone";
  const auto told = events(empty.fail(problem));
  REQUIRE(told.size() == 1);
  CHECK(told[0].at("error").at("message") == "the model's server is gone");
  CHECK(told[0].at("error").at("type") == "server_error");
}

TEST_CASE("models are listed", "[serving][openai]") {
  const std::vector<listed_model> models{{"a", 1, "sage"}, {"b", 2, "me"}};
  const json told = json::parse(render_models(models));
  CHECK(told.at("object") == "list");
  CHECK(told.at("data").size() == 2);
  CHECK(told.at("data")[1] == json({{"id", "b"}, {"object", "model"}, {"created", 2}, {"owned_by", "me"}}));
  CHECK(json::parse(render_model(models[0])) == told.at("data")[0]);
}

TEST_CASE("a request for embeddings is one text or several", "[serving][openai]") {
  const auto read = [](const std::string& body) { return parse_embeddings(with_body(body)); };
  CHECK(std::get<embeddings_request>(read(R"({"model":"e","input":"a"})")) ==
        embeddings_request{"e", {"a"}, false, std::nullopt});
  CHECK(std::get<embeddings_request>(
            read(R"({"model":"e","input":["a","b"],"encoding_format":"base64","dimensions":8})")) ==
        embeddings_request{"e", {"a", "b"}, true, 8});
  const std::pair<const char*, const char*> cases[] = {
      {"model", R"({"input":"a"})"},
      {"input", R"({"model":"e"})"},
      {"input", R"({"model":"e","input":[]})"},
      {"input", R"({"model":"e","input":["a",""]})"},
      {"input", R"({"model":"e","input":[1,2]})"},
      {"input", R"({"model":"e","input":7})"},
      {"encoding_format", R"({"model":"e","input":"a","encoding_format":"hex"})"},
      {"dimensions", R"({"model":"e","input":"a","dimensions":0})"},
  };
  for (const auto& [param, body] : cases) {
    CAPTURE(body);
    CHECK(std::get<http_problem>(read(body)).param == param);
  }
}

TEST_CASE("embeddings are numbers, or base64 of little-endian floats", "[serving][openai]") {
  const std::vector<std::vector<float>> vectors{{1.0f, -0.5f}, {0.25f, 0.0f}};
  embeddings_request request{"e", {"a", "b"}, false, std::nullopt};
  json told = json::parse(render_embeddings(request, "real", vectors, 9));
  CHECK(told.at("model") == "real");
  CHECK(told.at("data")[1] == json({{"object", "embedding"}, {"index", 1}, {"embedding", json::array({0.25, 0.0})}}));
  CHECK(told.at("usage").at("prompt_tokens") == 9);
  request.as_base64 = true;
  told = json::parse(render_embeddings(request, "real", vectors, 9));
  CHECK(told.at("data")[0].at("embedding") == "AACAPwAAAL8=");
}
