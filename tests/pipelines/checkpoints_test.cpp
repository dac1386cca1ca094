// Checkpoints on both engines: jobs that fail and begin again, stop and are taken up, and what they refuse.
#include <atomic>
#include <set>
#include <sstream>
#include <thread>

#include "sage/agents.hpp"
#include "sage/testing/simulated_disk.hpp"
#include "tests/pipelines/engines.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

struct engine_case {
  const char* engine;
  std::size_t parallelism;
  bool fused;
};

const engine_case cases[] = {
    {"reference", 1, true}, {"reference", 3, false}, {"actors", 1, true}, {"actors", 3, false}, {"actors", 2, true}};

std::unique_ptr<environment> checkpointed(const engine_case& one, const std::string& directory,
                                          restore_from::kind restore = restore_from::kind::nothing) {
  auto env = test::make_environment(test::variant{one.engine, one.parallelism, 64, one.fused});
  env->options().checkpoints.directory = directory;
  env->options().checkpoints.interval = 2ms;
  env->options().checkpoints.restore.what = restore;
  env->options().restarts.backoff = 1'000'000;
  return env;
}

std::string title(const engine_case& one) {
  return std::string(one.engine) + " " + std::to_string(one.parallelism) + (one.fused ? "" : " unfused");
}

struct no_memory {};
task<int> answer(agent<no_memory>& self, int in) {
  static_cast<void>(self);
  co_return in;
}

struct counting {
  using accumulator = std::int64_t;
  void add(accumulator& acc, std::int64_t) const { ++acc; }
  void merge(accumulator& acc, accumulator other) const { acc += other; }
  std::pair<std::int64_t, std::int64_t> result(std::int64_t key, accumulator acc) const { return {key, acc}; }
};

std::vector<std::pair<std::int64_t, std::int64_t>> counts_of(std::int64_t records, std::int64_t keys) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all;
  for (std::int64_t key = 0; key < keys; ++key) all.emplace_back(key, records / keys);
  return all;
}

}  // namespace

