// Agents, their models' limits and a provider that misbehaves, under virtual time: whatever the seed, nothing hangs,
// every request ends in exactly one answer, and the provider is never asked too much for long.
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/catch.hpp"
#include "tests/sim/simulated_service.hpp"
#include "tests/unit/seeds.hpp"

namespace {

using namespace sage;
using namespace sage::test;

constexpr nanoseconds second = 1'000'000'000;

// What two equal runs have in common.
struct outcome {
  std::uint64_t trace = 0;
  std::uint64_t calls = 0;
  nanoseconds ended_at = 0;
  std::size_t answered = 0;
  std::vector<std::string> messages;
  friend bool operator==(const outcome&, const outcome&) = default;
};

// What all seeds together must have met, or they prove little.
struct coverage {
  std::uint64_t refused = 0;
  std::uint64_t gone = 0;
  std::uint64_t given_up = 0;
  std::uint64_t answered = 0;
  void check() const {
    if (std::getenv("SAGE_SEED")) return;
    CHECK(refused > 0);
    CHECK(gone > 0);
    CHECK(given_up > 0);
    CHECK(answered > given_up + gone);
  }
};

template <class Out>
void check_laws(simulated_service<Out>& its, const service_plan& plan) {
  const auto& asked = its.asked;
  INFO("requests " << plan.requests << ", answered " << asked.answered() << ", stopped " << its.stopped << ", calls "
                   << its.provider->calls << ", refused " << its.provider->refusals << ", at most "
                   << its.provider->serving_peak << " at once, ended after " << its.ended_at / second << " s");
  // Nobody is lost.
  CHECK(asked.size() == plan.requests);
  CHECK(asked.open() == 0);
  CHECK_FALSE(asked.ended_twice().has_value());
  // The books balance; the harness has looked after each step too.
  const operators::fate& fates = its.fates();
  CHECK(fates.sum() == plan.requests);
  CHECK(fates.filtered == 0);
  CHECK(asked.answered() <= fates.passed);
  CHECK((plan.dead_letters ? fates.dropped : fates.dead) == 0);
  // Nothing is left behind.
  CHECK(its.gate->waiting() == 0);
  CHECK(its.gate->in_flight() == 0);
  CHECK(its.provider->serving() == 0);
  CHECK(its.budget->spent(llm::budget::level::job, "").reserved == 0);
  // The limiter learns once how much the provider bears.
  CHECK(its.provider->serving_peak <= faulty_provider::allowed);
  CHECK(its.provider->last_refusal - its.provider->first_refusal <= 10 * second);
  if (plan.faults.overloaded + plan.faults.reset + plan.faults.hangs + plan.faults.endless == 0 &&
      plan.stopped_percent == 0 && plan.with_deadline_percent == 0 && !plan.with_budget && !plan.with_breaker &&
      plan.with_retry) {
    CHECK(asked.answered() == plan.requests);
  }
}

template <class Out, class Agent>
outcome run(std::uint64_t seed, Agent agent, coverage& met) {
  std::mt19937_64 random(seed);
  const service_plan plan = draw_plan(random);
  simulated_service<Out> its(random, plan, agent);
  its.run();
  check_laws(its, plan);
  met.refused += its.provider->refusals;
  met.gone += its.fates().gone;
  met.given_up += its.fates().dropped + its.fates().dead;
  met.answered += its.asked.answered();
  return {its.provider->trace, its.provider->calls, its.ended_at, its.asked.answered(), its.asked.messages()};
}

TEST_CASE("agents behind a faulty provider: no hang and no request without its one answer", "[sim][agents]") {
  coverage met;
  for_each_seed(200, [&met](std::mt19937_64& random) {
    const std::uint64_t seed = random();
    const outcome first = run<answered_question>(seed, whole_agent, met);
    CHECK(run<answered_question>(seed, whole_agent, met) == first);  // equal seeds, equal runs
  });
  met.check();
}

TEST_CASE("streaming agents behind a faulty provider: nothing is shown twice", "[sim][agents]") {
  coverage met;
  for_each_seed(200, [&met](std::mt19937_64& random) {
    const std::uint64_t seed = random();
    const outcome first = run<answer_part>(seed, streaming_agent, met);
    CHECK(run<answer_part>(seed, streaming_agent, met) == first);
  });
  met.check();
}

}  // namespace
