// How much callers may ask for and use, in virtual time.
#include "sage/serving/request_rates.hpp"

#include "sage/testing/manual_clock.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::serving;
using limit = rate_refusal::limit;

namespace {

constexpr nanoseconds second = 1'000'000'000;
constexpr nanoseconds minute = 60 * second;
constexpr nanoseconds day = 24 * 60 * minute;

caller with(caller_limits limits, std::string tenant = "acme") {
  return {std::move(tenant), limits};
}

// One tenant at the door, on a clock of its own.
struct door {
  explicit door(caller_limits limits) : who(with(limits)) {}
  [[nodiscard]] std::optional<rate_refusal> ask() { return rates.admit(who, time.now()); }
  void end(std::uint64_t tokens) { rates.on_end(who.tenant, tokens, time.now()); }
  /// Asks and ends at once; whether it was let in.
  bool use(std::uint64_t tokens) {
    if (ask()) return false;
    end(tokens);
    return true;
  }

  caller who;
  testing::manual_clock time;
  request_rates rates;
};

}  // namespace

TEST_CASE("a caller without limits is always let in", "[serving][rates]") {
  door its({});
  for (int i = 0; i < 1000; ++i) REQUIRE(its.use(1'000'000));
}

TEST_CASE("requests in flight are those that have not ended", "[serving][rates]") {
  door its({.requests_per_minute = {}, .requests_in_flight = 2, .tokens_per_minute = {}, .tokens_per_day = {}});
  CHECK_FALSE(its.ask());
  CHECK_FALSE(its.ask());
  CHECK(its.ask() == rate_refusal{limit::requests_in_flight, 1});
  its.end(0);
  CHECK_FALSE(its.ask());
}

TEST_CASE("requests of a minute run off evenly, and the wait that is told suffices", "[serving][rates]") {
  door its({.requests_per_minute = 6, .requests_in_flight = {}, .tokens_per_minute = {}, .tokens_per_day = {}});
  for (int i = 0; i < 6; ++i) CHECK(its.use(0));
  CHECK(its.ask() == rate_refusal{limit::requests_per_minute, 10});
  its.time.advance(9 * second);
  CHECK(its.ask() == rate_refusal{limit::requests_per_minute, 1});
  its.time.advance(1 * second);
  CHECK(its.use(0));
  CHECK_FALSE(its.use(0));
}

TEST_CASE("a tenant that has used its tokens waits until they have run off", "[serving][rates]") {
  door its({.requests_per_minute = {}, .requests_in_flight = {}, .tokens_per_minute = 600, .tokens_per_day = {}});
  CHECK(its.use(599));
  CHECK(its.use(301));  // nobody knew: 300 over
  const auto no = its.ask();
  REQUIRE(no);
  CHECK(*no == rate_refusal{limit::tokens_per_minute, 31});  // at 10 tokens a second, to have room for one
  its.time.advance(30 * second);
  CHECK(its.ask());
  its.time.advance(1 * second);
  CHECK(its.use(10));
  // Others are not concerned.
  CHECK_FALSE(its.rates.admit(with(its.who.limits, "other"), its.time.now()));
}

TEST_CASE("tokens count from when they were used, not from when the request came", "[serving][rates]") {
  door its({.requests_per_minute = {}, .requests_in_flight = {}, .tokens_per_minute = 60, .tokens_per_day = {}});
  CHECK_FALSE(its.ask());
  its.time.advance(10 * minute);
  its.end(60);
  CHECK(its.ask() == rate_refusal{limit::tokens_per_minute, 1});
  its.time.advance(1 * second);
  CHECK(its.use(0));
}

TEST_CASE("the day's tokens are spent when the minute's have long run off", "[serving][rates]") {
  door its({.requests_per_minute = {}, .requests_in_flight = {}, .tokens_per_minute = 600, .tokens_per_day = 864});
  CHECK(its.use(500));
  its.time.advance(minute);
  CHECK(its.use(500));
  its.time.advance(minute);
  const auto no = its.ask();
  REQUIRE(no);
  CHECK(no->reached == limit::tokens_per_day);  // 1000 used, 1.2 of them run off; one in 100 s
  CHECK(no->retry_after_s == 13'580);
  its.time.advance(no->retry_after_s * second);
  CHECK(its.use(0));
}

TEST_CASE("a limit of nothing lets nobody in, and says to come back tomorrow", "[serving][rates]") {
  door its({.requests_per_minute = {}, .requests_in_flight = {}, .tokens_per_minute = {}, .tokens_per_day = 0});
  CHECK(its.ask() == rate_refusal{limit::tokens_per_day, 86'400});
}

TEST_CASE("over many days no tenant uses more than its days and its last request", "[serving][rates]") {
  test::for_each_seed(20, [](std::mt19937_64& random) {
    door its(
        {.requests_per_minute = {}, .requests_in_flight = {}, .tokens_per_minute = 500, .tokens_per_day = 50'000});
    const nanoseconds begun = its.time.now();
    std::uint64_t used = 0;
    for (int i = 0; i < 5000; ++i) {
      const std::uint64_t tokens = random() % 400;
      if (its.use(tokens)) used += tokens;
      its.time.advance(static_cast<nanoseconds>(random() % 120) * second);
    }
    const double days = static_cast<double>(its.time.now() - begun) / static_cast<double>(day);
    CHECK(static_cast<double>(used) <= (days + 1) * 50'000 + 400);
    CHECK(static_cast<double>(used) >= days * 50'000 * 0.9);  // and what it may have, it gets
  });
}
