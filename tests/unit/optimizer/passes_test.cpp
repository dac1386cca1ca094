// Each pass by itself: where it applies, where it must not, and that it says why.
#include <algorithm>

#include "sage/optimizer/optimizer.hpp"
#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

using namespace sage;
using Catch::Contains;
using routing::partitioning;

namespace {

struct setting {
  std::vector<std::string> disabled{};
  std::size_t cores = 4;
  std::size_t parallelism = 0;
  std::size_t batch_size = 0;
};

// The optimized graph of what `declare` declares.
template <class Declare>
graph::logical_graph optimized(Declare declare, setting with = {}) {
  environment_options options;
  options.cores = with.cores;
  options.parallelism = with.parallelism;
  options.batch_size = with.batch_size;
  options.disabled_passes = with.disabled;
  reference_environment env(options);
  declare(env);
  return env.plan("optimized").graph;
}

const graph::node& node(const graph::logical_graph& graph, const std::string& name) {
  for (const graph::node& n : graph.nodes) {
    if (n.name == name) return n;
  }
  throw error(errc::not_found, name);
}
const graph::edge& edge(const graph::logical_graph& graph, const std::string& from, const std::string& to) {
  for (const graph::edge& e : graph.edges) {
    if (graph.at(e.from).name == from && graph.at(e.to).name == to) return e;
  }
  throw error(errc::not_found, from + " -> " + to);
}
bool says(const graph::node& n, const std::string& reason) {
  return std::any_of(n.reasons.begin(), n.reasons.end(),
                     [&](const std::string& r) { return r.find(reason) != std::string::npos; });
}

data_stream<int> numbers(environment& env, std::size_t splits = 4) {
  auto stream = env.from_source(range<int>(0, 100, splits));
  stream.name("numbers");
  return stream;
}
data_stream<int> even(const data_stream<int>& from) {
  auto kept = from.filter([](int x) { return x % 2 == 0; });
  kept.name("even");
  return kept;
}
data_stream<int> same(const data_stream<int>& from, const char* name = "same") {
  auto mapped = from.map([](int x) { return x; });
  mapped.name(name);
  return mapped;
}
auto by_remainder(const data_stream<int>& from) {
  return from.key_by([](int x) { return x % 3; });
}

}  // namespace

// ---- splits

TEST_CASE("every source is asked for its splits, which are numbered", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) { numbers(env, 3).sink(discard()); });
  const auto& splits = node(g, "numbers").splits;
  REQUIRE(splits);
  REQUIRE(splits->splits.size() == 3);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(splits->splits[i].number == i);
}

TEST_CASE("a source that can't be planned is named", "[optimizer][passes]") {
  CHECK_THROWS_WITH(optimized([](environment& env) {
                      auto lines = env.from_source(file::lines("/nowhere/at/all.txt"));
                      lines.name("input");
                      lines.sink(discard());
                    }),
                    Contains("input"));
}

// ---- dead branches

TEST_CASE("pure operators whose results are discarded go, with whatever only fed them", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) {
    auto kept = same(numbers(env));
    kept.sink([](int) {}).name("out");
    auto once = kept.distinct();
    once.name("once");
    auto both = once.union_with(once);
    both.name("both");
    both.sink(discard()).name("nowhere");
  });
  for (const char* gone : {"once", "both", "nowhere"}) {
    CHECK(node(g, gone).removed);
    CHECK(says(node(g, gone), "nobody uses"));
  }
  CHECK_FALSE(node(g, "same").removed);
}

TEST_CASE("a function of the user may have side effects and stays, unless it is memoized", "[optimizer][passes]") {
  const auto declare = [](environment& env, bool memoized) {
    auto from = numbers(env);
    from.sink([](int) {}).name("out");
    auto mapped = from.map([](int x) { return x; });
    mapped.name("mapped");
    if (memoized) mapped.memoize({.entries_max = 8});
    mapped.sink(discard()).name("nowhere");
  };
  CHECK_FALSE(node(optimized([&](environment& env) { declare(env, false); }), "mapped").removed);
  CHECK(node(optimized([&](environment& env) { declare(env, true); }), "mapped").removed);
}

