// Counting tokens by estimate, and learning from what providers count.
#include "sage/llm/tokenizer.hpp"

#include <cmath>
#include <random>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::llm;

TEST_CASE("an estimate is near what byte-pair vocabularies give", "[llm][tokenizer]") {
  const estimating_tokenizer by;
  CHECK_FALSE(by.is_exact());
  CHECK(by.count("") == 0);
  CHECK(by.count("hello") == 1);
  // 10 in cl100k.
  const std::uint64_t fox = by.count("The quick brown fox jumps over the lazy dog.");
  CHECK(fox >= 9);
  CHECK(fox <= 11);
  CHECK(by.count("1234567") == 3);
  CHECK(by.count("\xe4\xb8\xad\xe6\x96\x87") == 2);
}

TEST_CASE("any bytes are counted", "[llm][tokenizer]") {
  const estimating_tokenizer by;
  test::for_each_seed(200, [&](std::mt19937_64& random) {
    std::string bytes(random() % 100, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    CHECK(by.count(bytes) <= 2 * bytes.size() + 1);
    CHECK((by.count(bytes) > 0 || bytes.find_first_not_of(" ") == std::string::npos));
  });
}

TEST_CASE("the estimate learns the factor of a model from its usage", "[llm][tokenizer]") {
  estimating_tokenizer by;
  const std::string text = "a sentence with several words in it, and then some more of them";
  const auto really = static_cast<std::uint64_t>(std::lround(static_cast<double>(by.count(text)) * 1.4));
  for (int i = 0; i < 60; ++i) by.observe(by.count(text), really);
  CHECK(std::abs(by.factor() - 1.4) < 0.1);
  CHECK(by.count(text) >= really);
  CHECK(by.count(text) <= really + 1);
  CHECK(by.observations() == 60);
}

TEST_CASE("usage that can't be meant teaches nothing", "[llm][tokenizer]") {
  estimating_tokenizer by;
  by.observe(0, 100);
  by.observe(100, 0);
  by.observe(100, 100'000'000);
  by.observe(100'000, 1);
  CHECK(by.factor() == 1.0);
  CHECK(by.observations() == 0);
}

TEST_CASE("a request counts messages, tools, pictures and schema", "[llm][tokenizer]") {
  const estimating_tokenizer by;
  chat_request request;
  request.messages.push_back({chat_role::user, "hello", {}, {}, {}, {}});
  const std::uint64_t alone = count_tokens(by, request);
  CHECK(alone == message_tokens_assumed + 1);
  request.tools.push_back({"find", "finds an order", "{\"type\":\"object\"}"});
  const std::uint64_t with_tool = count_tokens(by, request);
  CHECK(with_tool > alone + 5);
  request.messages[0].images.push_back({"https://example.org/a.png", ""});
  CHECK(count_tokens(by, request) == with_tool + image_tokens_assumed);
  request.messages.push_back({chat_role::assistant, "", {}, {{"c1", "find", "{\"id\": 7}"}}, {}, {}});
  CHECK(count_tokens(by, request) > with_tool + image_tokens_assumed + 2 * message_tokens_assumed);
}
