// Who may spend what: refusals name the budget, and touch nobody else.
#include "sage/llm/limits/budget.hpp"

#include <map>
#include <random>
#include <tuple>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage::llm;
using Catch::Matchers::Contains;
using level = budget::level;

namespace {

budget_settings settings_of(std::uint64_t item, std::uint64_t conversation, std::uint64_t tenant, std::uint64_t job) {
  budget_settings settings;
  settings.item.tokens_max = item;
  settings.conversation.tokens_max = conversation;
  settings.tenant.tokens_max = tenant;
  settings.job.tokens_max = job;
  return settings;
}

}  // namespace

TEST_CASE("what is reserved counts until it is settled by what was used", "[llm][budget]") {
  budget all(settings_of(0, 100, 0, 0));
  const auto first = all.reserve({"i1", "c1", "t1"}, 80, 0);
  REQUIRE(first);
  CHECK(all.spent(level::conversation, "c1").reserved == 80);
  CHECK_FALSE(all.reserve({"i2", "c1", "t1"}, 30, 0));
  all.settle(*first, 40);
  CHECK(all.spent(level::conversation, "c1").tokens == 40);
  CHECK(all.spent(level::job).tokens == 40);
  const auto second = all.reserve({"i2", "c1", "t1"}, 60, 0);
  REQUIRE(second);
  all.release(*second);
  CHECK(all.spent(level::conversation, "c1").reserved == 0);
  CHECK(all.spent(level::conversation, "c1").calls == 1);
  all.settle(*second, 1000);  // is over already
  CHECK(all.spent(level::job).tokens == 40);
}

TEST_CASE("a refusal names the budget that is used up, and siblings go on", "[llm][budget]") {
  budget all(settings_of(50, 100, 150, 10'000));
  const auto refusal_of = [&](const spender& who, std::uint64_t tokens) {
    const auto refused = all.reserve(who, tokens, 0);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code() == sage::errc::limit);
    return std::string(refused.error().what());
  };
  CHECK_THAT(refusal_of({"i1", "c1", "t1"}, 51), Contains("item 'i1'"));
  REQUIRE(all.reserve({"i1", "c1", "t1"}, 50, 0));
  REQUIRE(all.reserve({"i2", "c1", "t1"}, 50, 0));
  CHECK_THAT(refusal_of({"i3", "c1", "t1"}, 1), Contains("conversation 'c1'") && Contains("100"));
  REQUIRE(all.reserve({"i4", "c2", "t1"}, 50, 0));
  CHECK_THAT(refusal_of({"i5", "c3", "t1"}, 1), Contains("tenant 't1'"));
  CHECK(all.reserve({"i6", "c4", "t2"}, 50, 0));
  CHECK(all.spent(level::conversation, "c3").reserved == 0);
}

TEST_CASE("calls are counted beside tokens", "[llm][budget]") {
  budget_settings settings;
  settings.item.calls_max = 2;
  settings.job.calls_max = 3;
  budget all(settings);
  REQUIRE(all.reserve({"i1", {}, {}}, 1, 0));
  REQUIRE(all.reserve({"i1", {}, {}}, 1, 0));
  const auto third = all.reserve({"i1", {}, {}}, 1, 0);
  REQUIRE_FALSE(third);
  CHECK_THAT(third.error().what(), Contains("2 of 2 calls"));
  REQUIRE(all.reserve({"i2", {}, {}}, 1, 0));
  const auto of_job = all.reserve({"i3", {}, {}}, 1, 0);
  REQUIRE_FALSE(of_job);
  CHECK_THAT(of_job.error().what(), Contains("the job"));
}

TEST_CASE("a tenant may have limits of its own, and a period", "[llm][budget]") {
  budget all(settings_of(0, 0, 10, 0));
  all.set_tenant_limits("rich", {1000, 0, 60});
  REQUIRE(all.reserve({{}, {}, "rich"}, 600, 0));
  CHECK_FALSE(all.reserve({{}, {}, "rich"}, 600, 10));
  CHECK_FALSE(all.reserve({{}, {}, "poor"}, 11, 10));
  const auto in_next = all.reserve({{}, {}, "rich"}, 300, 70);
  REQUIRE(in_next);
  all.settle(*in_next, 300);
  CHECK(all.spent(level::tenant, "rich").tokens == 300);
}

TEST_CASE("conversations are tracked up to a bound, the oldest idle one is forgotten", "[llm][budget]") {
  budget_settings settings = settings_of(0, 10, 0, 0);
  settings.conversations_tracked_max = 3;
  settings.tenants_tracked_max = 2;
  budget all(settings);
  const auto held = all.reserve({{}, "held", {}}, 5, 0);
  REQUIRE(held);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "c" + std::to_string(i);
    const auto one = all.reserve({{}, name, {}}, 10, 0);
    REQUIRE(one);
    all.settle(*one, 10);
  }
  CHECK(all.tracked(level::conversation) == 3);
  CHECK(all.spent(level::conversation, "held").reserved == 5);
  CHECK_FALSE(all.reserve({{}, "c99", {}}, 1, 0));
  REQUIRE(all.reserve({{}, {}, "t1"}, 1, 0));
  REQUIRE(all.reserve({{}, {}, "t2"}, 1, 0));
  const auto refused = all.reserve({{}, {}, "t3"}, 1, 0);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what(), Contains("tenants_tracked_max"));
}

