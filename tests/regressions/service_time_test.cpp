// The time in an operator was scaled up as if the one batch that was timed stood for sixteen, also when it was alone.
#include "tests/pipelines/engines.hpp"

TEST_CASE("the one batch of an operator doesn't take longer than its job", "[regression][metrics]") {
  for (const char* engine : {"reference", "actors"}) {
    CAPTURE(engine);
    const auto env = sage::test::make_environment({engine, 1, 1024, true});
    env->from_source(sage::range<int>(0, 1000))
        .map([](int x) {
          volatile int busy = 0;
          for (int i = 0; i < 10'000; ++i) busy = busy + x;
          return busy;
        })
        .name("busy")
        .sink(sage::discard());
    const sage::job_result done = env->execute("one batch");
    CHECK(done.metrics.total("busy").batches_in == 1);
    CHECK(done.metrics.total("busy").service_ns > 0);
    CHECK(static_cast<double>(done.metrics.total("busy").service_ns) <= done.seconds * 1e9);
  }
}
