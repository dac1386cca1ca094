// Async operators on every engine: order, capacity, policies, time-outs, and what a million immediate completions do.
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/join.hpp"
#include "tests/pipelines/picky.hpp"

namespace {

using namespace std::chrono_literals;
using sage::environment;
using sage::test::all_variants;
using sage::test::make_environment;
using sage::test::numbers;
using sage::test::on_every_engine;
using sage::test::sorted;

constexpr int count = 200;

sage::task<int> doubled(int x) {
  if (x % 3 == 0) co_await sage::sleep_for(std::chrono::microseconds(x % 7 * 50));
  co_return 2 * x;
}

std::vector<int> doubles() {
  std::vector<int> all;
  for (int x = 0; x < count; ++x) all.push_back(2 * x);
  return all;
}

TEST_CASE("async_map conforms: one result per record, in order unless told otherwise", "[conformance][async]") {
  for (const auto& v : all_variants()) {
    INFO(v.title());
    const auto env = make_environment(v);
    sage::collected<int> in_order, any_order;
    auto source = env->from_source(sage::range<int>(0, count));
    source.async_map(doubled, {.capacity = 16}).sink(sage::collect_into(in_order));
    source.async_map(doubled, {.capacity = 3, .order = sage::unordered}).sink(sage::collect_into(any_order));
    env->execute("async");
    if (v.parallelism == 1) CHECK(in_order.records() == doubles());
    CHECK(sorted(in_order) == doubles());
    CHECK(sorted(any_order) == doubles());
  }
}

TEST_CASE("async_flat_map conforms: what a task returns leaves together", "[conformance][async]") {
  on_every_engine([](environment& env) {
    sage::collected<int> out;
    env.from_source(sage::range<int>(0, count))
        .async_flat_map([](int x) -> sage::task<std::vector<int>> {
          if (x % 5 == 0) co_await sage::sleep_for(20us);
          std::vector<int> repeated(static_cast<std::size_t>(x % 4), x);
          co_return repeated;
        })
        .sink(sage::collect_into(out));
    env.execute("async");
    std::vector<int> expected;
    for (int x = 0; x < count; ++x) expected.insert(expected.end(), static_cast<std::size_t>(x % 4), x);
    CHECK(sorted(out) == expected);
  });
}

TEST_CASE("what a coroutine emits leaves before it ends, under backpressure, in order", "[conformance][async]") {
  for (const auto& v : all_variants()) {
    if (v.parallelism > 2) continue;
    INFO(v.title());
    for (const sage::result_order order : {sage::ordered, sage::unordered}) {
      const auto env = make_environment(v);
      sage::collected<std::pair<int, int>> out;
      const auto seen = std::make_shared<std::atomic<int>>(0);
      env->from_source(sage::range<int>(0, 20))
          .async_flat_map(
              [seen](const int& x, sage::emitter<std::pair<int, int>>& to) -> sage::task<> {
                for (int i = 0; i < 150; ++i) {
                  to.push(std::pair(x, i));
                  co_await to.room();
                }
                // The first goes on only when what it has emitted has arrived.
                while (x == 0 && *seen < 150) co_await sage::sleep_for(50us);
              },
              {.capacity = 4, .order = order})
          .inspect([seen](const std::pair<int, int>& part) { *seen += part.first == 0 ? 1 : 0; })
          .sink(sage::collect_into(out));
      env->execute("emit");
      CHECK(out.records().size() == 20 * 150);
      std::map<int, int> next;
      for (const auto& [x, i] : out.records()) CHECK(next[x]++ == i);
      if (order == sage::ordered && v.parallelism == 1) {
        const auto records = out.records();
        CHECK(std::is_sorted(records.begin(), records.end()));
      }
    }
  }
}

TEST_CASE("calls of one key run one after another, keys beside each other", "[conformance][async]") {
  struct watch {
    std::mutex mutex;
    std::map<int, int> running;
    std::size_t clashes = 0;
  };
  on_every_engine([](environment& env) {
    const auto seen = std::make_shared<watch>();
    sage::collected<int> out;
    env.from_source(sage::range<int>(0, count))
        .key_by([](int x) { return x % 7; })
        .async_map(
            [seen](int x) -> sage::task<int> {
              const int key = x % 7;
              {
                const std::lock_guard lock(seen->mutex);
                if (++seen->running[key] > 1) ++seen->clashes;
              }
              co_await sage::sleep_for(std::chrono::microseconds(x % 3 * 20));
              {
                const std::lock_guard lock(seen->mutex);
                --seen->running[key];
              }
              co_return x;
            },
            {.capacity = 5, .order = sage::ordered_by_key})
        .sink(sage::collect_into(out));
    env.execute("keys");
    CHECK(seen->clashes == 0);
    CHECK(sorted(out) == numbers(count));
    std::map<int, int> last;
    for (const int x : out.records()) {
      const auto [at, first] = last.try_emplace(x % 7, x);
      if (!first) CHECK(at->second < x);
      at->second = x;
    }
  });
}

TEST_CASE("a hot key holds up no other key", "[pipeline][async]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    const auto others = std::make_shared<std::atomic<int>>(0);
    // Key 0 has many records and ends only when every other key is through.
    std::vector<int> records(50, 0);
    for (int x = 1; x <= 50; ++x) records.push_back(x);
    env->from_source(sage::collection<int>(records))
        .key_by([](int x) { return x; })
        .async_map(
            [others](int x) -> sage::task<int> {
              if (x > 0) ++*others;
              while (x == 0 && *others < 50) co_await sage::sleep_for(100us);
              co_return x;
            },
            {.capacity = 2, .order = sage::ordered_by_key})
        .sink(sage::discard());
    CHECK(env->execute("hot").state == sage::job_state::done);
  }
}

