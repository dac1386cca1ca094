// When an endpoint is left alone, and how it is tried again; how long a retry waits.
#include "sage/llm/limits/circuit_breaker.hpp"

#include <random>

#include "sage/llm/limits/backoff.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage::llm;
using sage::nanoseconds;
using state = circuit_breaker::state;

namespace {

constexpr nanoseconds second = 1'000'000'000;

void fail(circuit_breaker& breaker, int calls, nanoseconds now) {
  for (int i = 0; i < calls; ++i) {
    const auto permit = breaker.ask(now);
    REQUIRE(permit.granted);
    breaker.on_failure(permit, now);
  }
}

}  // namespace

TEST_CASE("a breaker opens when more than its share has failed, not before it has seen enough", "[llm][breaker]") {
  circuit_breaker breaker;
  fail(breaker, 19, 0);
  CHECK(breaker.current(0) == state::closed);
  fail(breaker, 1, 0);
  CHECK(breaker.current(0) == state::open);
  CHECK_FALSE(breaker.ask(0).granted);
  CHECK(breaker.retry_at() == second);
}

TEST_CASE("half of the calls may fail", "[llm][breaker]") {
  circuit_breaker breaker;
  for (int i = 0; i < 500; ++i) {
    const auto good = breaker.ask(i);
    const auto bad = breaker.ask(i);
    breaker.on_success(good, i);
    breaker.on_failure(bad, i);
  }
  CHECK(breaker.current(500) == state::closed);
  fail(breaker, 1, 500);
  CHECK(breaker.current(500) == state::open);
}

TEST_CASE("old failures are forgotten", "[llm][breaker]") {
  circuit_breaker breaker;
  fail(breaker, 19, 0);
  fail(breaker, 19, 11 * second);
  CHECK(breaker.current(11 * second) == state::closed);
}

TEST_CASE("one probe at a time decides whether it closes", "[llm][breaker]") {
  circuit_breaker breaker;
  fail(breaker, 20, 0);
  CHECK(breaker.current(second) == state::half_open);
  auto probe = breaker.ask(second);
  CHECK(probe.granted);
  CHECK_FALSE(breaker.ask(second).granted);
  breaker.on_abandoned(probe);
  probe = breaker.ask(second);
  REQUIRE(probe.granted);
  breaker.on_failure(probe, 2 * second);
  CHECK(breaker.retry_at() == 4 * second);  // twice as long
  CHECK_FALSE(breaker.ask(3 * second).granted);
  probe = breaker.ask(4 * second);
  REQUIRE(probe.granted);
  breaker.on_success(probe, 4 * second);
  CHECK(breaker.current(4 * second) == state::closed);
  fail(breaker, 19, 4 * second);
  CHECK(breaker.current(4 * second) == state::closed);
}

TEST_CASE("what was permitted before it opened changes nothing afterwards", "[llm][breaker]") {
  circuit_breaker breaker;
  const auto early = breaker.ask(0);
  fail(breaker, 20, 0);
  const auto probe = breaker.ask(second);
  REQUIRE(probe.granted);
  breaker.on_success(early, second);
  CHECK(breaker.current(second) == state::half_open);
  breaker.on_abandoned(early);
  CHECK_FALSE(breaker.ask(second).granted);
}

TEST_CASE("a wait is within its bound, which doubles up to the greatest", "[llm][backoff]") {
  const backoff_settings settings;
  sage::test::for_each_seed(100, [&](std::mt19937_64& random) {
    nanoseconds bound = settings.first;
    for (std::uint32_t retry = 0; retry < settings.retries_max; ++retry) {
      const auto wait = backoff_delay(settings, retry, random());
      REQUIRE(wait);
      CHECK(*wait >= 0);
      CHECK(*wait <= bound);
      bound = std::min(bound * 2, settings.wait_max);
    }
    CHECK_FALSE(backoff_delay(settings, settings.retries_max, random()));
  });
  backoff_settings endless;
  endless.retries_max = 1'000'000;
  CHECK(*backoff_delay(endless, 999'999, ~std::uint64_t{0}) <= endless.wait_max);
}

TEST_CASE("a Retry-After is kept to, and not waited for when it is absurd", "[llm][backoff]") {
  const backoff_settings settings;
  CHECK(*backoff_delay(settings, 0, 0, 7 * second) == 7 * second);
  CHECK(*backoff_delay(settings, 0, 12345678901, 7 * second) >= 7 * second);
  CHECK(*backoff_delay(settings, 0, 5, -second) <= settings.first);
  CHECK_FALSE(backoff_delay(settings, 0, 0, 100'000 * second));
}
