// A thousand agents, three tenants and a provider that allows 50 calls in flight, under virtual time.
#include <algorithm>
#include <map>
#include <queue>
#include <random>

#include "sage/llm/limits/backoff.hpp"
#include "sage/llm/limits/endpoint_limiter.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage::llm;
using sage::nanoseconds;

namespace {

constexpr nanoseconds ms = 1'000'000;
constexpr nanoseconds second = 1000 * ms;
constexpr std::uint32_t provider_allows = 50;

/// Agents which ask again and again through one limiter, over a network that reorders, a provider that refuses above
/// its limit, fails, loses its connection and hangs.
class world {
 public:
  world(std::mt19937_64& random, bool with_faults, bool with_retry_after)
      : random_(random),
        with_faults_(with_faults),
        with_retry_after_(with_retry_after),
        limiter_(endpoint_limits{}) {}

  static constexpr std::size_t agents = 1000;
  static const char* tenant_of(std::size_t agent) { return agent < 700 ? "large" : agent < 900 ? "middle" : "small"; }

  /// Runs until `answers` calls were answered; every agent goes on asking until then, and then stops.
  void run(std::uint64_t answers) {
    wanted_ = answers;
    for (std::size_t agent = 0; agent < agents; ++agent) at(draw(200) * ms, kind::ask, agent);
    std::uint64_t steps = 0;
    while (!events_.empty() || limiter_.next_wake() != endpoint_limiter::never) {
      REQUIRE(++steps < answers * 100 + 1'000'000);
      const nanoseconds wake = limiter_.next_wake();
      if (events_.empty() || wake < events_.top().when) {
        now_ = std::max(now_, wake);
        limiter_.wake(now_, go_);
      } else {
        const event next = events_.top();
        events_.pop();
        now_ = next.when;
        handle(next);
      }
      send_all();
    }
  }

  /// What has been seen.
  std::map<std::string, std::uint64_t> answered;           // by tenant
  std::map<std::string, std::uint64_t> answered_in_queue;  // the same, while every tenant had calls waiting
  std::uint64_t answered_in_all = 0;
  std::uint64_t refused = 0;
  std::uint64_t refused_late = 0;  // after the warm-up
  std::uint32_t most_in_flight = 0;
  std::uint64_t given_up = 0;
  nanoseconds ended_at = 0;

  [[nodiscard]] const endpoint_limiter& limiter() const { return limiter_; }

 private:
  enum class kind { ask, arrive, served, hung_up, answer_ok, answer_refused, answer_failed, give_up };
  struct event {
    nanoseconds when;
    std::uint64_t number;
    kind what;
    std::size_t agent;
    call_id call;
    friend bool operator<(const event& a, const event& b) {
      return a.when != b.when ? a.when > b.when : a.number > b.number;
    }
  };
  static constexpr nanoseconds warm_up = 10 * second;

  nanoseconds draw(std::uint64_t bound) { return static_cast<nanoseconds>(random_() % bound); }
  void at(nanoseconds delay, kind what, std::size_t agent, call_id call = 0) {
    events_.push({now_ + delay, ++events_made_, what, agent, call});
  }
  nanoseconds network() { return ms + draw(20) * ms; }

  void send_all() {
    for (const call_id call : go_) {
      at(network(), kind::arrive, calls_.at(call), call);
      at(8 * second, kind::give_up, calls_.at(call), call);
    }
    go_.clear();
  }

