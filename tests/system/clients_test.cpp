// The SDKs that people use against our server, and, to tell their faults from ours, against the model's own.
#include <string>
#include <vector>

#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"
#include "tests/catch.hpp"
#include "tests/system/real_server.hpp"
#include "tests/system/weather_service.hpp"

namespace {

using namespace sage;
using namespace sage::testing;

// What a client saw, by step: `seen("plain.text")` is a JSON text.
class client_run {
 public:
  client_run(const std::string& client, const std::string& url, const std::string& model,
             std::vector<std::string> steps, const std::string& token) {
    steps.insert(steps.begin(), {url, model});
    const finished_process done =
        real_server::run_script("clients/" + client + ".mjs", std::move(steps), {{"CALLER_TOKEN", token}});
    out_ = done.out;
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    const auto read = from_json<dynamic_value>(done.out);
    REQUIRE(read);
    all_ = *read;
  }
  [[nodiscard]] std::string operator()(std::string_view path) const {
    const dynamic_value* at = &all_;
    while (at && !path.empty()) {
      const std::size_t dot = path.find('.');
      at = at->find(path.substr(0, dot));
      path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    }
    return at ? to_json(*at) : std::string();
  }
  [[nodiscard]] double number(std::string_view path) const {
    const std::string text = (*this)(path);
    return text.empty() || text == "null" ? -1 : std::stod(text);
  }
  /// For messages about failed checks.
  [[nodiscard]] const std::string& all() const noexcept { return out_; }

 private:
  std::string out_;
  dynamic_value all_;
};

const char* const greeting = R"("hello, how can i help you?")";
const char* const forecast = R"("it is 15 degrees in quito")";

// Where clients are sent, and what they present.
struct target {
  std::string url;
  std::string token;
};

void check_openai(const target& to) {
  const client_run seen("openai", to.url, "tiny-chat",
                        {"models", "plain", "streamed", "tool_wish", "tool_loop", "schema", "bad_token", "bad_model",
                         "bad_request", "abort"},
                        to.token);
  INFO(seen.all());
  CHECK(seen("models.one") == R"("tiny-chat")");
  CHECK_THAT(seen("models.ids"), Catch::Contains(R"("tiny-chat")"));
  CHECK(seen("plain.text") == greeting);
  CHECK(seen("plain.finish") == R"("stop")");
  CHECK(seen("plain.model") == R"("tiny-chat")");
  CHECK(seen("streamed.text") == greeting);
  CHECK(seen.number("streamed.pieces") > 1);
  CHECK(seen("streamed.ids") == "1");
  CHECK(seen("streamed.role") == R"("assistant")");
  CHECK(seen("streamed.finish") == R"("stop")");
  for (const char* step : {"plain", "streamed"}) {
    CHECK(seen.number(std::string(step) + ".usage.prompt_tokens") == 7);
    CHECK(seen.number(std::string(step) + ".usage.completion_tokens") == 26);
    CHECK(seen.number(std::string(step) + ".usage.total_tokens") == 33);
  }
  for (const char* how : {"tool_wish.whole", "tool_wish.streamed"}) {
    CHECK(seen(std::string(how) + ".finish") == R"("tool_calls")");
    CHECK(seen(std::string(how) + ".calls") == R"([["get_weather","{\"city\": \"quito\"}"]])");
    CHECK(seen(std::string(how) + ".text") == "null");
  }
  CHECK(seen("tool_loop.text") == forecast);
  CHECK(seen("tool_loop.called") == R"(["quito"])");
  CHECK(seen("schema.parsed.intent") == R"("order")");
  CHECK(seen("bad_token.name") == R"("AuthenticationError")");
  CHECK(seen("bad_token.status") == "401");
  CHECK(seen("bad_token.code") == R"("invalid_api_key")");
  CHECK(seen("bad_model.name") == R"("NotFoundError")");
  CHECK(seen("bad_model.status") == "404");
  CHECK(seen("bad_model.code") == R"("model_not_found")");
  CHECK(seen("bad_request.name") == R"("BadRequestError")");
  CHECK_THAT(seen("bad_request.message"), Catch::Contains("messages"));
  CHECK(seen("abort.ended") == R"("aborted")");
  CHECK(seen.number("abort.pieces") >= 1);
}

// What LangChain and Vercel's SDK have in common.
void check_framework(const char* client, const target& to) {
  const client_run seen(client, to.url, "tiny-chat",
                        {"plain", "streamed", "tool_loop", "schema", "bad_token", "bad_model", "abort"}, to.token);
  INFO(client << ": " << seen.all());
  CHECK(seen("plain.text") == greeting);
  CHECK(seen("plain.finish") == R"("stop")");
  CHECK(seen("streamed.text") == greeting);
  CHECK(seen.number("streamed.pieces") > 1);
  CHECK(seen("tool_loop.text") == forecast);
  CHECK(seen("tool_loop.called") == R"(["quito"])");
  CHECK(seen("tool_loop.steps") == "2");
  CHECK(seen("schema.parsed.intent") == R"("order")");
  CHECK(seen("bad_token.status") == "401");
  CHECK(seen("bad_model.status") == "404");
  CHECK(seen.number("abort.pieces") >= 1);
  CHECK((seen("abort.ended") == R"("abort")" || seen("abort.ended") == R"("AbortError")"));
}

