#include "sage/runtime/restart_policy.hpp"

#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::runtime;

TEST_CASE("pauses double up to their end, and are never less than half", "[restart]") {
  test::for_each_seed(100, [](auto& random) {
    restart_settings settings;
    settings.restarts_max = 20;
    settings.backoff = 100;
    settings.backoff_max = 3000;
    restart_policy policy(settings, random());
    nanoseconds whole = 100;
    for (int i = 0; i < 20; ++i) {
      const auto pause = policy.on_failure(1000);
      REQUIRE(pause);
      CHECK(*pause <= whole);
      CHECK(*pause >= whole / 2);
      whole = std::min<nanoseconds>(whole * 2, 3000);
    }
    CHECK_FALSE(policy.on_failure(1000));
  });
}

TEST_CASE("what failed long ago doesn't count any more", "[restart]") {
  restart_settings settings;
  settings.restarts_max = 2;
  settings.window = 1000;
  restart_policy policy(settings, 1);
  CHECK(policy.on_failure(0));
  CHECK(policy.on_failure(500));
  CHECK_FALSE(policy.on_failure(999));
  CHECK(policy.on_failure(1600));  // 0 and 500 are over, 999 isn't
  CHECK_FALSE(policy.on_failure(1601));
}

TEST_CASE("nothing begins again where that isn't wanted", "[restart]") {
  restart_settings settings;
  settings.restarts_max = 0;
  restart_policy policy(settings, 1);
  CHECK_FALSE(policy.on_failure(0));
}