  void handle(const event& e) {
    const bool is_open = calls_.contains(e.call);
    switch (e.what) {
      case kind::ask:
        if (answered_in_all >= wanted_) return;
        calls_[++last_] = e.agent;
        REQUIRE(limiter_.request(last_, tenant_of(e.agent), 50 + random_() % 400, now_, go_) == admission::accepted);
        return;
      case kind::arrive: return arrive(e);
      case kind::served:
        --serving_;
        if (with_faults_ && draw(50) == 0) return at(network(), kind::answer_failed, e.agent, e.call);
        return at(network(), kind::answer_ok, e.agent, e.call);
      case kind::hung_up: --serving_; return;
      case kind::answer_ok:
        if (!is_open) return;
        end(e, {call_outcome::kind::ok, 50 + random_() % 400, {}});
        ++answered_in_all;
        ++answered[tenant_of(e.agent)];
        if (limiter_.waiting_of("small") > 0 && limiter_.waiting_of("middle") > 0 &&
            limiter_.waiting_of("large") > 0) {
          ++answered_in_queue[tenant_of(e.agent)];
        }
        ended_at = now_;
        retries_[e.agent] = 0;
        return at(draw(300) * ms, kind::ask, e.agent);
      case kind::answer_refused: {
        if (!is_open) return;
        ++refused;
        if (now_ > warm_up) ++refused_late;
        std::optional<nanoseconds> retry_after;
        if (with_retry_after_) retry_after = second / 2;
        end(e, {call_outcome::kind::throttled, 0, retry_after});
        return again(e.agent, retry_after);
      }
      case kind::answer_failed:
        if (!is_open) return;
        end(e, {call_outcome::kind::failed, 0, {}});
        return again(e.agent, {});
      case kind::give_up:
        if (!is_open) return;
        calls_.erase(e.call);
        ++given_up;
        REQUIRE(limiter_.cancel(e.call, now_, go_));
        hung_.erase(e.call) > 0 ? at(network(), kind::hung_up, e.agent) : void();
        return again(e.agent, {});
    }
  }

  void arrive(const event& e) {
    if (serving_ >= provider_allows) return at(network(), kind::answer_refused, e.agent, e.call);
    most_in_flight = std::max(most_in_flight, ++serving_);
    if (with_faults_ && draw(200) == 0) {
      hung_[e.call] = true;  // holds its place until we hang up
      return;
    }
    at(50 * ms + draw(700) * ms, kind::served, e.agent, e.call);
  }

  void end(const event& e, const call_outcome& outcome) {
    calls_.erase(e.call);
    limiter_.settle(e.call, outcome, now_, go_);
  }

  void again(std::size_t agent, std::optional<nanoseconds> retry_after) {
    const std::uint32_t retry = std::min(retries_[agent]++, 4u);
    at(*backoff_delay({}, retry, random_(), retry_after), kind::ask, agent);
  }

  std::mt19937_64& random_;
  bool with_faults_;
  bool with_retry_after_;
  endpoint_limiter limiter_;
  std::priority_queue<event> events_;
  std::uint64_t events_made_ = 0;
  nanoseconds now_ = 0;
  std::vector<call_id> go_;
  std::map<call_id, std::size_t> calls_;
  std::map<call_id, bool> hung_;
  std::map<std::size_t, std::uint32_t> retries_;
  call_id last_ = 0;
  std::uint32_t serving_ = 0;
  std::uint64_t wanted_ = 0;
};

void check_laws(const world& seen, std::uint64_t answers) {
  CHECK(seen.ended_at > 20 * second);  // long after the warm-up
  CHECK(seen.refused_late == 0);
  CHECK(seen.refused > 0);  // or the limit wasn't met
  CHECK(seen.most_in_flight == provider_allows);
  CHECK(seen.answered_in_all >= answers);
  CHECK(seen.limiter().waiting() == 0);
  CHECK(seen.limiter().in_flight() == 0);
  // Learned, not merely kept low: most of what the provider offers is used.
  CHECK(seen.limiter().in_flight_limit() >= 40);
  CHECK(seen.limiter().in_flight_limit() <= provider_allows);
  double all = 0;
  for (const auto& [tenant, count] : seen.answered_in_queue) all += static_cast<double>(count);
  REQUIRE(all > 2000);
  for (const auto& [tenant, count] : seen.answered_in_queue) {
    INFO(tenant << " got " << count << " of " << all);
    CHECK(std::abs(static_cast<double>(count) - all / 3) <= 0.1 * all / 3);
  }
}

}  // namespace

TEST_CASE("after warm-up nobody is refused, all are served, and tenants get equal shares",
          "[llm][limiter][simulation]") {
  sage::test::for_each_seed(200, [](std::mt19937_64& random) {
    const bool with_faults = random() % 4 != 0;
    const bool with_retry_after = random() % 2 == 0;
    world simulated(random, with_faults, with_retry_after);
    constexpr std::uint64_t answers = 4000;
    simulated.run(answers);
    INFO("faults " << with_faults << ", Retry-After " << with_retry_after << "; limit "
                   << simulated.limiter().in_flight_limit() << ", refused " << simulated.refused << ", given up "
                   << simulated.given_up << ", ended at " << simulated.ended_at / ms << " ms");
    check_laws(simulated, answers);
  });
}
