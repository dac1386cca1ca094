// Order, rates, learning and bounds of the limiter of an endpoint, one event at a time.
#include "sage/llm/limits/endpoint_limiter.hpp"

#include <map>
#include <random>
#include <set>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage::llm;
using sage::nanoseconds;

namespace {

constexpr nanoseconds ms = 1'000'000;
constexpr nanoseconds second = 1000 * ms;
using ids = std::vector<call_id>;

endpoint_limits limits_of(std::uint32_t start, std::uint32_t max = 256) {
  endpoint_limits limits;
  limits.concurrency.in_flight_start = start;
  limits.concurrency.in_flight_max = max;
  return limits;
}

call_outcome ok(std::uint64_t tokens = 10) {
  return {call_outcome::kind::ok, tokens, {}};
}
call_outcome throttled(std::optional<nanoseconds> retry_after = {}) {
  return {call_outcome::kind::throttled, 0, retry_after};
}

}  // namespace

TEST_CASE("calls of one tenant go in the order in which they came", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(2, 2));
  ids go;
  for (call_id call = 1; call <= 5; ++call) CHECK(limiter.request(call, "a", 10, 0, go) == admission::accepted);
  CHECK(go == ids{1, 2});
  CHECK(limiter.waiting() == 3);
  limiter.settle(2, ok(), ms, go);
  limiter.settle(1, ok(), ms, go);
  CHECK(go == ids{1, 2, 3, 4});
  CHECK(limiter.in_flight() == 2);
}

TEST_CASE("a tenant with few calls does not wait behind one with many", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(1, 1));
  ids go;
  for (call_id call = 1; call <= 100; ++call) static_cast<void>(limiter.request(call, "many", 10, 0, go));
  static_cast<void>(limiter.request(1000, "few", 10, 0, go));
  limiter.settle(1, ok(), ms, go);
  limiter.settle(go.back(), ok(), ms, go);
  CHECK(std::count(go.begin(), go.end(), 1000) == 1);
}

