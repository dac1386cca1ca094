// Retries with a back-off hold back the input of their instance, in order, and nothing else.
#include <atomic>
#include <stdexcept>

#include "tests/pipelines/picky.hpp"

namespace {

using namespace std::chrono_literals;
using sage::test::all_variants;
using sage::test::make_environment;
using sage::test::numbers;

TEST_CASE("a retry with back-off keeps the order", "[pipeline][retry]") {
  for (const auto& v : all_variants()) {
    if (v.parallelism > 1) continue;
    INFO(v.title());
    const auto env = make_environment(v);
    sage::collected<int> out;
    env->from_source(sage::range<int>(0, 100))
        .map([calls = std::map<int, int>()](const int& x) mutable {
          if (x % 10 == 9 && ++calls[x] < 3) throw std::runtime_error("busy");
          return x;
        })
        .on_error(sage::retry(3, 100us))
        .sink(sage::collect_into(out));
    env->execute("retry");
    CHECK(out.records() == numbers(100));
  }
}

TEST_CASE("a retry waits as long as it was told to", "[pipeline][retry]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    auto called = std::make_shared<std::vector<sage::nanoseconds>>();
    env->from_source(sage::range<int>(0, 3))
        .map([called](const int& x, sage::context& self) {
          if (x != 1) return x;
          called->push_back(self.time().now());
          if (called->size() < 4) throw std::runtime_error("busy");
          return x;
        })
        .on_error(sage::retry(3, 2ms))
        .sink(sage::discard());
    env->execute("back-off");
    REQUIRE(called->size() == 4);
    CHECK((*called)[1] - (*called)[0] >= 2'000'000);
    CHECK((*called)[2] - (*called)[1] >= 4'000'000);
    CHECK((*called)[3] - (*called)[2] >= 8'000'000);
  }
}

TEST_CASE("a retry holds back its own instance only", "[pipeline][retry]") {
  for (const char* engine : {"reference", "actors"}) {
    for (const bool fused : {true, false}) {
      INFO(engine << (fused ? "" : ", unfused"));
      const auto env = make_environment({.engine = engine, .parallelism = 2, .batch_size = 1, .fused = fused});
      auto others = std::make_shared<std::atomic<int>>(0);
      // The record 0 can't succeed before every odd record has: were they held back too, the retries would run out.
      env->from_source(sage::range<int>(0, 40))
          .route(sage::to_instance([](int x, std::size_t n) { return static_cast<std::size_t>(x) % n; }))
          .map([others](const int& x) {
            if (x == 0 && *others < 3) throw std::runtime_error("waits for the others");
            *others += x % 2;
            return x;
          })
          .parallelism(2)
          .on_error(sage::retry(10'000, 200us))
          .sink(sage::discard());
      CHECK(env->execute("aside").state == sage::job_state::done);
      CHECK(*others == 20);
    }
  }
}

TEST_CASE("a job whose operator waits for a retry can be cancelled at once", "[pipeline][retry]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    auto called = std::make_shared<std::atomic<bool>>(false);
    env->from_source(sage::range<int>(0, 3))
        .map([called](const int& x) {
          *called = true;
          if (x == 1) throw std::runtime_error("busy");
          return x;
        })
        .on_error(sage::retry(1000, 1h))
        .sink(sage::discard());
    const sage::job waiting = env->submit("waits");
    while (!*called) static_cast<void>(waiting.wait_for(1));
    waiting.cancel();
    CHECK_THROWS_AS(waiting.wait(), sage::error);
    CHECK(waiting.state() == sage::job_state::cancelled);
  }
}

}  // namespace
