// Keyed operators alone in a harness: results, state, refusals, conformance.
#include <map>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

using pair = std::pair<std::string, int>;
using counted = std::pair<std::string, std::uint64_t>;

constexpr auto by_first = [](const pair& p) -> const std::string& { return p.first; };

std::vector<pair> pairs(int count) {
  std::vector<pair> all;
  for (int i = 0; i < count; ++i) all.emplace_back("key " + std::to_string(i * 37 % 6), i);
  return all;
}

// Numbers the records of each key.
struct numbering {
  value_state<int> seen;
  void open(context& self) { seen = value_state<int>(self, "seen"); }
  void operator()(const pair& p, collector<pair>& out) {
    seen.set(seen.value_or(0) + 1);
    out.push({p.first, seen.value_or(0)});
  }
};

auto aggregated(emit_mode mode = finals) {
  return declared<pair>([mode](auto in) { return in.key_by(by_first).aggregate(count{}).emit(mode); });
}
auto reduced() {
  return declared<pair>([](auto in) {
    return in.key_by(by_first).reduce([](pair a, const pair& b) { return pair(a.first, a.second + b.second); });
  });
}
auto processed() {
  return declared<pair>([](auto in) { return in.key_by(by_first).process(numbering{}); });
}
auto distinct() {
  return declared<pair>([](auto in) { return in.key_by(by_first).distinct(); });
}

}  // namespace

TEST_CASE("an aggregate speaks at the end, in order of first appearance", "[operators][aggregate]") {
  operator_harness<pair, counted> h(aggregated());
  CHECK(run_script(h, "b:1 a:1 / b:2").empty());
  CHECK(run_script(h, "c:1 |") == std::vector<counted>{{"b", 2}, {"a", 1}, {"c", 1}});
}

TEST_CASE("a running aggregate speaks after each record", "[operators][aggregate]") {
  operator_harness<pair, counted> h(aggregated(every_update));
  CHECK(run_script(h, "b:1 a:1 / b:2 |") == std::vector<counted>{{"b", 1}, {"a", 1}, {"b", 2}});
}

TEST_CASE("an aggregate's finals stop between two batches and go on there", "[operators][aggregate]") {
  operator_harness<pair, counted> h(aggregated(), harness_options{.batch_size = 2});
  h.feed({{"a", 0}, {"b", 0}, {"c", 0}, {"d", 0}, {"e", 0}});
  h.refuse_all();
  CHECK(h.end() == operators::flow::suspended);
  CHECK(h.records().size() == 2);
  CHECK(h.resume() == operators::flow::suspended);
  CHECK(h.resume() == operators::flow::done);
  CHECK(h.records() == std::vector<counted>{{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}});
}

TEST_CASE("reduce folds the records of a key", "[operators][reduce]") {
  operator_harness<pair> h(reduced());
  CHECK(run_script(h, "a:1 b:10 / a:2 b:20 / a:3 |") == std::vector<pair>{{"a", 6}, {"b", 30}});
}

TEST_CASE("distinct passes the first record of a key and filters the rest", "[operators][distinct]") {
  operator_harness<pair> h(distinct());
  CHECK(run_script(h, "a:1 b:1 a:2 / b:2 / c:1 |") == std::vector<pair>{{"a", 1}, {"b", 1}, {"c", 1}});
  CHECK(h.fates().filtered == 2);
}

TEST_CASE("process keeps a state per key", "[operators][process]") {
  operator_harness<pair> h(processed());
  CHECK(run_script(h, "a:0 b:0 a:0 / a:0 b:0 |") ==
        std::vector<pair>{{"a", 1}, {"b", 1}, {"a", 2}, {"a", 3}, {"b", 2}});
}

TEST_CASE("process undoes state and outputs of a call that threw", "[operators][process]") {
  struct careless : numbering {
    void operator()(const pair& p, collector<pair>& out) {
      numbering::operator()(p, out);
      if (p.second < 0) throw std::runtime_error("negative");
    }
  };
  operator_harness<pair> h(
      declared<pair>([](auto in) { return in.key_by(by_first).process(careless{}).on_error(drop); }));
  CHECK(run_script(h, "a:0 a:-1 a:0 / b:-1 b:0 |") == std::vector<pair>{{"a", 1}, {"a", 2}, {"b", 1}});
  CHECK(h.fates().dropped == 2);
}

// The two halves that the optimizer makes of an aggregate, with a table so small that it overflows all the time.
TEST_CASE("partial aggregates, however cut, merge into the aggregate", "[operators][aggregate][property]") {
  test::for_each_seed(50, [](std::mt19937_64& random) {
    using half = operators::combining<count, std::string>;
    using partial = operators::partial<std::string, std::uint64_t>;
    const auto extract = by_first;
    using extract_type = std::remove_const_t<decltype(extract)>;
    operator_harness<pair, partial> combine(
        std::make_unique<operators::aggregate_operator<pair, extract_type, half>>(
            extract, half{}, error_policy{}, finals, state::state_limits{}, 1 + random() % 5),
        harness_options{.batch_size = 1 + random() % 4});
    for (int i = 0; i < 40; ++i) {
      if (random() % 2 == 0) combine.refuse_at(random() % 60);
    }
    std::map<std::string, std::uint64_t> expected;
    for (int round = 0; round < 20; ++round) {
      std::vector<pair> records(1 + random() % 10);
      for (pair& p : records) {
        p.first = std::to_string(random() % 9);
        ++expected[p.first];
      }
      combine.feed(std::move(records));
      combine.settle();
    }
    combine.finish();
    using other_half = operators::merging<count, std::string>;
    operator_harness<partial, counted> merge(
        std::make_unique<operators::aggregate_operator<partial, operators::partial_key, other_half>>(
            operators::partial_key{}, other_half{}, error_policy{}, finals));
    merge.feed(combine.records());
    merge.finish();
    CHECK(combine.records().size() > expected.size());
    const std::vector<counted> merged = merge.records();
    CHECK(std::map<std::string, std::uint64_t>(merged.begin(), merged.end()) == expected);
  });
}

TEST_CASE("every keyed operator conforms", "[operators][conformance]") {
  const auto ok = [](const conformance_report& report) { CHECK(report.runs > 100); };
  ok(conformance<pair, counted>(aggregated(), pairs(25)));
  ok(conformance<pair, counted>(aggregated(every_update), pairs(25)));
  ok(conformance<pair, pair>(reduced(), pairs(25)));
  ok(conformance<pair, pair>(distinct(), pairs(25)));
  ok(conformance<pair, pair>(processed(), pairs(25)));
  ok(conformance<pair, pair>(declared<pair>([](auto in) {
                               return in.key_by(by_first)
                                   .filter([](const pair& p) { return p.second % 2 == 0; })
                                   .process([](const pair& p, collector<pair>& out) {
                                     for (int i = 0; i < p.second % 5; ++i) out.push(p);
                                   });
                             }),
                             pairs(20)));
}