TEST_CASE("no more calls run than the capacity, and the input waits", "[pipeline][async]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine, .batch_size = 7});
    struct gauge {
      std::atomic<int> now{0};
      std::atomic<int> most{0};
      std::atomic<int> read{0};
      std::atomic<int> ahead{0};
    };
    const auto seen = std::make_shared<gauge>();
    env->from_source(sage::range<int>(0, 2000))
        .inspect([seen](int) { ++seen->read; })
        .async_map(
            [seen](int x) -> sage::task<int> {
              const int now = ++seen->now;
              if (now > seen->most) seen->most = now;
              seen->ahead = std::max(seen->ahead.load(), seen->read - x);
              co_await sage::sleep_for(10us);
              // The first ones stay until all places are taken, however slow the machine is.
              while (x < 12 && seen->most < 12) co_await sage::sleep_for(10us);
              --seen->now;
              co_return x;
            },
            {.capacity = 12, .waiting_max = 20})
        .sink(sage::discard());
    env->execute("capacity");
    CHECK(seen->most == 12);
    // The source is ahead by what runs, waits, and is under way: windows of 4 batches of 7 and what is in hand.
    CHECK(seen->ahead < 12 + 20 + 3 * 4 * 7 + 2 * 7);
  }
}

TEST_CASE("every policy of an async operator accounts for every record", "[conformance][async]") {
  for (const auto& v : all_variants()) {
    if (v.parallelism > 2) continue;
    INFO(v.title());
    for (const sage::result_order order : {sage::ordered, sage::unordered}) {
      const auto picky = [](const int& x) -> sage::task<int> {
        if (x % 2 == 0) co_await sage::sleep_for(10us);
        if (x % 5 == 0) throw std::runtime_error("picky");
        co_return x;
      };
      std::vector<int> good;
      for (int x = 0; x < count; ++x) {
        if (x % 5 != 0) good.push_back(x);
      }
      {
        const auto env = make_environment(v);
        sage::collected<int> out;
        env->from_source(sage::range<int>(0, count))
            .async_map(picky, {.order = order})
            .on_error(sage::drop)
            .sink(sage::collect_into(out));
        env->execute("drop");
        CHECK(sorted(out) == good);
      }
      {
        const auto env = make_environment(v);
        sage::collected<int> out;
        sage::collected<std::string> dead;
        env->from_source(sage::range<int>(0, count))
            .async_map(picky, {.order = order, .retry = sage::retry(2, 1us)})
            .on_error(sage::dead_letters)
            .sink(sage::collect_into(out));
        env->dead_letters()
            .map([](const sage::dead_letter& d) { return d.record + ":" + std::to_string(d.attempts); })
            .sink(sage::collect_into(dead));
        env->execute("dead");
        CHECK(sorted(out) == good);
        CHECK(dead.records().size() == count / 5);
        for (const std::string& one : dead.records()) CHECK(one.ends_with(":3"));
      }
      {
        const auto env = make_environment(v);
        env->from_source(sage::range<int>(0, count))
            .async_map(picky, {.order = order})
            .name("ask")
            .sink(sage::discard());
        CHECK_THROWS_WITH(env->execute("fail"), Catch::Contains("ask[") && Catch::Contains("picky"));
      }
    }
  }
}