TEST_CASE("the last consumer of an output stays", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) { numbers(env).sink(discard()).name("nowhere"); });
  CHECK_FALSE(node(g, "nowhere").removed);
  const auto dead = optimized([](environment& env) {
    auto careful = numbers(env).distinct();
    careful.name("careful").on_error(dead_letters);
    careful.sink(discard()).name("nowhere");
    env.dead_letters().sink([](const dead_letter&) {});
  });
  CHECK_FALSE(node(dead, "careful").removed);  // its dead letters are wanted
}

// What stayed as the end of a branch lost what it fed: its output hung in the air, and the job failed.
TEST_CASE("a branch of pure operators that has to stay stays whole", "[optimizer][passes][regression]") {
  const auto g = optimized([](environment& env) {
    auto once = numbers(env).distinct();
    once.name("once");
    auto both = once.union_with(once);
    both.name("both");
    both.collect(3).name("threes").sink(discard()).name("nowhere");
  });
  for (const char* kept : {"once", "both", "threes", "nowhere"}) CHECK_FALSE(node(g, kept).removed);
}

// ---- filter pushdown

TEST_CASE("a filter moves in front of the exchange it stands behind", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) { same(even(numbers(env).rebalance())).sink(discard()); });
  CHECK(edge(g, "numbers", "even").partitioning.kind == partitioning::forward);
  CHECK(edge(g, "even", "same").partitioning.kind == partitioning::rebalance);
  CHECK(says(node(g, "even"), "moved in front"));
  const auto keyed = optimized([](environment& env) {
    auto kept = by_remainder(numbers(env)).filter([](int x) { return x > 3; });
    kept.distinct().name("once").sink(discard());
  });
  CHECK(edge(keyed, "numbers", "filter_2").partitioning.kind == partitioning::forward);
  CHECK(edge(keyed, "filter_2", "once").partitioning.kind == partitioning::hash);
}

TEST_CASE("a filter stays where the user has put it", "[optimizer][passes]") {
  const auto stays = [](auto declare) {
    const auto g = optimized([&](environment& env) { declare(numbers(env)); });
    return !says(node(g, "even"), "moved");
  };
  CHECK(stays([](auto from) { even(from).sink(discard()); }));              // no exchange
  CHECK(stays([](auto from) { even(from.broadcast()).sink(discard()); }));  // each instance must see all
  CHECK(stays([](auto from) {
    auto kept = even(from.rebalance());
    kept.parallelism(2);
    kept.sink(discard());
  }));
  CHECK(stays([](auto from) {
    auto kept = even(from.rebalance());
    kept.start_chain();
    kept.sink(discard());
  }));
  CHECK(stays([](auto from) {  // two consumers: the exchange would have to be doubled
    auto kept = even(from.rebalance());
    same(kept, "one").sink(discard());
    same(kept, "two").sink(discard());
  }));
  const auto map = optimized([](environment& env) { same(numbers(env).rebalance()).sink(discard()); });
  CHECK(edge(map, "numbers", "same").partitioning.kind == partitioning::rebalance);  // only filters move
}

// ---- parallelism

TEST_CASE("parallelism follows the user, splits, keys, exchanges, or upstream", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) {
    auto from = numbers(env, 3);
    same(from, "behind").sink([](int) {}).name("callable");
    auto two = same(from, "two");
    two.parallelism(2);
    same(two, "behind_two").sink(discard()).name("nowhere");
    same(from.rebalance(), "spread").sink(discard());
    by_remainder(from).distinct().name("once").sink([](int) {});
    from.collect(3).name("threes").sink([](const std::vector<int>&) {});
  });
  CHECK(node(g, "numbers").parallelism == 3);
  CHECK(node(g, "behind").parallelism == 3);
  CHECK(node(g, "callable").parallelism == 1);
  CHECK(node(g, "two").parallelism == 2);
  CHECK(node(g, "behind_two").parallelism == 2);
  CHECK(node(g, "spread").parallelism == 4);
  CHECK(node(g, "once").parallelism == 4);
  CHECK(node(g, "threes").parallelism == 1);
  CHECK(says(node(g, "two"), "set by the user"));
  CHECK(says(node(g, "numbers"), "3 splits"));
  CHECK(edge(g, "numbers", "two").partitioning.kind == partitioning::rebalance);
  CHECK(edge(g, "numbers", "behind").partitioning.kind == partitioning::forward);
}