TEST_CASE("an instance that fails for a cause that may pass begins again from the newest checkpoint",
          "[checkpoints]") {
  for (const engine_case& one : cases) {
    INFO(title(one));
    const test::scratch_folder scratch;
    const auto env = checkpointed(one, scratch / "checkpoints");
    collected<std::pair<std::int64_t, std::int64_t>> out;
    std::atomic<int> failures_left{3};
    std::atomic<std::int64_t> seen{0};
    // The job handle comes later than the first records.
    env->from_source(range<std::int64_t>(0, 60'000, 4))
        .map([&](std::int64_t i) {
          if (++seen % 25'000 == 0 && failures_left.fetch_sub(1) > 0) throw error(errc::io, "the network is gone");
          return i;
        })
        .key_by([](std::int64_t i) { return i % 50; })
        .aggregate(counting{})
        .sink(collect_into(out));
    const job started = env->submit("failing");
    CHECK(started.wait().state == job_state::done);
    CHECK(test::sorted(out) == counts_of(60'000, 50));
    REQUIRE(started.failures().size() == 3);
    CHECK_THAT(started.failures().front().what(), Catch::Contains("the network is gone"));
  }
}

TEST_CASE("a job that fails too often fails, and says why", "[checkpoints]") {
  for (const engine_case& one : cases) {
    INFO(title(one));
    const test::scratch_folder scratch;
    const auto env = checkpointed(one, scratch / "checkpoints");
    env->options().restarts.restarts_max = 2;
    env->from_source(range<int>(0, 1000))
        .map([](int i) {
          if (i == 500) throw error(errc::io, "the disk is gone");
          return i;
        })
        .sink(discard());
    const job started = env->submit("hopeless");
    CHECK_THROWS_WITH(started.wait(), Catch::Contains("the disk is gone"));
    CHECK(started.state() == job_state::failed);
    CHECK(started.failures().size() == 3);
  }
}

TEST_CASE("what a function throws for a record is no cause to begin again", "[checkpoints]") {
  const test::scratch_folder scratch;
  const auto env = checkpointed(cases[2], scratch / "checkpoints");
  env->from_source(range<int>(0, 1000))
      .map([](int i) {
        if (i == 500) throw std::runtime_error("a poisoned record");
        return i;
      })
      .sink(discard());
  const job started = env->submit("poisoned");
  CHECK_THROWS_WITH(started.wait(), Catch::Contains("a poisoned record"));
  CHECK(started.failures().size() == 1);
}

TEST_CASE("a suspended job is taken up again where it stood", "[checkpoints]") {
  for (const engine_case& one : cases) {
    INFO(title(one));
    const test::scratch_folder scratch;
    const std::string directory = scratch / "checkpoints";
    const std::string path = scratch / "out.txt";
    int lives = 0;
    for (auto state = job_state::suspended; state == job_state::suspended; ++lives) {
      REQUIRE(lives < 50);
      const auto env =
          checkpointed(one, directory, lives == 0 ? restore_from::kind::nothing : restore_from::kind::latest);
      env->options().checkpoints.interval = 1h;  // those that are asked for alone
      std::atomic<std::int64_t> seen{0};
      auto source = env->from_source(range<std::int64_t>(0, 20'000, 3)).map([&](std::int64_t i) {
        seen.fetch_add(1);
        seen.notify_all();
        return i;
      });
      source.key_by([](std::int64_t i) { return i % 10; })
          .aggregate(counting{})
          .map([](const std::pair<std::int64_t, std::int64_t>& c) {
            return std::to_string(c.first) + " " + std::to_string(c.second);
          })
          .sink(file::lines_sink(path));
      const job started = env->submit("stopping");
      if (lives < 5) {
        for (std::int64_t known = seen.load(); known == 0 && !is_final(started.state()); known = seen.load()) {
          static_cast<void>(started.wait_for(1));
        }
        started.suspend();
      }
      state = started.wait().state;
      CHECK((state == job_state::suspended || state == job_state::done));
      if (state == job_state::suspended) CHECK_FALSE(system_files().status(path).has_value());
    }
    std::multiset<std::string> expected;
    for (int key = 0; key < 10; ++key) expected.insert(std::to_string(key) + " 2000");
    std::istringstream written(scratch.read("out.txt"));
    std::multiset<std::string> lines;
    for (std::string line; std::getline(written, line);) lines.insert(line);
    CHECK(lines == expected);
  }
}

TEST_CASE("a job doesn't begin anew beside its checkpoints", "[checkpoints]") {
  const test::scratch_folder scratch;
  const std::string directory = scratch / "checkpoints";
  const auto run = [&](restore_from::kind restore, const std::string& name = "once") {
    const auto env = checkpointed(cases[0], directory, restore);
    collected<int> out;
    env->from_source(range<int>(0, 100)).sink(discard());
    return env->execute(name).state;
  };
  CHECK(run(restore_from::kind::latest) == job_state::done);  // there is none: from the start
  CHECK_THROWS_WITH(run(restore_from::kind::nothing), Catch::Contains("there are checkpoints already"));
  CHECK_THROWS_WITH(run(restore_from::kind::latest, "another"),
                    Catch::Contains("holds checkpoints of the job 'once'"));
  CHECK(run(restore_from::kind::latest) == job_state::done);  // it had ended: nothing is done twice
}

TEST_CASE("a checkpoint whose operators are gone is refused, unless that is wanted", "[checkpoints]") {
  const test::scratch_folder scratch;
  const std::string directory = scratch / "checkpoints";
  {
    const auto env = checkpointed(cases[0], directory);
    env->from_source(range<int>(0, 100)).uid("numbers").sink(discard());
    env->execute("changing");
  }
  const auto again = [&](bool allowed) {
    const auto env = checkpointed(cases[0], directory, restore_from::kind::latest);
    env->options().checkpoints.allow_lost_state = allowed;
    env->from_source(range<int>(0, 100)).uid("others").sink(discard());
    return env->execute("changing").state;
  };
  CHECK_THROWS_WITH(again(false), Catch::Contains("uid numbers"));
  CHECK(again(true) == job_state::done);
}

TEST_CASE("a state that is declared no more is refused by its name, unless that is wanted", "[checkpoints]") {
  struct two_sums {
    value_state<std::int64_t> sum, other;
    void open(context& self) {
      sum = value_state<std::int64_t>(self, "sum");
      other = value_state<std::int64_t>(self, "other");
    }
    void operator()(std::int64_t one, collector<std::int64_t>& out) {
      sum.set(sum.value_or(0) + one);
      other.set(1);
      out.push(one);
    }
  };
  struct one_sum {
    value_state<std::int64_t> sum;
    void open(context& self) { sum = value_state<std::int64_t>(self, "sum"); }
    void operator()(std::int64_t one, collector<std::int64_t>& out) {
      sum.set(sum.value_or(0) + one);
      out.push(sum.value_or(0));
    }
  };
  const test::scratch_folder scratch;
  const std::string directory = scratch / "checkpoints";
  const auto run = [&](auto function, restore_from::kind restore, bool allowed, bool stops) {
    const auto env = checkpointed(cases[2], directory, restore);
    env->options().checkpoints.interval = 1h;
    env->options().checkpoints.allow_lost_state = allowed;
    env->options().restarts.restarts_max = 0;
    std::atomic<int> seen{0};
    env->from_source(range<std::int64_t>(0, stops ? 1'000'000'000 : 1))
        .key_by([](std::int64_t i) { return i % 5; })
        .process(function)
        .uid("sums")
        .sink([&](std::int64_t) { ++seen; });
    const job started = env->submit("changing");
    if (stops) {
      while (seen < 100 && !is_final(started.state())) std::this_thread::yield();
      started.suspend();
    }
    return started.wait().state;
  };
  CHECK(run(two_sums{}, restore_from::kind::nothing, false, true) == job_state::suspended);
  CHECK_THROWS_WITH(run(one_sum{}, restore_from::kind::latest, false, true),
                    Catch::Contains("the state 'other', which nobody declares any more"));
  CHECK(run(one_sum{}, restore_from::kind::latest, true, true) == job_state::suspended);
}

TEST_CASE("operators and sinks that can't go on from a checkpoint are refused by name", "[checkpoints]") {
  struct forgetful_sink {
    struct writer final : sink_writer<int> {
      void write(batch<int>&, bool) override {}
    };
    [[nodiscard]] std::unique_ptr<sink_writer<int>> make_writer() const { return std::make_unique<writer>(); }
  };
  const test::scratch_folder scratch;
  const auto env = checkpointed(cases[2], scratch / "checkpoints");
  env->from_source(range<int>(0, 100)).sink(forgetful_sink{}).name("forgetful");
  CHECK_THROWS_WITH(env->execute("refused"),
                    Catch::Contains("forgetful") && Catch::Contains("can't be part of a checkpoint"));
}

TEST_CASE("agents, whose conversations would be forgotten, are refused", "[checkpoints]") {
  const test::scratch_folder scratch;
  const auto env = checkpointed(cases[2], scratch / "checkpoints");
  env->from_source(range<int>(0, 10))
      .key_by([](int i) { return i; })
      .transform("desk", agent_operator(answer))
      .sink(discard());
  CHECK_THROWS_WITH(env->execute("agents"),
                    Catch::Contains("conversations of agents aren't part of it; a journal keeps them"));
}

TEST_CASE("whoever wants to stop at a checkpoint doesn't wait for the interval", "[checkpoints]") {
  const test::scratch_folder scratch;
  const auto env = checkpointed(cases[2], scratch / "checkpoints");
  env->options().checkpoints.interval = 24h;
  std::atomic<std::int64_t> seen{0};
  env->from_source(generator([&seen] { return std::optional<std::int64_t>(seen.fetch_add(1)); })).sink(discard());
  const job started = env->submit("endless");
  while (seen.load() == 0) static_cast<void>(started.wait_for(1));
  started.suspend();
  CHECK(started.wait().state == job_state::suspended);
  CHECK(started.checkpoints().completed == 1);
}

TEST_CASE("an older checkpoint is gone on from without touching those behind it", "[checkpoints]") {
  const test::scratch_folder scratch;
  const std::string directory = scratch / "checkpoints";
  const auto run = [&](restore_from restore) {
    const auto env = checkpointed(cases[0], directory);
    env->options().checkpoints.interval = 1ms;
    env->options().checkpoints.kept = 1000;
    env->options().checkpoints.restore = restore;
    env->from_source(range<int>(0, 3'000'000)).map([](int i) { return i; }).sink(discard());
    return env->execute("numbers").state;
  };
  const auto manifest_of = [&](const std::string& number) {
    return scratch.read("checkpoints/checkpoint-000000000" + number + "/manifest");
  };
  REQUIRE(run({}) == job_state::done);
  const std::string second = manifest_of("2");
  REQUIRE_FALSE(second.empty());
  REQUIRE(run({restore_from::kind::epoch, 1, ""}) == job_state::done);
  CHECK(manifest_of("2") == second);
}

TEST_CASE("a disk that is full costs checkpoints, and nothing else", "[checkpoints]") {
  testing::simulated_disk disk(1);
  disk.fill(true);
  const auto env = checkpointed(cases[2], "checkpoints");
  env->options().checkpoints.files = &disk;
  // Goes on until a checkpoint has failed, and then until one has succeeded.
  struct endless {
    std::atomic<bool>* over;
    std::int64_t next = 0;
    std::optional<std::int64_t> operator()() { return over->load() ? std::nullopt : std::optional(next++); }
  };
  std::atomic<bool> over{false};
  disk.fill(false);
  disk.put("checkpoints/run", "0123456789abcdef\n");
  disk.fill(true);
  env->from_source(generator(endless{&over})).sink(discard());
  const job started = env->submit("cramped");
  while (started.checkpoints().failed < 2) static_cast<void>(started.wait_for(1));
  CHECK(started.state() == job_state::running);
  CHECK_THAT(started.checkpoints().last_problem, Catch::Contains("the disk is full"));
  disk.fill(false);
  while (started.checkpoints().completed < 2) static_cast<void>(started.wait_for(1));
  over = true;
  CHECK(started.wait().state == job_state::done);
}
