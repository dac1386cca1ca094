// What becomes of answer parts on their way out.
#include "sage/serving/chat/completion_reply.hpp"

#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "sage/serving/chat/chat_service.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::serving;

namespace {

// Keeps what is sent.
class kept_response final : public response_stream {
 public:
  [[nodiscard]] std::uint64_t id() const noexcept override { return 1; }
  bool send(int its_status, const http_headers&, std::string_view bytes) override {
    status = its_status;
    body = bytes;
    return true;
  }
  bool begin(int its_status, const http_headers&) override {
    status = its_status;
    return true;
  }
  bool write(std::string_view bytes) override {
    body += bytes;
    return true;
  }
  bool end() override { return true; }
  bool fail(const http_problem& problem) override { return send(problem.status, {}, problem.to_json()); }
  void set_on_gone(std::function<void()>) override {}
  [[nodiscard]] bool is_gone() const override { return false; }
  [[nodiscard]] std::size_t pending_bytes() const override { return 0; }

  int status = 0;
  std::string body;
};

struct asked {
  explicit asked(bool stream) {
    completion_request wanted;
    wanted.stream = stream;
    reply = std::make_shared<completion_reply>(std::weak_ptr<chat_service>(), request_record(), to, wanted,
                                               completion_name{"chatcmpl-1", 0, "m"});
  }
  /// The events of the stream, without the last one, that says it is over.
  [[nodiscard]] std::vector<nlohmann::json> events() const {
    std::vector<nlohmann::json> all;
    for (std::size_t at = to->body.find("data: "); at != std::string::npos; at = to->body.find("data: ", at + 1)) {
      const std::string line = to->body.substr(at + 6, to->body.find("\n\n", at) - at - 6);
      if (line != "[DONE]") all.push_back(nlohmann::json::parse(line));
    }
    return all;
  }
  std::shared_ptr<kept_response> to = std::make_shared<kept_response>();
  std::shared_ptr<completion_reply> reply;
};

answer_part says(std::string text, bool done = false) {
  answer_part part;
  part.text = std::move(text);
  part.done = done;
  return part;
}

}  // namespace

TEST_CASE("no empty piece stands in front of the end of a stream", "[serving][completion_reply]") {
  asked its(true);
  its.reply->on_part(says("hello"));
  its.reply->on_part(says("", true));
  const auto all = its.events();
  REQUIRE(all.size() == 2);
  CHECK(all[0]["choices"][0]["delta"]["content"] == "hello");
  CHECK(all[0]["choices"][0]["finish_reason"].is_null());
  CHECK(all[1]["choices"][0]["finish_reason"] == "stop");

  asked silent(true);
  silent.reply->on_part(says("", true));  // still says whose role it is
  REQUIRE(silent.events().size() == 2);
  CHECK(silent.events()[0]["choices"][0]["delta"]["role"] == "assistant");
}

TEST_CASE("log probabilities go out with their tokens, streamed or not", "[serving][completion_reply]") {
  const bool stream = GENERATE(true, false);
  asked its(stream);
  answer_part part = says("a");
  part.logprobs = {{"a", -0.5}};
  its.reply->on_part(part);
  part = says("b", true);
  part.logprobs = {{"b", -0.25}};
  its.reply->on_part(part);
  if (stream) {
    const auto all = its.events();
    REQUIRE(all.size() == 3);
    CHECK(all[0]["choices"][0]["logprobs"]["content"][0]["token"] == "a");
    CHECK(all[1]["choices"][0]["logprobs"]["content"][0]["logprob"] == -0.25);
    CHECK(all[2]["choices"][0]["logprobs"].is_null());
  } else {
    const auto content = nlohmann::json::parse(its.to->body)["choices"][0]["logprobs"]["content"];
    REQUIRE(content.size() == 2);
    CHECK(content[1]["token"] == "b");
  }
}

TEST_CASE("an answer with more tool calls than anybody means is an error, not memory",
          "[serving][completion_reply]") {
  asked its(false);
  answer_part part;
  part.tool_calls = {{255, "c", "look", "{}"}};
  its.reply->on_part(part);
  CHECK(its.to->status == 0);
  part.tool_calls = {{4'000'000'000u, "c", "look", "{}"}};
  its.reply->on_part(part);
  CHECK(its.to->status == 500);
  CHECK_THAT(its.to->body, Catch::Contains("more than 256 tool calls"));
  const std::string told = its.to->body;
  its.reply->on_part(says("late", true));
  CHECK(its.to->body == told);
}

TEST_CASE("the status of a failure is that of the answer, or stands in the stream", "[serving][completion_reply]") {
  const item_end end{item_end_reason::dropped, "talk", "the provider answered 400: too long",
                     item_failure{400, 0, "context_length_exceeded", ""}};
  asked whole(false);
  whole.reply->on_unanswered(end);
  CHECK(whole.to->status == 400);
  const auto told = nlohmann::json::parse(whole.to->body)["error"];
  CHECK(told["code"] == "context_length_exceeded");
  CHECK(told["type"] == "invalid_request_error");
  CHECK_THAT(told["message"].get<std::string>(), Catch::Contains("too long"));
  asked streamed(true);
  streamed.reply->on_part(says("he"));
  streamed.reply->on_unanswered(end);
  CHECK(streamed.to->status == 200);
  CHECK(streamed.events().back()["error"]["code"] == "context_length_exceeded");
}