TEST_CASE("a tenant does not save up what it leaves unused", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(1, 1));
  ids go;
  static_cast<void>(limiter.request(10'000, "b", 10, 0, go));
  limiter.settle(10'000, ok(), 0, go);
  for (call_id call = 1; call <= 300; ++call) static_cast<void>(limiter.request(call, "a", 10, 0, go));
  for (int i = 0; i < 200; ++i) limiter.settle(go.back(), ok(), i * ms, go);
  go.erase(go.begin(), go.end() - 1);
  for (call_id call = 10'001; call <= 10'050; ++call) static_cast<void>(limiter.request(call, "b", 10, second, go));
  for (int i = 0; i < 40; ++i) limiter.settle(go.back(), ok(), second + i * ms, go);
  const auto of_b = std::count_if(go.begin(), go.end(), [](call_id call) { return call > 10'000; });
  CHECK(of_b >= 19);
  CHECK(of_b <= 21);
}

TEST_CASE("shares follow the weights", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(1, 1));
  limiter.set_weight("gold", 3);
  ids go;
  for (call_id call = 1; call <= 1000; ++call) {
    static_cast<void>(limiter.request(call, call % 2 == 0 ? "gold" : "plain", 10, 0, go));
  }
  for (int i = 0; i < 400; ++i) limiter.settle(go.back(), ok(), i * ms, go);
  const auto gold = std::count_if(go.begin(), go.end(), [](call_id call) { return call % 2 == 0; });
  CHECK(gold >= 298);
  CHECK(gold <= 303);
}

TEST_CASE("what waits is bounded in all and per tenant, and refused beyond", "[llm][limiter]") {
  endpoint_limits limits = limits_of(1, 1);
  limits.waiting_max = 5;
  limits.waiting_per_tenant_max = 3;
  endpoint_limiter limiter(limits);
  ids go;
  for (call_id call = 1; call <= 4; ++call) CHECK(limiter.request(call, "a", 1, 0, go) == admission::accepted);
  CHECK(limiter.request(5, "a", 1, 0, go) == admission::tenant_full);
  CHECK(limiter.request(6, "b", 1, 0, go) == admission::accepted);
  CHECK(limiter.request(7, "b", 1, 0, go) == admission::accepted);
  CHECK(limiter.request(8, "c", 1, 0, go) == admission::full);
  limiter.settle(1, ok(), 0, go);
  CHECK(limiter.request(6, "c", 1, 0, go) == admission::duplicate);
  CHECK(limiter.request(8, "c", 1, 0, go) == admission::accepted);
}

TEST_CASE("Retry-After stops everybody until then, bounded", "[llm][limiter]") {
  endpoint_limits limits = limits_of(4, 4);
  limits.pause_max = 10 * second;
  endpoint_limiter limiter(limits);
  ids go;
  static_cast<void>(limiter.request(1, "a", 1, 0, go));
  limiter.settle(1, throttled(2 * second), second, go);
  static_cast<void>(limiter.request(2, "b", 1, second, go));
  CHECK(go == ids{1});
  CHECK(limiter.next_wake() == 3 * second);
  limiter.wake(3 * second - 1, go);
  CHECK(go == ids{1});
  limiter.wake(3 * second, go);
  CHECK(go == ids{1, 2});
  CHECK(limiter.next_wake() == endpoint_limiter::never);
  limiter.settle(2, throttled(1'000'000 * second), 4 * second, go);
  CHECK(limiter.paused_until() == 14 * second);
}

TEST_CASE("refusals teach the limit exactly, and it is not exceeded again", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(70));
  ids go;
  for (call_id call = 1; call <= 200; ++call) static_cast<void>(limiter.request(call, "a", 1, 0, go));
  REQUIRE(go.size() == 70);
  // The provider bears 50: the later ones are refused, at once.
  for (call_id call = 51; call <= 70; ++call) limiter.settle(call, throttled(), ms, go);
  CHECK(limiter.in_flight_limit() == 50);
  CHECK(go.size() == 70);
  for (call_id call = 1; call <= 50; ++call) limiter.settle(call, ok(), second, go);
  CHECK(limiter.in_flight() == 50);
  CHECK(limiter.in_flight_limit() == 50);
}

TEST_CASE("after a quiet time one more call is tried", "[llm][limiter]") {
  endpoint_limits limits = limits_of(4);
  limits.concurrency.probe_after = 60 * second;
  endpoint_limiter limiter(limits);
  ids go;
  for (call_id call = 1; call <= 500; ++call) static_cast<void>(limiter.request(call, "a", 1, 0, go));
  limiter.settle(4, throttled(), ms, go);
  CHECK(limiter.in_flight_limit() == 3);
  std::size_t next = 0;
  const auto settle_one = [&](nanoseconds now) {
    while (go[next] == 4) ++next;
    limiter.settle(go[next++], ok(), now, go);
  };
  for (int i = 0; i < 50; ++i) settle_one(second);
  CHECK(limiter.in_flight_limit() == 3);
  for (int i = 0; i < 50; ++i) settle_one(62 * second);
  CHECK(limiter.in_flight_limit() == 4);
}

TEST_CASE("a refusal without concurrency to blame halves the window at most", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(40, 40));
  ids go;
  for (call_id call = 1; call <= 100; ++call) static_cast<void>(limiter.request(call, "a", 1, 0, go));
  for (call_id call = 1; call <= 40; ++call) limiter.settle(call, throttled(second), ms, go);
  CHECK(limiter.in_flight_limit() == 20);
}

TEST_CASE("tokens are reserved by estimate and settled by the real count", "[llm][limiter]") {
  endpoint_limits limits = limits_of(10, 10);
  limits.tokens_per_minute_max = 1000;  // 100 at once, 15 a second
  endpoint_limiter limiter(limits);
  ids go;
  static_cast<void>(limiter.request(1, "a", 100, 0, go));
  static_cast<void>(limiter.request(2, "a", 30, 0, go));
  CHECK(go == ids{1});
  CHECK(limiter.next_wake() / ms == 2000);
  limiter.settle(1, ok(50), 0, go);  // 50 come back at once
  CHECK(go == ids{1, 2});
  limiter.settle(2, ok(230), 0, go);  // 200 more than thought: a debt
  static_cast<void>(limiter.request(3, "a", 15, 0, go));
  CHECK(limiter.next_wake() > 12 * second);
  // Larger than all that is allowed at once: goes when the bucket is full.
  limiter.wake(20 * second, go);
  CHECK(go.back() == 3);
  static_cast<void>(limiter.request(4, "a", 5000, 20 * second, go));
  limiter.wake(limiter.next_wake(), go);
  CHECK(go.back() == 4);
}

TEST_CASE("a cancelled call leaves its place; the provider's is kept until it has noticed", "[llm][limiter]") {
  endpoint_limiter limiter(limits_of(1, 1));
  ids go;
  for (call_id call = 1; call <= 3; ++call) static_cast<void>(limiter.request(call, "a", 1, 0, go));
  CHECK(limiter.cancel(2, ms, go));
  CHECK_FALSE(limiter.cancel(2, ms, go));
  CHECK(limiter.cancel(1, ms, go));
  CHECK(go == ids{1});
  CHECK(limiter.next_wake() == 251 * ms);
  limiter.settle(1, ok(), 2 * ms, go);  // the answer came all the same
  CHECK(go == ids{1});
  limiter.wake(251 * ms, go);
  CHECK(go == ids{1, 3});
}

TEST_CASE("no window of a minute sees more requests or tokens than allowed", "[llm][limiter][property]") {
  sage::test::for_each_seed(50, [](std::mt19937_64& random) {
    endpoint_limits limits = limits_of(1000, 1000);
    limits.requests_per_minute_max = static_cast<double>(1 + random() % 300);
    limits.tokens_per_minute_max = static_cast<double>(1000 + random() % 5000);
    endpoint_limiter limiter(limits);
    ids go;
    std::map<call_id, std::uint64_t> tokens;
    std::vector<std::pair<nanoseconds, std::uint64_t>> gone;
    nanoseconds now = static_cast<nanoseconds>(random() % 1000) * second;
    call_id next = 0;
    std::size_t seen = 0;
    for (int step = 0; step < 1000; ++step) {
      for (std::uint64_t i = random() % 3; i > 0; --i) {
        tokens[++next] = 1 + random() % 90;
        REQUIRE(limiter.request(next, "t" + std::to_string(next % 5), tokens[next], now, go) == admission::accepted);
      }
      for (; seen < go.size(); ++seen) {
        gone.emplace_back(now, tokens[go[seen]]);
        limiter.settle(go[seen], ok(tokens[go[seen]]), now, go);
      }
      REQUIRE((limiter.waiting() == 0 || limiter.next_wake() != endpoint_limiter::never));
      const auto pause = static_cast<nanoseconds>(random() % 2000) * ms;
      now = random() % 2 == 0 ? now + pause : std::min(std::max(limiter.next_wake(), now), now + 30 * second);
      limiter.wake(now, go);
    }
    std::uint64_t sum = 0;
    std::size_t first = 0;
    for (std::size_t i = 0; i < gone.size(); ++i) {
      sum += gone[i].second;
      while (gone[first].first <= gone[i].first - 60 * second) sum -= gone[first++].second;
      REQUIRE(static_cast<double>(i - first + 1) <= limits.requests_per_minute_max);
      REQUIRE(static_cast<double>(sum) <= limits.tokens_per_minute_max + 1);
    }
    CHECK(gone.size() > 10);
  });
}

TEST_CASE("every accepted call goes once, is cancelled or still waits, whatever happens",
          "[llm][limiter][property]") {
  sage::test::for_each_seed(300, [](std::mt19937_64& random) {
    endpoint_limits limits = limits_of(static_cast<std::uint32_t>(1 + random() % 4), 16);
    limits.waiting_max = 60;
    limits.waiting_per_tenant_max = 30;
    if (random() % 2 == 0) limits.requests_per_minute_max = 600;
    endpoint_limiter limiter(limits);
    std::set<call_id> waiting;
    std::set<call_id> under_way;
    std::map<std::string, call_id> last_gone;
    const auto tenant_of = [](call_id call) { return "t" + std::to_string(call % 7); };
    ids go;
    nanoseconds now = 0;
    call_id next = 0;
    const auto take = [&] {
      for (const call_id call : go) {
        REQUIRE(waiting.erase(call) == 1);
        REQUIRE(under_way.insert(call).second);
        REQUIRE(last_gone[tenant_of(call)] < call);
        last_gone[tenant_of(call)] = call;
      }
      go.clear();
      REQUIRE(limiter.waiting() == waiting.size());
      REQUIRE(limiter.in_flight() == under_way.size());
      REQUIRE(under_way.size() <= 16);
    };
    const auto pick = [&](const std::set<call_id>& from) {
      auto at = from.begin();
      std::advance(at, static_cast<std::ptrdiff_t>(random() % from.size()));
      return *at;
    };
    const auto end_one = [&] {
      const call_id call = pick(under_way);
      under_way.erase(call);
      const std::uint64_t how = random() % 4;
      std::optional<nanoseconds> pause;
      if (how == 1 && random() % 4 == 0) pause = second;
      limiter.settle(call,
                     how == 1   ? throttled(pause)
                     : how == 2 ? call_outcome{call_outcome::kind::failed, 0, {}}
                                : ok(random() % 100),
                     now, go);
    };
    for (int step = 0; step < 400; ++step) {
      now += static_cast<nanoseconds>(random() % 50) * ms;
      switch (random() % 5) {
        case 0:
        case 1: {
          const call_id call = ++next;
          if (limiter.request(call, tenant_of(call), random() % 100, now, go) == admission::accepted) {
            waiting.insert(call);
          }
          break;
        }
        case 2:
          if (!under_way.empty()) end_one();
          break;
        case 3:
          if (random() % 3 == 0 && !waiting.empty()) {
            const call_id call = pick(waiting);
            waiting.erase(call);
            REQUIRE(limiter.cancel(call, now, go));
          } else if (random() % 3 == 0 && !under_way.empty()) {
            const call_id call = pick(under_way);
            under_way.erase(call);
            REQUIRE(limiter.cancel(call, now, go));
          }
          break;
        case 4: limiter.wake(now, go); break;
      }
      take();
    }
    for (int round = 0; !waiting.empty() || !under_way.empty(); ++round) {
      REQUIRE(round < 10'000);
      if (!under_way.empty()) {
        end_one();
      } else {
        REQUIRE(limiter.next_wake() != endpoint_limiter::never);
        now = std::max(now, limiter.next_wake());
        limiter.wake(now, go);
      }
      take();
    }
    CHECK(next > 0);
  });
}
