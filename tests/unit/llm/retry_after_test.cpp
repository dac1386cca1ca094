// When providers say when to come back: all forms, and what can't be meant.
#include "sage/llm/retry_after.hpp"

#include "tests/catch.hpp"

using namespace sage::llm;

namespace {
constexpr std::int64_t wall_ms = 784'111'770'000;  // Sun, 06 Nov 1994 08:49:30 GMT
constexpr std::int64_t longest = retry_after_limits().wait_ms_max;
using wait = std::optional<std::int64_t>;
}  // namespace

TEST_CASE("Retry-After in seconds is taken whole, fractional, negative and absurd", "[llm][retry]") {
  CHECK(parse_retry_after("2", wall_ms) == wait(2000));
  CHECK(parse_retry_after(" 1.5 ", wall_ms) == wait(1500));
  CHECK(parse_retry_after("0", wall_ms) == wait(0));
  CHECK(parse_retry_after("0.0001", wall_ms) == wait(1));
  CHECK(parse_retry_after("-5", wall_ms) == wait(0));
  CHECK(parse_retry_after("99999999999", wall_ms) == wait(longest));
  CHECK(parse_retry_after(std::string(400, '9'), wall_ms) == wait(longest));
  CHECK(parse_retry_after("120", wall_ms, {5000}) == wait(5000));
  for (const auto* bad : {"", "soon", "1 hour", "nan", "inf", "-inf", "1e3", "0x10", "1,5", "--1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_retry_after(bad, wall_ms));
  }
}

TEST_CASE("Retry-After as a date is the time until then, in all three forms of HTTP", "[llm][retry]") {
  CHECK(parse_http_date_ms("Thu, 01 Jan 1970 00:00:00 GMT") == wait(0));
  CHECK(parse_http_date_ms("Thu, 29 Feb 2024 12:00:00 GMT") == wait(1'709'208'000'000));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", wall_ms) == wait(7000));
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", wall_ms) == wait(7000));
  CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", wall_ms) == wait(7000));
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", wall_ms) == wait(0));
  CHECK(parse_retry_after("Fri, 31 Dec 9999 23:59:59 GMT", wall_ms) == wait(longest));
  for (const auto* bad : {"Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
                          "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
                          "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994 8:49 GMT", ", , , , , GMT"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_retry_after(bad, wall_ms));
  }
}

TEST_CASE("durations of rate limits are read with their units", "[llm][retry]") {
  CHECK(parse_duration_ms("1s") == wait(1000));
  CHECK(parse_duration_ms("6m0s") == wait(360'000));
  CHECK(parse_duration_ms("20ms") == wait(20));
  CHECK(parse_duration_ms("1m2.5s") == wait(62'500));
  CHECK(parse_duration_ms("7.66s") == wait(7660));
  CHECK(parse_duration_ms("12") == wait(12'000));
  CHECK(parse_duration_ms("1h2m3s") == wait(longest));
  CHECK(parse_duration_ms("1d") == wait(longest));
  for (const auto* bad : {"", "s", "1x", "-1s", "1s2", "m1", "nan"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_duration_ms(bad));
  }
}

TEST_CASE("the most exact header wins, and limits with something remaining don't count", "[llm][retry]") {
  CHECK(find_retry_after({{"Retry-After", "2"}, {"retry-after-ms", "150"}}, wall_ms) == wait(150));
  CHECK(find_retry_after({{"retry-after", "2"}, {"retry-after-ms", "?"}}, wall_ms) == wait(2000));
  CHECK(find_retry_after({{"Retry-After", "soon"},
                          {"x-ratelimit-remaining-requests", "0"},
                          {"x-ratelimit-reset-requests", "1s"},
                          {"x-ratelimit-remaining-tokens", "0"},
                          {"x-ratelimit-reset-tokens", "6s"}},
                         wall_ms) == wait(6000));
  CHECK_FALSE(
      find_retry_after({{"x-ratelimit-remaining-requests", "12"}, {"x-ratelimit-reset-requests", "1s"}}, wall_ms));
  CHECK_FALSE(find_retry_after({}, wall_ms));
}