TEST_CASE("an item that is done has no account any more, once its calls have ended", "[llm][budget]") {
  budget all(settings_of(10, 0, 0, 0));
  const auto one = all.reserve({"i1", {}, {}}, 10, 0);
  REQUIRE(one);
  all.forget_item("i1");
  CHECK(all.tracked(level::item) == 1);
  all.settle(*one, 10);
  CHECK(all.tracked(level::item) == 0);
  CHECK(all.spent(level::job).tokens == 10);
  all.forget_item("unknown");
}

TEST_CASE("no account ever holds more than its limit by reservations", "[llm][budget][property]") {
  sage::test::for_each_seed(100, [](std::mt19937_64& random) {
    budget all(settings_of(50, 200, 500, 2000));
    struct open_call {
      std::string item, conversation, tenant;
      std::uint64_t tokens;
    };
    std::map<reservation_id, open_call> open;
    std::uint64_t used = 0;
    for (int step = 0; step < 500; ++step) {
      if (random() % 2 == 0 || open.empty()) {
        const std::uint64_t n = random() % 40;
        open_call call{"i" + std::to_string(n), "c" + std::to_string(n / 4), "t" + std::to_string(n / 16),
                       random() % 30};
        const auto reserved = all.reserve({call.item, call.conversation, call.tenant}, call.tokens, 0);
        if (reserved) {
          for (const auto& [at, name, most] :
               {std::tuple(level::item, call.item, 50u), std::tuple(level::conversation, call.conversation, 200u),
                std::tuple(level::tenant, call.tenant, 500u), std::tuple(level::job, std::string(), 2000u)}) {
            const spending spent = all.spent(at, name);
            REQUIRE(spent.tokens + spent.reserved <= most);
          }
          open.emplace(*reserved, call);
        }
      } else {
        const auto at = std::next(open.begin(), static_cast<std::ptrdiff_t>(random() % open.size()));
        if (random() % 3 == 0) {
          all.release(at->first);
        } else {
          const std::uint64_t tokens = random() % (at->second.tokens + 1);
          all.settle(at->first, tokens);
          used += tokens;
        }
        open.erase(at);
      }
    }
    std::uint64_t reserved = 0;
    for (const auto& [id, call] : open) reserved += call.tokens;
    CHECK(all.spent(level::job).tokens == used);
    CHECK(all.spent(level::job).reserved == reserved);
  });
}
