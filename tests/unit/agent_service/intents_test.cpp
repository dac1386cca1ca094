// What customers want, by rules.
#include "agent_service/intent.hpp"
#include "tests/catch.hpp"

using namespace agent_service;

namespace {

thread after(const std::string& intent) {
  thread known;
  known.intent = intent;
  return known;
}

sage::completion_call call_of(std::vector<std::pair<sage::chat_role, std::string>> messages, bool remembers) {
  sage::completion_call call;
  call.tenant = "acme";
  call.conversation = "c1";
  call.remembers = remembers;
  for (auto& [role, text] : messages) {
    if (role == sage::chat_role::user) call.text = text;
    call.messages.push_back({role, std::move(text), {}, {}, {}, {}});
  }
  return call;
}

constexpr auto user = sage::chat_role::user;
constexpr auto assistant = sage::chat_role::assistant;

}  // namespace

TEST_CASE("words decide what a message is about", "[agent_service][intent]") {
  const std::vector<std::pair<std::string, std::string>> messages{
      {"I want my money back for order 1003", "refund"},
      {"Refund 1003!", "refund"},
      {"can i RETURN the lamp", "refund"},
      {"Where is my order 1002?", "order"},
      {"has the parcel arrived", "order"},
      {"#1002", "order"},
      {"ada@example.com", "order"},
      {"Is the desk lamp in stock?", "order"},
      {"Hello!", "talk"},
      {"who are you", "talk"},
      {"money is tight, back then it was not", "talk"},
      {"", "talk"},
      {"\xff\xfe 12 123", "talk"},
  };
  for (const auto& [text, intent] : messages) {
    CAPTURE(text);
    CHECK(intent_of(text, {}) == intent);
  }
}

TEST_CASE("what can only be an answer means what was spoken of", "[agent_service][intent]") {
  CHECK(intent_of("1003", after("refund")) == "refund");
  CHECK(intent_of("1003", after("talk")) == "order");
  CHECK(intent_of("Yes please", after("refund")) == "refund");
  CHECK(intent_of("Yes please", after("talk")) == "talk");
  CHECK(intent_of("thank you", after("refund")) == "talk");
  CHECK(intent_of("I once had a dog that was called Bello", after("refund")) == "talk");
}

TEST_CASE("an order number is a word of four to nine digits", "[agent_service][intent]") {
  CHECK(order_number_in("order #1002, please") == "1002");
  CHECK(order_number_in("1002.") == "1002");
  CHECK(order_number_in("in 999 days") == "");
  CHECK(order_number_in("1234567890 or 4711") == "4711");
  CHECK(order_number_in("a1002 10-02 2026-11-02 4711") == "4711");
}

TEST_CASE("a remembered conversation grows, and is bounded", "[agent_service][intent]") {
  thread known;
  CHECK(classify(known, call_of({{user, "Refund, please"}}, true)).intent == "refund");
  const request next = classify(known, call_of({{user, "1003"}}, true));
  CHECK(next.intent == "refund");
  CHECK(next.order == "1003");
  CHECK(next.before == "- Refund, please\n");
  CHECK(next.conversation == "acme/named/c1");
  for (int i = 0; i < 100; ++i) static_cast<void>(classify(known, call_of({{user, std::string(10'000, 'x')}}, true)));
  CHECK(known.texts.size() == thread::texts_max);
  CHECK(known.texts.front().size() == thread::text_bytes_max);
  CHECK(known.order == "1003");
}

TEST_CASE("a call that is complete in itself brings its past along and leaves nothing", "[agent_service][intent]") {
  thread known = after("order");
  const request made =
      classify(known, call_of({{user, "Money back!"}, {assistant, "For which order?"}, {user, "1003"}}, false));
  CHECK(made.intent == "refund");
  CHECK(made.before == "- Money back!\n");
  CHECK(made.conversation == "acme/single/c1");
  CHECK(known == thread{});
}