TEST_CASE("the official SDK works with the model's own server and with ours in front of it", "[system][real]") {
  const real_server model("model_server.mjs", {"--key", "the-key-of-the-model", "--tokens-per-second", "200"});
  check_openai({model.base_url(), "the-key-of-the-model"});
  const real_server open("model_server.mjs", {"--tokens-per-second", "200"});
  const weather_service ours(open);
  check_openai({ours.base_url(), weather_service::token});
}

TEST_CASE("the official SDK gets embeddings and log probabilities through our server", "[system][real]") {
  const real_server model("model_server.mjs");
  const real_server encoder("embedding_server.mjs");
  const weather_service ours(model, sentence_encoder(encoder));
  const client_run direct("openai", encoder.base_url(), "sentence-encoder", {"embeddings"}, "none");
  const client_run seen("openai", ours.base_url(), "sentence-encoder",
                        {"models", "embeddings", "bad_embeddings", "bad_embedding_model"}, weather_service::token);
  INFO(seen.all());
  CHECK(seen("models.one") == R"("sentence-encoder")");
  CHECK(seen("embeddings.sizes") == "[512,512,512]");
  CHECK(seen("embeddings.sizes") == direct("embeddings.sizes"));
  CHECK(seen("embeddings.first") == direct("embeddings.first"));
  CHECK(seen.number("embeddings.farthest") >= 0);
  CHECK(seen.number("embeddings.farthest") < 1e-6);
  CHECK(seen.number("embeddings.usage.prompt_tokens") == 3);
  CHECK(seen("bad_embeddings.name") == R"("BadRequestError")");
  CHECK(seen("bad_embeddings.param") == R"("input")");
  CHECK(seen("bad_embedding_model.name") == R"("NotFoundError")");
  CHECK(seen("bad_embedding_model.code") == R"("model_not_found")");
  const client_run likely("openai", ours.base_url(), "tiny-chat", {"logprobs"}, weather_service::token);
  INFO(likely.all());
  for (const char* which : {"logprobs.text", "logprobs.whole", "logprobs.streamed"}) CHECK(likely(which) == greeting);
  CHECK(likely("logprobs.likely") == "true");
}

TEST_CASE("LangChain's client works with the model's own server and with ours in front of it", "[system][real]") {
  const real_server model("model_server.mjs", {"--key", "the-key-of-the-model", "--tokens-per-second", "200"});
  check_framework("langchain", {model.base_url(), "the-key-of-the-model"});
  const real_server open("model_server.mjs", {"--tokens-per-second", "200"});
  const weather_service ours(open);
  check_framework("langchain", {ours.base_url(), weather_service::token});
}

TEST_CASE("Vercel's SDK works with the model's own server and with ours in front of it", "[system][real]") {
  const real_server model("model_server.mjs", {"--key", "the-key-of-the-model", "--tokens-per-second", "200"});
  check_framework("ai_sdk", {model.base_url(), "the-key-of-the-model"});
  const real_server open("model_server.mjs", {"--tokens-per-second", "200"});
  const weather_service ours(open);
  check_framework("ai_sdk", {ours.base_url(), weather_service::token});
}

TEST_CASE("clients see the answers of an agent that uses a tool and remembers", "[system][real]") {
  const real_server model("model_server.mjs");
  const weather_service ours(model);
  const client_run seen("openai", ours.base_url(), "weather", {"plain", "streamed", "parts", "conversation", "crowd"},
                        weather_service::token);
  INFO(seen.all());
  CHECK(seen("plain.text") == greeting);
  CHECK(seen("streamed.text") == greeting);
  CHECK(seen("parts.text") == greeting);
  CHECK(seen("plain.request_id").starts_with("\"req-"));
  CHECK(seen("plain.request_id") != seen("parts.request_id"));
  CHECK(seen("crowd.wrong") == "[]");
  CHECK(seen("conversation.first.text") == forecast);
  CHECK(seen("conversation.first.calls").empty());  // the tool was the agent's own business
  CHECK(seen.number("conversation.first.usage.completion_tokens") > 100);
  // The model saw the first turn too.
  CHECK(seen.number("conversation.second.usage.prompt_tokens") > 120);
}

TEST_CASE("a client with too many requests of one conversation is told to come back", "[system][real]") {
  const real_server model("model_server.mjs", {"--tokens-per-second", "100"});
  const weather_service ours(model);
  // Of the bare model: the agent remembers, and the window of the tiny model holds five greetings only.
  const client_run seen("openai", ours.base_url(), "tiny-chat", {"too_many", "plain", "patient"},
                        weather_service::token);
  INFO(seen.all());
  CHECK(seen.number("too_many.answered") >= 1);
  CHECK(seen.number("too_many.answered") < 24);
  CHECK(seen("too_many.statuses") == "[429]");
  CHECK(seen("too_many.first.name") == R"("RateLimitError")");
  CHECK(seen("too_many.first.retry_after") == R"("1")");
  CHECK(seen("plain.text") == greeting);
  CHECK(seen("patient.answered") == "14");  // by coming back as Retry-After says
}

TEST_CASE("a client that gives a stream up stops the model behind our server", "[system][real]") {
  const real_server model("model_server.mjs", {"--tokens-per-second", "10"});
  const weather_service ours(model);
  for (const char* client : {"openai", "langchain", "ai_sdk"}) {
    const client_run seen(client, ours.base_url(), "weather", {"abort"}, weather_service::token);
    INFO(client << ": " << seen.all());
    CHECK(seen.number("abort.pieces") >= 1);
  }
  CHECK(comes_true([&] { return page_of(model, "/calls").find(R"("given_up":3)") != std::string::npos; }));
}

}  // namespace
