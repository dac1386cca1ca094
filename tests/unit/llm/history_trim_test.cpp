// What stays of a conversation that is too long.
#include "sage/llm/history_trim.hpp"

#include <map>
#include <random>
#include <set>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::llm;

namespace {

/// A token per byte: sums are easy to see.
class byte_tokenizer final : public tokenizer {
 public:
  std::uint64_t count(std::string_view text) const override { return text.size(); }
  bool is_exact() const noexcept override { return true; }
};
const byte_tokenizer by_bytes;

chat_message calls(const std::vector<std::string>& ids) {
  chat_message message{chat_role::assistant, {}, {}, {}, {}, {}};
  for (const auto& id : ids) message.tool_calls.push_back({id, "t", "{}"});
  return message;
}
chat_message answer_to(const std::string& id) {
  return {chat_role::tool, "result", {}, {}, id, {}};
}

std::string texts_of(const chat_history& history) {
  std::string all;
  for (const auto& message : history.messages) all += (all.empty() ? "" : " ") + message.text;
  return all;
}

}  // namespace

TEST_CASE("a history that fits stays as it is", "[llm][history]") {
  chat_history history;
  history.add_system("rules");
  history.add_user("a");
  history.add_assistant("b");
  const auto kept = trim_history(history, 1000, by_bytes);
  REQUIRE(kept);
  CHECK(kept->history == history);
  CHECK(kept->left_out == 0);
  CHECK(kept->tokens == 5 + 1 + 1 + 3 * message_tokens_assumed);
  CHECK_FALSE(kept->is_estimate);
  CHECK(trim_history({}, 0, by_bytes)->history.messages.empty());
}

TEST_CASE("the oldest go first, system messages stay, and a user begins", "[llm][history]") {
  chat_history history;
  history.add_user("u1");
  history.add_assistant("a1");
  history.add_system("rules");
  history.add_user("u2");
  history.add_assistant("a2");
  history.add_user("u3");
  const auto kept = trim_history(history, 5 + 4 + 4 * 6, by_bytes);  // rules and four messages of two bytes
  REQUIRE(kept);
  CHECK(texts_of(kept->history) == "rules u2 a2 u3");
  CHECK(kept->left_out == 2);
  CHECK(kept->tokens == 5 + 4 + 3 * 6);
}

TEST_CASE("a call of tools and its results stay together", "[llm][history]") {
  chat_history history;
  history.add_user("u1");
  history.add(calls({"c1", "c2"}));
  history.add(answer_to("c1"));
  history.add(answer_to("c2"));
  history.add_assistant("done");
  for (std::uint64_t allowed = 8; allowed < 70; ++allowed) {
    const auto kept = trim_history(history, allowed, by_bytes);
    REQUIRE(kept);
    const std::size_t left = kept->history.messages.size();
    CHECK((left == 1 || left == 4 || left == 5));
    CHECK(kept->tokens <= allowed);
  }
}

TEST_CASE("what is newest stays, or the limit is reported", "[llm][history]") {
  chat_history history;
  history.add_system("rules");
  history.add_user(std::string(100, 'x'));
  const auto refused = trim_history(history, 50, by_bytes);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == errc::limit);
  CHECK_THAT(refused.error().what(), Catch::Contains("113") && Catch::Contains("50"));
  chat_history rules;
  rules.add_system("rules");
  CHECK_FALSE(trim_history(rules, 5, by_bytes));
}

TEST_CASE("whatever the history, the laws of trimming hold", "[llm][history][property]") {
  test::for_each_seed(300, [](std::mt19937_64& random) {
    chat_history history;
    int next_call = 0;
    for (std::uint64_t left = random() % 30; left > 0; --left) {
      const std::string text(1 + random() % 20, 'x');
      switch (random() % 5) {
        case 0: history.add_system(text); break;
        case 1:
        case 2: history.add_user(text); break;
        case 3: history.add_assistant(text); break;
        case 4: {
          std::vector<std::string> ids;
          for (std::uint64_t i = 1 + random() % 3; i > 0; --i) ids.push_back(std::to_string(++next_call));
          history.add(calls(ids));
          for (const auto& id : ids) history.add(answer_to(id));
          break;
        }
      }
    }
    const std::uint64_t allowed = random() % 300;
    const auto kept = trim_history(history, allowed, by_bytes);
    if (!kept) return;
    std::uint64_t tokens = 0;
    std::set<std::string> called;
    std::set<std::string> answered;
    std::size_t at = 0;
    for (const auto& message : kept->history.messages) {
      tokens += count_tokens(by_bytes, message);
      for (const auto& call : message.tool_calls) called.insert(call.id);
      if (message.role == chat_role::tool) answered.insert(message.tool_call_id);
      while (at < history.messages.size() && !(history.messages[at] == message)) ++at;
      REQUIRE(at < history.messages.size());  // in order
      ++at;
    }
    CHECK(tokens == kept->tokens);
    CHECK(tokens <= allowed);
    CHECK(called == answered);
    CHECK(kept->history.messages.size() + kept->left_out == history.messages.size());
    if (!history.messages.empty()) {
      REQUIRE_FALSE(kept->history.messages.empty());
      if (history.messages.back().role != chat_role::system) {
        CHECK(kept->history.messages.back() == history.messages.back());
      }
    }
  });
}
