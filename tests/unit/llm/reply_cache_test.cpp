// Replies that were given before: equal requests only, bounded, not for ever.
#include "sage/llm/limits/reply_cache.hpp"

#include "tests/catch.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

chat_request ask(const std::string& text) {
  chat_request request;
  request.model = "m";
  request.messages = {{chat_role::user, text, {}, {}, {}, {}}};
  return request;
}
chat_reply answer(const std::string& text) {
  chat_reply reply;
  reply.text = text;
  return reply;
}

}  // namespace

TEST_CASE("a reply is found by an equal request and by no other", "[llm][cache]") {
  reply_cache cache({});
  cache.put(ask("a"), "t", answer("A"), 0);
  REQUIRE(cache.find(ask("a"), "t", 1) != nullptr);
  CHECK(cache.find(ask("a"), "t", 1)->text == "A");
  CHECK(cache.find(ask("b"), "t", 1) == nullptr);
  CHECK(cache.find(ask("a"), "other tenant", 1) == nullptr);
  chat_request warmer = ask("a");
  warmer.temperature = 0.5;
  CHECK(cache.find(warmer, "t", 1) == nullptr);
  CHECK(cache.hits() == 2);
  CHECK(cache.misses() == 3);
}

TEST_CASE("requests whose hashes are equal are not taken for each other", "[llm][cache]") {
  reply_cache cache({}, [](const chat_request&, std::string_view) { return std::uint64_t{7}; });
  cache.put(ask("a"), "", answer("A"), 0);
  CHECK(cache.find(ask("b"), "", 0) == nullptr);
  cache.put(ask("b"), "", answer("B"), 0);
  CHECK(cache.find(ask("a"), "", 0) == nullptr);
  REQUIRE(cache.find(ask("b"), "", 0) != nullptr);
  CHECK(cache.find(ask("b"), "", 0)->text == "B");
  CHECK(cache.entries() == 1);
}

TEST_CASE("the entry used least recently makes room", "[llm][cache]") {
  reply_cache_limits limits;
  limits.entries_max = 2;
  reply_cache cache(limits);
  cache.put(ask("a"), "", answer("A"), 0);
  cache.put(ask("b"), "", answer("B"), 0);
  CHECK(cache.find(ask("a"), "", 0) != nullptr);
  cache.put(ask("c"), "", answer("C"), 0);
  CHECK(cache.find(ask("b"), "", 0) == nullptr);
  CHECK(cache.find(ask("a"), "", 0) != nullptr);
  cache.put(ask("a"), "", answer("A2"), 0);
  CHECK(cache.entries() == 2);
  CHECK(cache.find(ask("a"), "", 0)->text == "A2");
}

TEST_CASE("bytes are bounded, and what alone is too large is not kept", "[llm][cache]") {
  reply_cache_limits limits;
  limits.bytes_max = 20'000;
  reply_cache cache(limits);
  for (int i = 0; i < 100; ++i) {
    cache.put(ask(std::to_string(i)), "", answer(std::string(1000, 'x')), 0);
    REQUIRE(cache.bytes() <= limits.bytes_max);
  }
  CHECK(cache.entries() > 3);
  CHECK(cache.find(ask("99"), "", 0) != nullptr);
  cache.put(ask("huge"), "", answer(std::string(30'000, 'x')), 0);
  CHECK(cache.find(ask("huge"), "", 0) == nullptr);
  CHECK(cache.find(ask("99"), "", 0) != nullptr);
  cache.clear();
  CHECK(cache.bytes() == 0);
}

TEST_CASE("an old reply is not used", "[llm][cache]") {
  reply_cache_limits limits;
  limits.age_max = 100;
  reply_cache cache(limits);
  cache.put(ask("a"), "", answer("A"), 0);
  CHECK(cache.find(ask("a"), "", 100) != nullptr);
  CHECK(cache.find(ask("a"), "", 101) == nullptr);
  CHECK(cache.entries() == 0);
}
