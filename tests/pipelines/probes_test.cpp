// The probes of sage::testing in whole pipelines, on both engines: backpressure and idleness without a sleep.
#include "sage/testing.hpp"
#include "tests/pipelines/engines.hpp"
#include "tests/pipelines/picky.hpp"

namespace {

using namespace sage;
using testing::corked_sink;
using testing::scripted_source;
using testing::tracked;
using testing::tracked_counts;

// Both engines, fused and not, small batches.
template <class Body>
void on_some_engines(Body body) {
  for (const char* engine : {"reference", "actors"}) {
    for (const bool fused : {true, false}) {
      const test::variant v{engine, 2, 8, fused};
      INFO(v.title());
      const auto env = test::make_environment(v);
      body(*env);
    }
  }
}

TEST_CASE("behind a corked sink everything stops within its credit, and nothing is lost", "[probes][credit]") {
  on_some_engines([](environment& env) {
    corked_sink<int> sink;
    env.from_source(range<int>(0, 5000))
        .rebalance()
        .map([](int x) { return x; })
        .parallelism(2)
        .rebalance()
        .sink(sink)
        .parallelism(1);
    job running = env.submit("corked");
    sink.wait_until_holding();
    CHECK(sink.size() == 0);
    CHECK_FALSE(is_final(running.state()));
    sink.uncork();
    const job_result done = running.wait();
    std::vector<int> all = sink.records();
    std::sort(all.begin(), all.end());
    CHECK(all == test::numbers(5000));
    // A window of 4 batches per channel, at most two channels into any instance.
    for (std::size_t i = 0; i < running.record()->plan().instances.size(); ++i) {
      CHECK(running.record()->slot(i)->read().queue_batches_max <= 4 * 2);
    }
  });
}

TEST_CASE("a job whose sink takes nothing can be cancelled", "[probes]") {
  on_some_engines([](environment& env) {
    corked_sink<int> sink;
    env.from_source(range<int>(0, 100'000)).sink(sink);
    job running = env.submit("corked");
    sink.wait_until_holding();
    running.cancel();
    CHECK_THROWS_WITH(running.wait(), Catch::Contains("cancelled"));
    CHECK(sink.size() == 0);
    CHECK(sink.holding() == 0);
  });
}

TEST_CASE("a job that drains behind a cork ends when it is uncorked, with all that was read", "[probes]") {
  on_some_engines([](environment& env) {
    corked_sink<int> sink;
    scripted_source<int> source;
    source.emit({1, 2, 3});
    env.from_source(source).map([](int x) { return x * 10; }).sink(sink);
    job running = env.submit("drained");
    sink.wait_until_holding();
    running.drain();
    sink.uncork();
    CHECK(running.wait().state == job_state::done);
    CHECK(sink.records() == std::vector<int>{10, 20, 30});
  });
}

TEST_CASE("a source told what to do while the job runs", "[probes]") {
  on_some_engines([](environment& env) {
    scripted_source<int> source;
    corked_sink<int> sink;
    sink.uncork();
    env.from_source(source).filter([](int x) { return x > 1; }).sink(sink);
    job running = env.submit("scripted");
    source.emit({1, 2}).emit({3});
    sink.recork();
    source.emit({4});
    sink.wait_until_holding();  // whatever came before it is through, as records keep their order
    CHECK_FALSE(is_final(running.state()));
    sink.uncork();
    source.emit({5}).end();
    running.wait();
    CHECK(sink.records() == std::vector<int>{2, 3, 4, 5});
  });
}

TEST_CASE("a source that fails fails the job with its name, after what it had read", "[probes]") {
  on_some_engines([](environment& env) {
    scripted_source<int> source;
    source.emit({1}).fail("the wire was cut");
    env.from_source(source).name("wire").sink([](int) {});
    CHECK_THROWS_WITH(env.execute("failing"), Catch::Contains("wire[0]") && Catch::Contains("the wire was cut"));
  });
}

TEST_CASE("records are moved from end to end, copied for a second consumer only, and none leaks", "[probes]") {
  on_some_engines([](environment& env) {
    tracked_counts moved;
    tracked_counts shared;
    {
      std::atomic<int> sum{0};
      const auto add = [&sum](const tracked& t) { sum += t.value(); };
      env.from_source(range<int>(0, 100))
          .map([&moved](int x) { return tracked(x, moved); })
          .rebalance()
          .filter([](const tracked& t) { return t.value() % 2 == 0; })
          .map([](tracked t) { return t; })
          .sink(add);
      env.execute("moved");
      CHECK(sum == 2450);
      sum = 0;
      auto made = env.from_source(range<int>(0, 100)).map([&shared](int x) { return tracked(x, shared); });
      made.map([](tracked t) { return t; }).sink(add);
      made.sink(add);
      env.execute("shared");
      CHECK(sum == 2 * 4950);
    }
    CHECK(moved.copies() == 0);
    CHECK(moved.alive() == 0);
    CHECK(shared.copies() <= 100);
    CHECK(shared.alive() == 0);
  });
}

TEST_CASE("flow windows of nothing are refused", "[probes][credit]") {
  environment_options options;
  options.flow.window_batches = 0;
  reference_environment env(options);
  env.from_source(range<int>(0, 3)).sink(discard());
  CHECK_THROWS_WITH(env.execute("stuck"), Catch::Contains("flow.window_batches"));
}

}  // namespace