TEST_CASE("no source gets more instances than cores, and between single instances nothing is exchanged",
          "[optimizer][passes]") {
  CHECK(node(optimized([](environment& env) { numbers(env, 100).sink(discard()); }), "numbers").parallelism == 4);
  const auto g = optimized(
      [](environment& env) { by_remainder(numbers(env)).distinct().name("once").sink(discard()); }, {.cores = 1});
  CHECK(edge(g, "numbers", "once").partitioning.kind == partitioning::forward);
  const auto wide =
      optimized([](environment& env) { by_remainder(numbers(env)).distinct().name("once").sink(discard()); },
                {.cores = 1, .parallelism = 3});
  CHECK(node(wide, "once").parallelism == 3);
}

// ---- partial aggregation

TEST_CASE("an aggregate that can merge is combined before its shuffle", "[optimizer][passes]") {
  const auto g = optimized(
      [](environment& env) { by_remainder(numbers(env)).aggregate(count{}).name("counts").sink(discard()); });
  const graph::node& combine = node(g, "counts.combine");
  CHECK(combine.parallelism == node(g, "numbers").parallelism);
  CHECK(edge(g, "numbers", "counts.combine").partitioning.kind == partitioning::forward);
  CHECK(edge(g, "counts.combine", "counts").partitioning.kind == partitioning::hash);
  CHECK(combine.outs.front() == node(g, "counts").in);
  CHECK(says(combine, "less crosses"));
}

TEST_CASE("what can't merge, speaks all the time, or crosses no shuffle is left whole", "[optimizer][passes]") {
  struct no_merge {
    using accumulator = int;
    void add(int& sum, int x) { sum += x; }
    int result(int, int sum) { return sum; }
  };
  const auto whole = [](auto declare, std::size_t cores = 4) {
    const auto g = optimized(declare, {.cores = cores});
    return std::none_of(g.nodes.begin(), g.nodes.end(), [](const graph::node& n) { return n.kind == "combine"; });
  };
  CHECK(whole([](environment& env) { by_remainder(numbers(env)).aggregate(no_merge{}).sink(discard()); }));
  CHECK(whole(
      [](environment& env) { by_remainder(numbers(env)).aggregate(count{}).emit(every_update).sink(discard()); }));
  CHECK(whole([](environment& env) { by_remainder(numbers(env)).aggregate(count{}).sink(discard()); }, 1));
  CHECK_FALSE(whole([](environment& env) { by_remainder(numbers(env)).aggregate(count{}).sink(discard()); }));
}

TEST_CASE("dead letters of an aggregate leave where its function runs now", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) {
    by_remainder(numbers(env)).aggregate(count{}).name("counts").on_error(dead_letters).sink(discard());
    env.dead_letters().sink(discard());
  });
  CHECK(edge(g, "counts.combine", "dead_letters").port == operators::dead_letter_port);
  CHECK_THROWS_AS(edge(g, "counts", "dead_letters"), error);
  CHECK(node(g, "counts.combine").options.on_error->then == error_policy::action::dead_letter);
  CHECK_FALSE(node(g, "counts").options.on_error);
}

// ---- batch sizes

