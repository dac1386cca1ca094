// Seeded interleavings of pipelines with watermarks, idle and aligned sources, windows, joins, timers and loops:
// whatever the order in which actors run, results are those of a few loops, nothing is stuck, and loops come to their
// end.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <string>
#include <tuple>

#include "sage/testing.hpp"
#include "tests/actors/seeds.hpp"
#include "tests/actors/stepped_system.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

using sage::test::seeds;
using sage::test::stepped_system;

struct mark {
  int key = 0;
  event_time at = 0;
  int id = 0;
  int laps = 0;
};

// What came out: what it is about depends on the shape.
using fact = std::tuple<int, std::int64_t, std::int64_t>;

constexpr std::int64_t disorder = 12;

struct scenario {
  const char* shape;
  std::uint32_t window;
  std::size_t workers;
  std::size_t batch_size;
  bool fused;
  std::size_t bound;       // of a loop
  std::int64_t drift = 0;  // sources wait for each other when they are further apart; 0 is never
  bool silent = false;     // there is a third source that never says anything, and ends at some time
  std::vector<mark> first;
  std::vector<mark> second;

  [[nodiscard]] std::string title() const {
    return std::string(shape) + ", window " + std::to_string(window) + ", " + std::to_string(workers) +
           " workers, batches of " + std::to_string(batch_size) + (fused ? ", fused, " : ", unfused, ") + "bound " +
           std::to_string(bound) + ", " + std::to_string(first.size()) + " and " + std::to_string(second.size()) +
           " records, " + (drift > 0 ? "within " + std::to_string(drift) + " ms" : "not aligned") +
           (silent ? ", a silent source" : "");
  }
};

std::vector<mark> draw_marks(stepped_system& s, int from) {
  std::vector<mark> all;
  const auto count = static_cast<int>(5 + s.draw(50));
  for (int i = 0; i < count; ++i) {
    all.push_back({static_cast<int>(s.draw(5)), i * 3 - static_cast<event_time>(s.draw(disorder + 1)), from + i,
                   static_cast<int>(s.draw(6))});
  }
  return all;
}

scenario draw_scenario(stepped_system& s) {
  static constexpr const char* shapes[] = {"tumbling", "sliding", "session", "interval", "outer",
                                           "as of",    "timers",  "loop",    "loop",     "multiplying loop"};
  scenario drawn{};
  drawn.shape = shapes[s.draw(10)];
  drawn.window = static_cast<std::uint32_t>(1 + s.draw(3));
  drawn.workers = 1 + s.draw(3);
  drawn.batch_size = 1 + s.draw(5);
  drawn.fused = s.draw(2) == 0;
  drawn.bound = 1 + s.draw(8);
  drawn.first = draw_marks(s, 0);
  drawn.second = draw_marks(s, 1000);
  drawn.drift = s.draw(2) == 0 ? 0 : static_cast<std::int64_t>(1 + s.draw(40));
  drawn.silent = s.draw(3) == 0;
  return drawn;
}

// Says how many records a key has got, ten milliseconds behind its first one.
struct delayed_count {
  value_state<std::int64_t> count;
  value_state<event_time> due;
  void open(context& self) {
    count = value_state<std::int64_t>(self, "count");
    due = value_state<event_time>(self, "due");
  }
  void operator()(const mark& m, collector<fact>& out, context& self) {
    static_cast<void>(out);
    count.set(count.value_or(0) + 1);
    self.timers().at_event_time(1'000'000 + m.key);  // behind all records: so it counts them all
  }
  void on_timer(const int& key, const timer& at, collector<fact>& out) {
    out.push({key, at.time, count.value_or(0)});
  }
};

