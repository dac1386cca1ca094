// Seeded interleavings of a job's actors: whatever the order in which they run, routing, credit and end-of-stream
// hold. SAGE_SEED=N in the environment replays one seed.
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

#include "tests/actors/seeds.hpp"
#include "tests/actors/stepped_system.hpp"
#include "tests/catch.hpp"

namespace {

using sage::test::seeds;
using sage::test::stepped_system;

constexpr int records = 60;

// What a seed decides about a pipeline: every dimension that routing, credit and end-of-stream depend on.
struct scenario {
  const char* edge;
  std::uint32_t window;
  std::size_t sources;
  std::size_t workers;
  std::size_t batch_size;
  bool fused;
  const char* ending;   // of its own accord, or by cancel, drain or a function that throws
  std::uint64_t after;  // steps until cancel or drain, or the record that throws

  [[nodiscard]] std::string title() const {
    return std::string(edge) + ", window " + std::to_string(window) + ", " + std::to_string(sources) + " sources, " +
           std::to_string(workers) + " workers, batches of " + std::to_string(batch_size) +
           (fused ? ", fused, " : ", unfused, ") + ending + " " + std::to_string(after);
  }
};

scenario draw_scenario(stepped_system& s) {
  static constexpr const char* edges[] = {"hash", "rebalance", "broadcast", "custom"};
  static constexpr const char* endings[] = {"end", "end", "end", "cancel", "drain", "throw"};
  scenario drawn{};
  drawn.edge = edges[s.draw(4)];
  drawn.window = static_cast<std::uint32_t>(1 + s.draw(3));
  drawn.sources = 1 + s.draw(3);
  drawn.workers = 1 + s.draw(3);
  drawn.batch_size = 1 + s.draw(4);
  drawn.fused = s.draw(2) == 0;
  drawn.ending = endings[s.draw(6)];
  drawn.after = drawn.ending == std::string("throw") ? s.draw(records) : s.draw(400);
  return drawn;
}

// One record that has passed a worker: who handled it, and when in that worker's life.
struct seen {
  int value = 0;
  std::size_t worker = 0;
  std::uint64_t order = 0;
};

struct outcome {
  sage::job_state state = sage::job_state::opening;
  std::string problem;
  std::vector<seen> arrived;
  std::vector<std::pair<int, std::uint64_t>> counts;  // per key, where the edge is keyed
  std::size_t actors = 0;                             // while it ran
  std::size_t planned = 0;
  std::size_t left = 0;
  std::uint64_t trace = 0;
  std::uint64_t queue_max = 0;  // as a share of what the windows allow: at most 1 per channel and batch
  bool within_credit = true;
};

sage::environment_options options_of(const scenario& what) {
  sage::environment_options options;
  options.cores = 2;
  options.batch_size = what.batch_size;
  options.flow.window_batches = what.window;
  options.flow.activation_time_max = 3'600'000'000'000;  // real time must not decide anything here
  if (!what.fused) options.disabled_passes = {"chain-fusion", "router-fusion"};
  return options;
}

// Whether the deepest queue of any instance stayed within the windows of its channels.
bool kept_to_credit(const sage::job& run, std::uint32_t window) {
  const auto& plan = run.record()->plan();
  for (const auto& one : plan.instances) {
    if (run.record()->slot(one.id)->read().queue_batches_max > one.inputs.size() * window) return false;
  }
  return true;
}

outcome run_scenario(const scenario& what, stepped_system& s) {
  outcome result;
  const std::size_t before = s.running();
  sage::collected<seen> arrived;
  sage::collected<std::pair<int, std::uint64_t>> counts;
  {
    sage::embedded_environment env(s.system(), options_of(what));
    const bool throws = what.ending == std::string("throw");
    const auto unlucky = static_cast<int>(what.after);
    auto worker = [throws, unlucky, order = std::uint64_t{0}](int x, sage::context& self) mutable {
      if (throws && x == unlucky) throw std::runtime_error("unlucky");
      return seen{x, self.instance(), order++};
    };
    auto source = env.from_source(sage::range<int>(0, records, what.sources)).parallelism(what.sources);
    const std::string edge = what.edge;
    if (edge == "hash") {
      auto keyed = source.key_by([](int x) { return x % 7; });
      keyed
          .process(
              [worker](int x, sage::collector<seen>& out, sage::context& self) mutable { out.push(worker(x, self)); })
          .parallelism(what.workers)
          .sink(sage::collect_into(arrived));
      keyed.aggregate(sage::count{}).parallelism(what.workers).sink(sage::collect_into(counts)).parallelism(1);
    } else {
      auto sent = edge == "rebalance"   ? source.rebalance()
                  : edge == "broadcast" ? source.broadcast()
                                        : source.route(sage::to_instance([](int x, std::size_t n) { return x % n; }));
      sent.map(worker).parallelism(what.workers).sink(sage::collect_into(arrived)).parallelism(1);
    }
    const sage::job run = env.submit("interleaved");
    const auto is_over = [&] { return is_final(run.state()); };
    s.run_until([&] { return run.state() == sage::job_state::running || is_over(); });
    result.actors = s.running() - before;
    result.planned = run.record()->plan().instances.size();
    if (what.ending == std::string("cancel") || what.ending == std::string("drain")) {
      for (std::uint64_t i = 0; i < what.after && !is_over(); ++i) s.step();
      what.ending == std::string("cancel") ? run.cancel() : run.drain();
    }
    s.run_until(is_over);
    result.state = run.state();
    if (const auto problem = run.problem()) result.problem = problem->what();
    result.within_credit = kept_to_credit(run, what.window);
    s.run_dry();
  }
  s.run_dry();
  result.left = s.running() - before;
  result.trace = s.trace();
  result.arrived = arrived.records();
  result.counts = counts.records();
  return result;
}

// What holds of the records that arrived, however the job has ended.
void check_order_and_routing(const scenario& what, const outcome& result) {
  std::map<std::pair<std::size_t, std::size_t>, std::pair<int, std::uint64_t>> last;  // by worker and split
  std::vector<seen> by_order = result.arrived;
  std::sort(by_order.begin(), by_order.end(), [](const seen& a, const seen& b) { return a.order < b.order; });
  std::map<int, std::size_t> worker_of_key;
  for (const seen& one : by_order) {
    const std::size_t split = static_cast<std::size_t>(one.value) * what.sources / records;
    const auto [known, first] = last.emplace(std::pair(one.worker, split), std::pair(one.value, one.order));
    if (!first) {
      CHECK(known->second.first < one.value);  // records of one channel keep their order
      known->second = {one.value, one.order};
    }
    if (what.edge == std::string("custom") && what.workers > 1) {
      CHECK(one.worker == static_cast<std::size_t>(one.value) % what.workers);
    }
    if (what.edge == std::string("hash"))
      CHECK(worker_of_key.emplace(one.value % 7, one.worker).first->second == one.worker);
  }
}

void check_complete(const scenario& what, const outcome& result) {
  std::vector<int> values;
  for (const seen& one : result.arrived) values.push_back(one.value);
  std::sort(values.begin(), values.end());
  const std::size_t times = what.edge == std::string("broadcast") ? what.workers : 1;
  std::vector<int> expected;
  for (int x = 0; x < records; ++x) expected.insert(expected.end(), times, x);
  CHECK(values == expected);
  if (what.edge == std::string("hash")) {
    auto counts = result.counts;
    std::sort(counts.begin(), counts.end());
    std::vector<std::pair<int, std::uint64_t>> per_key;
    for (int key = 0; key < 7; ++key) per_key.emplace_back(key, (records - key + 6) / 7);
    CHECK(counts == per_key);
  }
}

void check_outcome(const scenario& what, const outcome& result) {
  const std::string ending = what.ending;
  CHECK(result.left == 0);
  CHECK(result.within_credit);
  check_order_and_routing(what, result);
  if (ending == "end") {
    CHECK(result.problem.empty());
    CHECK(result.state == sage::job_state::done);
    check_complete(what, result);
  } else if (ending == "drain") {
    CHECK(result.problem.empty());
    CHECK(result.state == sage::job_state::done);
  } else if (ending == "cancel") {
    // A job may have ended before it was told to.
    CHECK((result.state == sage::job_state::cancelled || result.state == sage::job_state::done));
    if (result.state == sage::job_state::done) check_complete(what, result);
  } else {
    CHECK(result.state == sage::job_state::failed);
    CHECK(result.problem.find("unlucky") != std::string::npos);
  }
  // Instances and routers have an actor each, the supervisor is the one beside them. A job may have ended already
  // when somebody threw at once.
  if (ending != "throw") CHECK(result.actors == result.planned + 1);
}

TEST_CASE("routing, credit and end-of-stream hold in 200 seeded interleavings", "[actors][interleavings]") {
  for (const std::uint64_t seed : seeds(200)) {
    stepped_system s(seed);
    const scenario what = draw_scenario(s);
    INFO("seed " << seed << ": " << what.title() << "\nreplay: SAGE_SEED=" << seed << " actor_tests [interleavings]");
    check_outcome(what, run_scenario(what, s));
  }
}

TEST_CASE("the same seed gives the same interleaving", "[actors][interleavings]") {
  std::map<std::uint64_t, std::uint64_t> traces;
  for (const std::uint64_t seed : seeds(20)) {
    INFO("seed " << seed);
    std::uint64_t first = 0;
    for (const bool again : {false, true}) {
      stepped_system s(seed);
      const scenario what = draw_scenario(s);
      const std::uint64_t trace = run_scenario(what, s).trace;
      if (again) CHECK(trace == first);
      first = trace;
    }
    ++traces[first];
  }
  CHECK((traces.size() >= 20 || std::getenv("SAGE_SEED") != nullptr));
}

}  // namespace
