// Whole answers and embeddings in OpenAI's dialect.
#include "sage/base/base64.hpp"
#include "sage/llm/dialects/openai.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

chat_reply reply_of(std::string_view body) {
  auto outcome = openai_dialect().read_reply(body, {});
  if (auto* problem = std::get_if<provider_error>(&outcome)) FAIL(problem->message);
  return std::get<chat_reply>(outcome);
}

provider_error problem_of(std::string_view body) {
  const auto outcome = openai_dialect().read_reply(body, {});
  REQUIRE(std::holds_alternative<provider_error>(outcome));
  return std::get<provider_error>(outcome);
}

vectors_or_error vectors_of(std::string_view body, std::size_t inputs) {
  embedding_request request;
  request.inputs.resize(inputs, "x");
  return openai_dialect().read_vectors(body, request);
}

}  // namespace

TEST_CASE("a whole answer is read with everything that is in it", "[llm][openai]") {
  const chat_reply reply = reply_of(R"({
    "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-x", "choices": [{"index": 0,
      "message": {"role": "assistant", "content": "hi", "refusal": null, "tool_calls": []},
      "logprobs": {"content": [{"token": "hi", "logprob": -0.5, "bytes": [104, 105], "top_logprobs": []},
                               {"token": "x", "logprob": NaN}, {"token": "y", "logprob": null}]},
      "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11,
              "prompt_tokens_details": {"cached_tokens": 4}}})");
  CHECK(reply.id == "chatcmpl-1");
  CHECK(reply.model == "gpt-x");
  CHECK(reply.text == "hi");
  CHECK(reply.finish == finish_reason::stop);
  CHECK(reply.usage == chat_usage{9, 2, 4, false});
  CHECK(reply.logprobs == std::vector<token_logprob>{{"hi", -0.5}});
}

TEST_CASE("tool calls are read, whatever is missing around them", "[llm][openai]") {
  const chat_reply reply = reply_of(R"({"choices": [{"message": {"content": null, "tool_calls": [
    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}},
    {"function": {"name": "g", "arguments": {"b": [2]}}},
    {"id": null, "function": {"name": "h"}}]}, "finish_reason": "stop"}]})");
  CHECK(reply.text.empty());
  CHECK(reply.finish == finish_reason::tool_calls);
  CHECK(reply.tool_calls ==
        std::vector<chat_tool_call>{{"c", "f", "{\"a\": 1}"}, {"call_1", "g", R"({"b":[2]})"}, {"call_2", "h", ""}});
  CHECK(reply.usage == chat_usage{0, 0, 0, true});
}

TEST_CASE("reasons for the end, refusals and parts are understood", "[llm][openai]") {
  const auto finish = [](const std::string& reason) {
    return reply_of(R"({"choices":[{"message":{"content":"x"},"finish_reason":)" + reason + "}]}").finish;
  };
  CHECK(finish("\"length\"") == finish_reason::length);
  CHECK(finish("\"content_filter\"") == finish_reason::content_filter);
  CHECK(finish("\"eos_token\"") == finish_reason::stop);
  CHECK(finish("\"whatever\"") == finish_reason::other);
  CHECK(finish("null") == finish_reason::stop);
  const chat_reply refused =
      reply_of(R"({"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}]})");
  CHECK(refused.text == "no");
  CHECK(refused.finish == finish_reason::content_filter);
  CHECK(reply_of(R"({"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]})")
            .text == "ab");
  CHECK(reply_of(R"({"choices":[{"message":{"content":"\ud83d!"}}]})").text == "\xef\xbf\xbd!");
}

TEST_CASE("an answer that makes no sense is one clear error", "[llm][openai][error]") {
  for (const auto* body :
       {"", "garbage", "<html></html>", "{}", "[]", "null", "{\"choices\": []}", "{\"choices\": [{}]}",
        "{\"choices\": {}}", "{\"choices\": [null]}", "{\"choices\": [{\"message\": {\"tool_calls\": [{}]}}]}",
        "{\"choices\": [{\"message\": {\"content\": \"a"}) {
    CAPTURE(body);
    const provider_error problem = problem_of(body);
    CHECK(problem.failure == provider_failure::malformed);
    CHECK(problem.message.find('\n') == std::string::npos);
    CHECK(problem.message.size() > 20);
  }
  CHECK(problem_of(R"({"error": {"message": "boom"}})").message == "the provider broke off with an error: boom");
  std::string calls;
  for (int i = 0; i < 200; ++i) calls += std::string(i ? "," : "") + R"({"function":{"name":"f"}})";
  CHECK(problem_of(R"({"choices":[{"message":{"tool_calls":[)" + calls + "]}}]}").failure ==
        provider_failure::malformed);
  CHECK(problem_of(std::string(100'000, '[')).failure == provider_failure::malformed);
}

TEST_CASE("embeddings come as numbers or base64, in any order", "[llm][openai][embedding]") {
  auto outcome = vectors_of(
      R"({"model": "e", "data": [{"index": 1, "embedding": [3, 4.5]}, {"index": 0, "embedding": [1, -2e-1]}],
                               "usage": {"prompt_tokens": 5, "total_tokens": 5}})",
      2);
  REQUIRE(std::holds_alternative<embedding_reply>(outcome));
  const auto& reply = std::get<embedding_reply>(outcome);
  CHECK(reply.model == "e");
  CHECK(reply.vectors == std::vector<std::vector<float>>{{1.f, -0.2f}, {3.f, 4.5f}});
  CHECK(reply.usage == chat_usage{5, 0, 0, false});

  const float numbers[] = {0.25f, -8.f};
  std::string text;
  append_base64(text, {reinterpret_cast<const char*>(numbers), sizeof numbers});
  outcome = vectors_of(R"({"data": [{"embedding": ")" + text + "\"}]}", 1);
  REQUIRE(std::holds_alternative<embedding_reply>(outcome));
  CHECK(std::get<embedding_reply>(outcome).vectors == std::vector<std::vector<float>>{{0.25f, -8.f}});
  CHECK(std::get<embedding_reply>(outcome).usage.estimated);
}

TEST_CASE("vectors that make no sense are refused", "[llm][openai][embedding][error]") {
  for (const auto* data : {R"([])", R"([{"embedding": []}])", R"([{"embedding": [NaN]}])", R"([{"embedding": "A"}])",
                           R"([{"embedding": "AAA="}])", R"([{"embedding": ["x"]}])",
                           R"([{"index": 7, "embedding": [1]}])", R"([{"embedding": [1]}, {"embedding": [2]}])",
                           R"([{}])", R"([null])", R"({})", R"([{"embedding": [1e300]}])"}) {
    CAPTURE(data);
    CHECK(std::holds_alternative<provider_error>(vectors_of(R"({"data": )" + std::string(data) + "}", 1)));
  }
  CHECK(std::holds_alternative<provider_error>(
      vectors_of(R"({"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]})", 2)));
  CHECK(std::holds_alternative<provider_error>(
      vectors_of(R"({"data": [{"embedding": [1]}, {"embedding": [1, 2]}]})", 2)));
}
