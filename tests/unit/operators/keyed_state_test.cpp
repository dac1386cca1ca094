// Keyed state: how long it lives, how large it may get, what is given back, and what happens when it can't be kept.
#include <chrono>
#include <map>
#include <random>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/both_states.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::test::both_states;
using sage::testing::declared;
using sage::testing::harness_options;
using sage::testing::memory_state;
using sage::testing::operator_harness;
using sage::testing::run_script;

namespace {

using pair = std::pair<std::string, int>;

// The running sum of each key, forgotten by its time to live.
struct mortal_sum {
  time_to_live ttl;
  value_state<int> sum{};
  void open(context& self) { sum = value_state<int>(self, "sum", ttl); }
  void operator()(const pair& p, collector<pair>& out) {
    if (p.second != 0) sum.set(sum.value_or(0) + p.second);
    out.push({p.first, sum.value_or(-1)});
  }
};
auto mortal(const time_to_live& ttl) {
  return declared<pair>([ttl](auto in) { return in.key_by(&pair::first).process(mortal_sum{ttl}); });
}

// Keeps all that comes, in every kind of state.
struct hoarder {
  list_state<std::string> all;
  map_state<std::string, int> by_name;
  value_state<std::string> last;
  void open(context& self) {
    all = list_state<std::string>(self, "all");
    by_name = map_state<std::string, int>(self, "by_name");
    last = value_state<std::string>(self, "last");
  }
  void operator()(const pair& p, collector<pair>& out) {
    if (p.second < 0) {
      all.clear();
      by_name.clear();
      last.clear();
    } else {
      all.add(std::string(static_cast<std::size_t>(p.second), 'x'));
      by_name.put(std::to_string(p.second), p.second);
      last.set(std::string(static_cast<std::size_t>(p.second), 'y'));
    }
    out.push({p.first, static_cast<int>(all.get().size())});
  }
};
auto hoarding(std::size_t of_key, std::size_t in_all, error_policy policy = drop) {
  return declared<pair>([=](auto in) {
    return in.key_by(&pair::first).process(hoarder{}).on_error(policy).state_bytes_max(of_key, in_all);
  });
}

struct opaque {
  int value = 0;
};
struct keeps_opaque {
  value_state<opaque> one;
  void open(context& self) { one = value_state<opaque>(self, "opaque"); }
  void operator()(const pair& p, collector<pair>& out) { out.push(p); }
};

}  // namespace

TEST_CASE("a value lives by event time, until the watermark has passed it", "[operators][state][ttl]") {
  both_states<pair> h(mortal({.after = 10ms}));
  CHECK(run_script(h, "a:1@0 a:2@5 W14 a:4@16") == std::vector<pair>{{"a", 1}, {"a", 3}, {"a", 7}});
  CHECK(run_script(h, "W25 a:0@26") == std::vector<pair>{{"a", 7}});
  CHECK(run_script(h, "W26 a:0@27 a:8@28 W37 a:0@38") == std::vector<pair>{{"a", -1}, {"a", 8}, {"a", 8}});
  CHECK(run_script(h, "W38 a:0@39") == std::vector<pair>{{"a", -1}});
}

TEST_CASE("a value that refreshes on reading lives on while it is read", "[operators][state][ttl]") {
  both_states<pair> h(mortal({.after = 10ms, .refresh_on_read = true}));
  CHECK(run_script(h, "a:1@0 W8 a:0@9 W15 a:0@16 W24 a:0@25 W34 a:0@35 W45 a:0@46") ==
        std::vector<pair>{{"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", 1}, {"a", -1}});
}