TEST_CASE("an attempt that takes too long is stopped and tried again", "[pipeline][async]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    const auto tries = std::make_shared<std::atomic<int>>(0);
    sage::collected<int> out;
    env->from_source(sage::range<int>(0, 10))
        .async_map(
            [tries](int x) -> sage::task<int> {
              if (x == 4 && ++*tries < 3) co_await sage::sleep_for(std::chrono::hours(1));
              co_return x;
            },
            {.timeout = 5ms, .retry = sage::retry(5, 1ms)})
        .sink(sage::collect_into(out));
    env->execute("timeout");
    CHECK(out.records() == numbers(10));
    CHECK(*tries == 3);
  }
}

TEST_CASE("completions may come from any thread", "[conformance][async]") {
  for (const auto& v : all_variants()) {
    if (v.batch_size != 7) continue;
    INFO(v.title());
    const auto env = make_environment(v);
    sage::collected<int> out;
    // Detached: who lets go of the function last may be one of these threads.
    env->from_source(sage::range<int>(0, 60))
        .async_map([](const int& x, sage::completion<int> done) { std::thread([x, done] { done.set(x); }).detach(); })
        .sink(sage::collect_into(out));
    env->execute("threads");
    CHECK(sorted(out) == numbers(60));
  }
}

TEST_CASE("blocking code holds up nobody", "[pipeline][async]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    const auto arrived = std::make_shared<std::atomic<int>>(0);
    sage::collected<int> out;
    // Eight calls that wait for each other: they end only if all of them run at once.
    env->from_source(sage::range<int>(0, 8))
        .async_map([arrived](int x) -> sage::task<int> {
          const auto meet = [&arrived, x] {
            ++*arrived;
            while (*arrived < 8) std::this_thread::yield();
            return x;
          };
          const int value = co_await sage::run_blocking(meet);
          co_return value;
        })
        .sink(sage::collect_into(out));
    env->execute("blocking");
    CHECK(out.records() == numbers(8));
  }
}

TEST_CASE("a million immediate completions pass", "[pipeline][async]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    const auto sum = std::make_shared<std::atomic<long>>(0);
    env->from_source(sage::range<long>(0, 1'000'000))
        .async_map([](long x) -> sage::task<long> { co_return x; }, {.capacity = 1000})
        .sink([sum](long x) { *sum += x; });
    env->execute("million");
    CHECK(*sum == 499'999'500'000);
  }
}

TEST_CASE("a cancelled job destroys what its calls have", "[pipeline][async]") {
  for (const char* engine : {"reference", "actors"}) {
    INFO(engine);
    const auto env = make_environment({.engine = engine});
    const auto alive = std::make_shared<std::atomic<int>>(0);
    struct counted {
      explicit counted(std::atomic<int>& n) : count(n) { ++count; }
      counted(const counted&) = delete;
      ~counted() { --count; }
      std::atomic<int>& count;
    };
    env->from_source(sage::range<int>(0, 1000))
        .async_map(
            [alive](int x) -> sage::task<int> {
              counted here(*alive);
              co_await sage::sleep_for(std::chrono::hours(1));
              co_return x;
            },
            {.capacity = 100})
        .sink(sage::discard());
    sage::job job = env->submit("sleepers");
    while (*alive < 100) std::this_thread::yield();
    job.cancel();
    CHECK_THROWS_AS(job.wait(), sage::error);
    CHECK(*alive == 0);
  }
}

TEST_CASE("bounds that can't be meant are refused where they stand", "[pipeline][async]") {
  sage::local_environment env;
  auto source = env.from_source(sage::range<int>(0, 10));
  CHECK_THROWS_WITH(source.async_map(doubled, {.capacity = 0}), Catch::Contains("capacity of 0"));
  CHECK_THROWS_WITH(source.async_map(doubled, {.order = sage::ordered_by_key}), Catch::Contains("key_by"));
}

}  // namespace