void declare(environment& env, const scenario& what, testing::scripted_source<mark>& silent, collected<fact>& out) {
  watermark_strategy strategy = bounded_out_of_orderness(std::chrono::milliseconds(disorder));
  if (what.drift > 0) strategy = strategy.aligned(watermark_alignment(std::chrono::milliseconds(what.drift)));
  const auto timed = [&](const std::vector<mark>& all) {
    return env.from_source(collection(all)).assign_timestamps(&mark::at, strategy);
  };
  const auto with_silent = [&](const data_stream<mark>& spoken) {
    if (!what.silent) return spoken;
    return spoken.union_with(
        env.from_source(silent).assign_timestamps(&mark::at, strategy.idle_after(std::chrono::nanoseconds(1))));
  };
  const auto a = with_silent(timed(what.first));
  const std::string shape = what.shape;
  const auto sums = [&out](auto windowed) {
    windowed.count()
        .map([](const window_result<int, std::uint64_t>& w) {
          return fact(w.key, w.start, static_cast<std::int64_t>(w.value));
        })
        .sink(collect_into(out));
  };
  if (shape == "loop" || shape == "multiplying loop") {
    const bool multiplies = shape != "loop";
    auto again = env.feedback<mark>({.max_in_flight = what.bound, .inside_max = 100'000});
    auto body = a.union_with(timed(what.second))
                    .union_with(again)
                    .key_by(&mark::key)
                    .process([](const mark& m, collector<mark>& to) {
                      to.push({m.key, m.at, m.id, m.laps - 1});
                    })
                    .flat_map([multiplies](const mark& m) {
                      std::vector<mark> made{m};
                      if (multiplies && m.laps >= 0) made.push_back(m);
                      return made;
                    });
    auto [done, more] = body.split([](const mark& m) { return m.laps < 0; });
    done.map([](const mark& m) { return fact(m.id, 0, 0); }).sink(collect_into(out));
    more.feed(again);
    return;
  }
  const auto b = timed(what.second);
  if (shape == "timers") {
    a.union_with(b).key_by(&mark::key).process(delayed_count{}).sink(collect_into(out));
  } else if (shape == "interval") {
    a.key_by(&mark::key)
        .join(b.key_by(&mark::key))
        .within(-4ms, 7ms)
        .apply([](const mark& l, const mark& r) { return fact(l.key, l.id, r.id); })
        .sink(collect_into(out));
  } else if (shape == "outer") {
    a.key_by(&mark::key)
        .join(b.key_by(&mark::key))
        .within(-4ms, 7ms)
        .full_outer()
        .apply([](const mark* l, const mark* r) { return fact(l ? l->key : r->key, l ? l->id : -1, r ? r->id : -1); })
        .sink(collect_into(out));
  } else if (shape == "as of") {
    a.key_by(&mark::key)
        .join(b.key_by(&mark::key))
        .as_of()
        .apply([](const mark& l, const mark& r) { return fact(l.key, l.id, r.at); })
        .sink(collect_into(out));
  } else {
    const auto keyed = a.union_with(b).rebalance().key_by(&mark::key);
    if (shape == "tumbling") sums(keyed.window(tumbling(20ms)));
    if (shape == "sliding") sums(keyed.window(sliding(20ms, 6ms)));
    if (shape == "session") sums(keyed.window(session(9ms)));
  }
}

std::vector<fact> expected_of(const scenario& what) {
  const std::string shape = what.shape;
  std::vector<fact> facts;
  std::vector<mark> both = what.first;
  both.insert(both.end(), what.second.begin(), what.second.end());
  const auto floor = [](event_time t, event_time step) { return t - (t % step + step) % step; };
  if (shape == "loop" || shape == "multiplying loop") {
    for (const mark& m : both) {
      const std::size_t copies = shape == "loop" ? 1 : std::size_t{1} << m.laps;
      facts.insert(facts.end(), copies, fact(m.id, 0, 0));
    }
  } else if (shape == "timers") {
    std::map<int, std::int64_t> counts;
    for (const mark& m : both) ++counts[m.key];
    for (const auto& [key, count] : counts) facts.emplace_back(key, 1'000'000 + key, count);
  } else if (shape == "interval" || shape == "outer") {
    std::map<int, bool> met;
    for (const mark& l : what.first) {
      for (const mark& r : what.second) {
        if (l.key != r.key || r.at < l.at - 4 || r.at > l.at + 7) continue;
        facts.emplace_back(l.key, l.id, r.id);
        met[l.id] = met[r.id] = true;
      }
    }
    if (shape == "outer") {
      for (const mark& l : what.first) {
        if (!met[l.id]) facts.emplace_back(l.key, l.id, -1);
      }
      for (const mark& r : what.second) {
        if (!met[r.id]) facts.emplace_back(r.key, -1, r.id);
      }
    }
  } else if (shape == "as of") {
    for (const mark& l : what.first) {
      event_time newest = no_event_time;
      for (const mark& r : what.second) {
        if (r.key == l.key && r.at <= l.at) newest = std::max(newest, r.at);
      }
      if (newest != no_event_time) facts.emplace_back(l.key, l.id, newest);
    }
  } else if (shape == "session") {
    std::map<int, std::vector<event_time>> times;
    for (const mark& m : both) times[m.key].push_back(m.at);
    for (auto& [key, its] : times) {
      std::sort(its.begin(), its.end());
      std::size_t begin = 0;
      for (std::size_t i = 0; i < its.size(); ++i) {
        if (i + 1 < its.size() && its[i + 1] - its[i] <= 9) continue;
        facts.emplace_back(key, its[begin], static_cast<std::int64_t>(i + 1 - begin));
        begin = i + 1;
      }
    }
  } else {
    const event_time size = 20;
    const event_time slide = shape == "sliding" ? 6 : 20;
    std::map<std::pair<int, event_time>, std::int64_t> counts;
    for (const mark& m : both) {
      for (event_time start = floor(m.at, slide); start > m.at - size; start -= slide) ++counts[{m.key, start}];
    }
    for (const auto& [at, count] : counts) facts.emplace_back(at.first, at.second, count);
  }
  std::sort(facts.begin(), facts.end());
  return facts;
}

}  // namespace

TEST_CASE("windows, joins, timers and loops say the same in 300 seeded interleavings", "[actors][interleavings]") {
  for (const std::uint64_t seed : seeds(300)) {
    stepped_system s(seed);
    const scenario what = draw_scenario(s);
    INFO("seed " << seed << ": " << what.title() << "\nreplay: SAGE_SEED=" << seed << " actor_tests [interleavings]");
    const std::size_t before = s.running();
    collected<fact> out;
    job_state state = job_state::opening;
    std::string problem;
    {
      environment_options options;
      options.cores = 2;
      options.parallelism = what.workers;
      options.batch_size = what.batch_size;
      options.flow.window_batches = what.window;
      options.flow.activation_time_max = 3'600'000'000'000;  // real time must not decide anything here
      if (!what.fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
      embedded_environment env(s.system(), options);
      testing::scripted_source<mark> silent;
      declare(env, what, silent, out);
      const job run = env.submit("interleaved");
      for (std::uint64_t left = s.draw(400); left > 0 && !is_final(run.state()); --left) s.step();
      silent.end();
      const bool ended = s.run_until([&] { return is_final(run.state()); });
      CHECK(ended);  // nobody is stuck
      state = run.state();
      if (const auto found = run.problem()) problem = found->what();
      if (!ended) run.cancel();
      s.run_dry();
    }
    s.run_dry();
    CHECK(problem.empty());
    CHECK(state == job_state::done);
    auto facts = out.records();
    std::sort(facts.begin(), facts.end());
    REQUIRE(facts == expected_of(what));
    CHECK(s.running() == before);
  }
}
