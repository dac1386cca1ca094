/// A function that refuses some records, under every error policy, against what a plain loop says of it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/pipelines/engines.hpp"

namespace sage::test {

inline std::vector<int> numbers(int count) {
  std::vector<int> all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

/// Throws for every fifth record whenever it is called, and for every seventh the first time.
class picky {
 public:
  void check(int record) {
    const int calls = ++calls_[record];
    if (always(record)) throw std::runtime_error("never " + std::to_string(record));
    if (once(record) && calls == 1) throw std::runtime_error("not yet " + std::to_string(record));
  }
  static bool always(int record) { return record % 5 == 3; }
  static bool once(int record) { return record % 7 == 2; }
  /// Whether `record` is given up under a policy.
  static bool gives_up(int record, const error_policy& policy) {
    return always(record) || (once(record) && policy.retries_max == 0);
  }

 private:
  std::map<int, int> calls_;
};

inline constexpr int picky_count = 120;

inline std::vector<error_policy> all_policies() {
  return {fail, drop, dead_letters, retry(2), retry(2).otherwise(drop), retry(2).otherwise(dead_letters)};
}

/// Fewer variants than conformance runs on: what a policy does depends on less.
inline std::vector<variant> policy_variants() {
  std::vector<variant> some;
  for (const variant& v : all_variants()) {
    if (v.parallelism % 2 == 1 && v.batch_size != 2) some.push_back(v);
  }
  return some;
}

/// Runs the numbers below `picky_count` through `declare(source, policy)`, which names its operator "picky" and
/// gives up on what picky refuses: on every engine and under every policy. What comes out must be, in any order,
/// `expect(kept)` for the records that were not given up on; the books must show the others.
template <class R, class Declare, class Expect>
void under_every_policy(std::size_t splits, Declare declare, Expect expect) {
  for (const variant& v : policy_variants()) {
    const auto env = make_environment(v);
    for (const error_policy& policy : all_policies()) {
      INFO(v.title() << ", " << policy.to_string());
      const bool letters = policy.then == error_policy::action::dead_letter;
      collected<R> out;
      collected<dead_letter> dead;
      declare(env->from_source(range<int>(0, picky_count, splits)), policy).sink(collect_into(out));
      if (letters) env->dead_letters().sink(collect_into(dead));
      if (policy.then == error_policy::action::fail) {
        try {
          env->execute("picky");
          FAIL("it should have thrown");
        } catch (const error& problem) {
          CHECK(problem.code() == errc::user_function);
          CHECK(problem.where().find("picky") == 0);
          CHECK(problem.message().find(policy.retries_max == 0 ? "n" : "never") == 0);
        }
        continue;
      }
      const job_result done = env->execute("picky");
      std::vector<int> kept;
      std::multiset<std::string> lost;
      for (const int x : numbers(picky_count)) {
        if (!picky::gives_up(x, policy)) {
          kept.push_back(x);
        } else {
          lost.insert(std::to_string(x));
        }
      }
      std::vector<R> expected = expect(kept);
      std::sort(expected.begin(), expected.end());
      CHECK(sorted(out) == expected);
      std::uint64_t dropped = 0;
      std::uint64_t dead_lettered = 0;
      for (const operator_metrics& m : done.metrics.operators) {
        dropped += m.dropped;
        dead_lettered += m.dead_lettered;
      }
      CHECK(dropped == (letters ? 0 : lost.size()));
      CHECK(dead_lettered == (letters ? lost.size() : 0));
      if (!letters) continue;
      std::multiset<std::string> told;
      for (const dead_letter& d : dead.records()) {
        told.insert(d.record);
        CHECK(d.attempts == policy.retries_max + 1);
        CHECK(d.operator_name.find("picky") == 0);
      }
      CHECK(told == lost);
    }
  }
}

}  // namespace sage::test