TEST_CASE("batch sizes follow the user, the job, or the larger record", "[optimizer][passes]") {
  struct large {
    std::array<char, 1000> bytes;
  };
  const auto declare = [](environment& env) {
    auto from = numbers(env);
    auto small = same(from, "small");
    small.batch_size(77);
    small.sink(discard());
    from.map([](int) { return large{}; }).name("growing").sink(discard()).name("nowhere");
    same(from, "open").sink(discard());
  };
  const auto g = optimized(declare);
  CHECK(node(g, "small").batch_size == 77);
  CHECK(node(g, "open").batch_size == 4096);
  CHECK(node(g, "growing").batch_size == 64);  // never less, however large
  CHECK(node(g, "nowhere").batch_size == 64);
  const auto set = optimized(declare, {.batch_size = 5});
  CHECK(node(set, "small").batch_size == 77);
  CHECK(node(set, "open").batch_size == 5);
}

// ---- fusion

TEST_CASE("neighbours are fused where one instance feeds one", "[optimizer][passes]") {
  const auto g = optimized([](environment& env) { same(even(numbers(env))).sink(discard()).name("out"); });
  CHECK(edge(g, "numbers", "even").fused);
  CHECK(edge(g, "even", "same").fused);
  CHECK(edge(g, "same", "out").fused);
  CHECK(says(node(g, "same"), "fused with 'even'"));
}

TEST_CASE("nothing is fused over an exchange, a second consumer or input, several outputs, or the user's wish",
          "[optimizer][passes]") {
  const auto g = optimized([](environment& env) {
    auto from = numbers(env);
    auto fork = same(from, "fork");
    same(fork, "left").sink([](int) {}).name("single");
    auto right = same(fork, "right");
    right.start_chain();
    auto both = same(from, "other").union_with(right);
    both.name("both");
    auto parts = both.split([](int x) { return x > 3; });
    parts.name("parts");
    same(parts.matching(), "more").sink(discard());
    auto apart = same(same(parts.rest(), "less"), "apart");
    apart.start_chain();
    apart.sink(discard());
    env.dead_letters().sink(discard()).name("grave");
  });
  CHECK_FALSE(edge(g, "numbers", "fork").fused);
  CHECK_FALSE(edge(g, "fork", "left").fused);
  CHECK_FALSE(edge(g, "left", "single").fused);
  CHECK_FALSE(edge(g, "other", "both").fused);
  CHECK_FALSE(edge(g, "right", "both").fused);
  CHECK_FALSE(edge(g, "parts", "more").fused);
  CHECK_FALSE(edge(g, "less", "apart").fused);
  CHECK(says(node(g, "apart"), "the user starts a chain"));
}

TEST_CASE("routers run in their senders wherever something is to be decided", "[optimizer][passes]") {
  const auto declare = [](environment& env) {
    auto once = by_remainder(numbers(env)).distinct();
    once.name("once");
    same(once).sink(discard());
  };
  CHECK(edge(optimized(declare), "numbers", "once").router_fused);
  CHECK_FALSE(edge(optimized(declare), "once", "same").router_fused);
  CHECK_FALSE(edge(optimized(declare, {.disabled = {"router-fusion"}}), "numbers", "once").router_fused);
}

// ---- the runner

TEST_CASE("a pass that is switched off leaves no trace, and an unknown one is an error", "[optimizer][passes]") {
  const auto declare = [](environment& env) {
    by_remainder(even(numbers(env).rebalance())).aggregate(count{}).name("counts").sink(discard());
  };
  const auto g =
      optimized(declare, {.disabled = {"filter-pushdown", "partial-aggregation", "router-fusion", "chain-fusion"}});
  CHECK_FALSE(says(node(g, "even"), "moved"));
  CHECK_THROWS_AS(node(g, "counts.combine"), error);
  for (const graph::edge& e : g.edges) CHECK_FALSE((e.fused || e.router_fused));
  CHECK_THROWS_WITH(optimized(declare, {.disabled = {"parallelism"}}), Contains("no optional pass 'parallelism'"));
  CHECK_THROWS_WITH(optimized(declare, {.disabled = {"chain_fusion"}}), Contains("chain-fusion"));
}
