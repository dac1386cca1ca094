#include "sage/model/item_scope.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "tests/catch.hpp"

using sage::item_end;
using sage::item_end_reason;
using sage::item_scope;
using sage::item_settings;
using sage::ref;
using sage::stop_reason;

namespace {

class port final : public sage::reply_port {
 public:
  void on_unanswered(const item_end& end) noexcept override {
    ++calls;
    last = end;
  }
  std::atomic<int> calls{0};
  item_end last;
};

class listener final : public sage::stop_listener {
 public:
  void on_stop(std::uint64_t token) noexcept override { tokens.push_back(token); }
  std::vector<std::uint64_t> tokens;
};

ref<item_scope> ask(const std::shared_ptr<port>& reply) {
  item_settings settings;
  settings.request_id = "r-1";
  settings.reply = reply;
  return item_scope::make(std::move(settings));
}

// What the requester hears when the item is let go after `before`.
template <class Before>
std::string heard(Before before) {
  const auto reply = std::make_shared<port>();
  auto item = ask(reply);
  before(*item);
  CHECK(reply->calls == 0);
  item.reset();
  CHECK(reply->calls == 1);
  return reply->last.message();
}

}  // namespace

TEST_CASE("an item says what it was made with", "[model][item_scope]") {
  item_settings settings;
  settings.request_id = "r-7";
  settings.tenant = "acme";
  settings.conversation = "c-9";
  settings.trace = *sage::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  settings.deadline = 17;
  settings.keep_when_gone = true;
  const auto item = item_scope::make(settings);
  CHECK(item->request_id() == "r-7");
  CHECK(item->tenant() == "acme");
  CHECK(item->conversation() == "c-9");
  CHECK(item->trace().trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(item->deadline() == 17);
  CHECK(item->keep_when_gone());
  CHECK(item->reply() == nullptr);  // nobody waits: letting it go tells nobody
}

TEST_CASE("one of those who hold an item may answer", "[model][item_scope]") {
  const auto reply = std::make_shared<port>();
  auto item = ask(reply);
  auto other = item;
  CHECK(item->claim_answer());
  CHECK_FALSE(other->claim_answer());
  CHECK(other->is_claimed());
  item->note_end(item_end_reason::filtered, "late");
  item.reset();
  other.reset();
  CHECK(reply->calls == 0);
}

TEST_CASE("only the last who lets go of an item ends it", "[model][item_scope]") {
  const auto reply = std::make_shared<port>();
  auto item = ask(reply);
  auto other = item;
  item.reset();
  CHECK(reply->calls == 0);
  other.reset();
  CHECK(reply->calls == 1);
}

TEST_CASE("the requester hears why and where, of the last who noted it", "[model][item_scope]") {
  CHECK(heard([](item_scope&) {}) == "its job ended or failed before it was answered");
  CHECK(heard([](item_scope& item) { item.note_end(item_end_reason::filtered, "f"); }) ==
        "operator 'f' filtered it out");
  CHECK(heard([](item_scope& item) {
          item.note_end(item_end_reason::filtered, "f");
          item.note_end(item_end_reason::dead_lettered, "g", "refused");
        }) == "operator 'g' failed: refused");
  CHECK(heard([](item_scope& item) { item.note_end(item_end_reason::dropped, "g", "refused"); }) ==
        "operator 'g' failed: refused");
  CHECK(heard([](item_scope& item) { item.note_end(item_end_reason::aggregated, "a"); }) ==
        "operator 'a' aggregated it");
  CHECK(heard([](item_scope& item) { item.note_end(item_end_reason::no_results, "m"); }) ==
        "operator 'm' made nothing of it");
  CHECK(heard([](item_scope& item) { item.stop(stop_reason::client); }) == "it was stopped: its client is gone");
  CHECK(heard([](item_scope& item) { item.note_end(item_end_reason::gone, "m", "its deadline has passed"); }) ==
        "it was stopped: its deadline has passed");
}

TEST_CASE("a missing route is what a request hears only if a sink took its record there", "[model][item_scope]") {
  CHECK(heard([](item_scope& item) { item.note_sunk("s"); }) == "operator 's' took it and doesn't answer");
  CHECK(heard([](item_scope& item) {
          item.note_unrouted("r");
          item.note_sunk("s");
        }) == "operator 'r' has no route for it");
  CHECK(heard([](item_scope& item) {
          item.note_unrouted("r");
          item.note_end(item_end_reason::filtered, "f");
        }) == "operator 'f' filtered it out");
  CHECK(heard([](item_scope& item) { item.note_unrouted("r"); }) == "its job ended or failed before it was answered");
}

TEST_CASE("a stop tells every subscriber once, and those who come too late", "[model][item_scope]") {
  const auto item = ask(nullptr);
  const auto first = std::make_shared<listener>();
  const auto second = std::make_shared<listener>();
  REQUIRE(item->subscribe(first, 1));
  REQUIRE(item->subscribe(first, 2));
  REQUIRE(item->subscribe(second, 3));
  REQUIRE(item->subscribe(second, 4));
  item->unsubscribe(*first, 1);
  item->unsubscribe(*second, 4);
  item->unsubscribe(*second, 2);  // none of its own
  CHECK_FALSE(item->is_stopped());
  CHECK(item->stop(stop_reason::deadline));
  CHECK_FALSE(item->stop(stop_reason::client));
  CHECK(item->why_stopped() == stop_reason::deadline);
  CHECK(first->tokens == std::vector<std::uint64_t>{2});
  CHECK(second->tokens == std::vector<std::uint64_t>{3});
  CHECK_FALSE(item->subscribe(second, 5));
  item->unsubscribe(*first, 2);
  CHECK(second->tokens.size() == 1);
  CHECK(first.use_count() == 1);  // nobody is kept once he was told
}

TEST_CASE("an item answers once whatever threads do to it", "[model][item_scope]") {
  for (int round = 0; round < 200; ++round) {
    const auto reply = std::make_shared<port>();
    std::atomic<int> answers{0};
    const auto told = std::make_shared<listener>();
    {
      auto item = ask(reply);
      std::vector<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([i, round, told, &answers, share = item]() mutable {
          if (i == 0) share->stop(stop_reason::user);
          if (i == 1) share->note_end(item_end_reason::filtered, "an operator with a name of some length");
          if (i == 2) static_cast<void>(share->subscribe(told, 7));
          if (i == 3 && round % 2 == 0 && share->claim_answer()) ++answers;
          share.reset();
        });
      }
      item.reset();
      for (std::thread& one : threads) one.join();
    }
    CHECK(answers + reply->calls == 1);
    CHECK(told->tokens.size() <= 1);
  }
}

namespace {

struct told_problem final : std::runtime_error, sage::told_failure {
  told_problem() : std::runtime_error("the secret of the house") {}
  [[nodiscard]] sage::item_failure told() const override { return {413, 7, "too_long", "shorten it"}; }
};

}  // namespace

TEST_CASE("what a failure says of itself reaches the requester instead of its text", "[model][item_scope]") {
  const sage::item_failure told = sage::failure_of(std::make_exception_ptr(told_problem()));
  CHECK(told == sage::item_failure{413, 7, "too_long", "shorten it"});
  CHECK(sage::failure_of(std::make_exception_ptr(std::runtime_error("x"))) == sage::item_failure());
  CHECK(sage::failure_of(std::make_exception_ptr(7)) == sage::item_failure());
  CHECK(sage::failure_of(nullptr) == sage::item_failure());
  const auto reply = std::make_shared<port>();
  auto item = ask(reply);
  item->note_end(item_end_reason::failed, "desk", "the secret of the house", told);
  item.reset();
  CHECK(reply->last.failure == told);
  CHECK(reply->last.message() == "operator 'desk' failed: shorten it");
}