TEST_CASE("a value lives by the wall clock", "[operators][state][ttl]") {
  both_states<pair> h(mortal({.after = 10s, .kind = ttl_kind::processing_time}));
  CHECK(run_script(h, "a:1 b:2") == std::vector<pair>{{"a", 1}, {"b", 2}});
  h.time().advance(9'000'000'000);
  CHECK(run_script(h, "a:0 b:3") == std::vector<pair>{{"a", 1}, {"b", 5}});
  h.time().advance(2'000'000'000);
  CHECK(run_script(h, "a:0 b:0") == std::vector<pair>{{"a", -1}, {"b", 5}});
}

TEST_CASE("values that are over are given back, as are those that were cleared", "[operators][state][ttl]") {
  operator_harness<pair> h(mortal({.after = 10ms}));
  for (int round = 0; round < 100; ++round) {
    std::vector<pair> records;
    for (int i = 0; i < 1000; ++i) records.emplace_back(std::to_string(round * 1000 + i), 1);
    h.feed_timed(records, std::vector<event_time>(1000, round * 100));
    h.advance(round * 100 + 50);
  }
  CHECK(h.core().state_size().rows < 10'000);
  h.end();
}

TEST_CASE("a time to live of nothing is refused", "[operators][state][ttl]") {
  CHECK_THROWS_WITH(operator_harness<pair>(mortal({})), Catch::Contains("time to live"));
}

TEST_CASE("a record whose key would hold too much fails alone", "[operators][state][limits]") {
  both_states<pair> h(hoarding(1000, 0));
  CHECK(run_script(h, "a:100 a:200 a:900 b:300 a:100").size() == 4);
  CHECK(h.fates().dropped == 1);
  CHECK(h.records().back() == pair{"a", 3});
  CHECK(run_script(h, "a:-1 a:300") == std::vector<pair>{{"a", 0}, {"a", 1}});
  h.end();
}

TEST_CASE("an operator holds no more than it may in all", "[operators][state][limits]") {
  operator_harness<pair> h(hoarding(0, 3000));
  CHECK(run_script(h, "a:200 b:200 c:200 d:1900 e:1").size() == 4);
  CHECK(h.fates().dropped == 1);
  const auto before = h.core().state_size().bytes;
  run_script(h, "a:-1 b:-1 c:-1 e:-1");
  CHECK(h.core().state_size().bytes + 1200 <= before);
}

TEST_CASE("sizes add up, whatever is written, cleared and undone", "[operators][state][limits]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    operator_harness<pair> h(hoarding(5000, 0));
    const auto empty = h.core().state_size().bytes;
    std::map<std::string, int> keys;
    for (int i = 0; i < 200; ++i) {
      const std::string key(1, static_cast<char>('a' + random() % 4));
      h.feed({{key, random() % 10 == 0 ? -1 : static_cast<int>(random() % 1000)}});
      keys[key] = 1;
    }
    for (const auto& [key, one] : keys) h.feed({{key, -one}});
    // What is left is the index of keys.
    REQUIRE(h.core().state_size().bytes <= empty + 64 * 1024);
    h.end();
  }
}

TEST_CASE("state that can't be written is refused where it would have to be", "[operators][state][spill]") {
  const auto made = [] {
    return declared<pair>([](auto in) { return in.key_by(&pair::first).process(keeps_opaque{}); });
  };
  CHECK_NOTHROW(operator_harness<pair>(made()));
  CHECK_THROWS_WITH(operator_harness<pair>(made(), harness_options{.state = std::make_shared<memory_state>(2)}),
                    Catch::Contains("opaque") && Catch::Contains("SAGE_DESCRIBE"));
}

TEST_CASE("a store that fails fails the job, whatever the policy", "[operators][state][spill]") {
  const auto state = std::make_shared<memory_state>(2);
  operator_harness<pair> h(hoarding(0, 0, drop), harness_options{.batch_size = 1, .state = state});
  run_script(h, "a:1 / b:1 / c:1 / d:1 / e:1");
  CHECK(state->writes() > 0);
  state->fail_after(1);
  CHECK_THROWS_WITH(run_script(h, "f:1 / g:1 / h:1 / i:1 / j:1"), Catch::Contains("no space left"));
  CHECK(h.fates().dropped == 0);
}

TEST_CASE("rows come back as they went, over thousands of moves", "[operators][state][spill]") {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    const auto state = std::make_shared<memory_state>(2 + random() % 8);
    operator_harness<pair> spilled(hoarding(0, 0), harness_options{.state = state});
    operator_harness<pair> kept(hoarding(0, 0));
    for (int i = 0; i < 60; ++i) {
      std::vector<pair> batch;
      for (std::uint64_t k = random() % 20 + 1; k > 0; --k) {
        batch.emplace_back(std::to_string(random() % 30), random() % 8 == 0 ? -1 : static_cast<int>(random() % 50));
      }
      spilled.feed(batch);
      kept.feed(batch);
    }
    spilled.end();
    kept.end();
    REQUIRE(spilled.records() == kept.records());
    REQUIRE(state->reads() > 0);
  }
}

TEST_CASE("keys are counted once, however often their rows move", "[operators][state][spill]") {
  operator_harness<pair> h(hoarding(0, 0), harness_options{.state = std::make_shared<memory_state>(3)});
  for (int round = 0; round < 20; ++round) {
    for (int key = 0; key < 50; ++key) h.feed({{std::to_string(key), 1}});
  }
  CHECK(h.core().state_size().rows == 50);
  for (int key = 0; key < 40; ++key) h.feed({{std::to_string(key), -1}});
  for (int key = 40; key < 50; ++key) h.feed({{std::to_string(key), 1}});  // so that the others have left memory
  CHECK(h.core().state_size().rows == 10);
  h.end();
}

namespace {

const output_tag<pair> copies{"copies"};

// Says everything aside, and nothing besides.
struct whispering {
  side_output<pair> aside;
  void open(context& self) { aside = side_output(self, copies); }
  void operator()(const pair& p, collector<pair>& out) {
    static_cast<void>(out);
    for (int i = 0; i < 3; ++i) aside.push({p.first, i});
  }
};

}  // namespace

TEST_CASE("an operator pauses when nobody takes what it says aside", "[operators][side_output]") {
  operator_harness<pair> h(declared<pair>([](auto in) {
                             auto made = in.key_by(&pair::first).process(whispering{});
                             static_cast<void>(made.side_output(copies));
                             return made;
                           }),
                           harness_options{.batch_size = 2, .ports = 2});
  h.core().refuse_all();
  CHECK(h.feed({{"a", 1}, {"b", 1}, {"c", 1}}) == operators::flow::suspended);
  CHECK(h.core().emissions().size() == 1);
  h.core().refuse_all(false);
  while (h.resume() == operators::flow::suspended) {
  }
  h.end();
  CHECK(h.fates().passed == 3);
  std::size_t said = 0;
  for (const auto& one : h.core().emissions()) said += one.port == 1 ? one.records->size() : 0;
  CHECK(said == 9);
}
