// Watermarks through whole pipelines: shuffles, unions, chains, async operators.
#include <atomic>
#include <chrono>
#include <mutex>
#include <random>

#include "sage/async.hpp"
#include "sage/testing.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

// Passes records on and checks that time keeps its promise: within `disorder` of the newest time, no record comes at
// or before the watermark; times never go back. Writes down the last watermark of each instance.
struct observed {
  std::atomic<std::uint64_t> late{0};
  std::atomic<std::uint64_t> steps{0};
  std::atomic<std::uint64_t> ends{0};
  std::atomic<std::uint64_t> untimed{0};
};

class observer final : public operators::operator_base {
 public:
  using input_type = int;
  using output_type = int;
  explicit observer(observed& seen) : seen_(seen) {}

  operators::flow on_batch(batch_ref records, operators::output& out) override {
    const event_time* const times = records->times();
    for (std::size_t i = 0; i < records->size(); ++i) {
      if (!times || times[i] == no_event_time) {
        ++seen_.untimed;
      } else if (times[i] <= input_watermark()) {
        ++seen_.late;
      }
    }
    fate_.passed += records->size();
    out.emit(operators::main_port, std::move(records));
    return operators::flow::done;
  }

 private:
  operators::flow on_watermark(event_time time, operators::output&) override {
    ++seen_.steps;
    if (time == end_of_time) ++seen_.ends;
    return operators::flow::done;
  }
  observed& seen_;
};

auto observing(observed& seen) {
  return [&seen] { return std::make_unique<observer>(seen); };
}

std::vector<int> shuffled_times(std::size_t count, int disorder, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<int> times;
  for (std::size_t i = 0; i < count; ++i) {
    times.push_back(static_cast<int>(i) - static_cast<int>(random() % static_cast<std::uint64_t>(disorder + 1)));
  }
  return times;
}

}  // namespace

TEST_CASE("no record within the bound is late behind a shuffle, and every instance sees the end of time",
          "[pipelines][event_time]") {
  const std::vector<int> times = shuffled_times(3000, 40, 7);
  test::on_every_engine([&](environment& env) {
    observed seen;
    collected<int> out;
    env.from_source(collection(times))
        .assign_timestamps([](int t) { return t; }, bounded_out_of_orderness(40ms))
        .rebalance()
        .transform("observer", observing(seen))
        .sink(collect_into(out));
    env.execute("shuffle");
    CHECK(out.size() == times.size());
    CHECK(seen.late == 0);
    CHECK(seen.untimed == 0);
    CHECK(seen.ends >= 1);
  });
}

TEST_CASE("a union waits for the slower of its inputs", "[pipelines][event_time]") {
  test::on_every_engine([&](environment& env) {
    observed seen;
    collected<int> out;
    const auto timed = [&](std::vector<int> records) {
      return env.from_source(collection(std::move(records))).assign_timestamps([](int t) { return t; }, monotonic());
    };
    std::vector<int> early(500), late(500);
    for (int i = 0; i < 500; ++i) {
      early[i] = i;
      late[i] = 400 + i;
    }
    timed(late).union_with(timed(early)).transform("observer", observing(seen)).sink(collect_into(out));
    env.execute("union");
    CHECK(out.size() == 1000);
    CHECK(seen.late == 0);
  });
}

TEST_CASE("time does not overtake records that an async operator still holds", "[pipelines][event_time]") {
  const std::vector<int> times = shuffled_times(400, 10, 3);
  for (const result_order order : {result_order::ordered, result_order::unordered}) {
    test::on_every_engine([&](environment& env) {
      observed seen;
      collected<int> out;
      const auto sometimes_later = [](const int& t) -> task<int> {
        if (t % 3 == 0) co_await sleep_for(std::chrono::microseconds(t % 7));
        co_return t;
      };
      env.from_source(collection(times))
          .assign_timestamps([](int t) { return t; }, bounded_out_of_orderness(10ms))
          .async_map(sometimes_later, {.capacity = 8, .order = order})
          .transform("observer", observing(seen))
          .sink(collect_into(out));
      env.execute("async");
      CHECK(out.size() == times.size());
      CHECK(seen.late == 0);
      CHECK(seen.untimed == 0);
    });
  }
}

TEST_CASE("an idle input does not hold time back, and time waits again when it speaks", "[pipelines][event_time]") {
  for (const char* engine : {"reference", "actors"}) {
    const auto env = test::make_environment({engine, 1, 16, true});
    testing::scripted_source<int> quick;
    testing::scripted_source<int> silent;
    observed seen;
    collected<int> out;
    std::mutex mutex;
    const auto timed = [&](auto& source) {
      return env->from_source(source).assign_timestamps([](int t) { return t; }, monotonic().idle_after(20ms));
    };
    timed(quick).union_with(timed(silent)).transform("observer", observing(seen)).sink(collect_into(out));
    silent.emit({1});
    job running = env->submit("idle");
    while (out.size() < 1) std::this_thread::yield();
    const std::uint64_t before = seen.steps;
    // Time moves on though the other one says nothing any more: that is what ends the loop.
    for (int t = 100; seen.steps < before + 2; t += 100) {
      quick.emit({t});
      while (!quick.is_idle() && seen.steps < before + 2) std::this_thread::yield();
    }
    quick.end();
    silent.end();
    running.wait();
    CHECK(seen.ends == 1);
  }
}

TEST_CASE("metrics say how far time has come", "[pipelines][event_time]") {
  local_environment env;
  testing::scripted_source<int> source;
  collected<int> out;
  env.from_source(source)
      .assign_timestamps([](int t) { return t; }, bounded_out_of_orderness(5ms))
      .name("clocked")
      .sink(collect_into(out));
  job running = env.submit("metrics");
  // Metrics are published now and then while there is something to do.
  while (running.metrics().total("clocked").watermark == no_event_time) {
    source.emit({1000, 2000});
    while (!source.is_idle()) std::this_thread::yield();
  }
  CHECK(running.metrics().total("clocked").watermark == 1994);
  CHECK(running.metrics().to_json().find("\"watermark_ms\":1994") != std::string::npos);
  CHECK(running.metrics().to_prometheus().find("sage_operator_watermark_seconds") != std::string::npos);
  source.end();
  running.wait();
}
