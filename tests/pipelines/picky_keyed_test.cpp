// A function that throws now and then, in every keyed operator, under every policy: neither output nor state stays.
#include "tests/pipelines/picky.hpp"

namespace {

using sage::data_stream;
using sage::error_policy;
using sage::test::numbers;
using sage::test::picky;
using sage::test::under_every_policy;

constexpr int keys = 9;

int key_of(const int& x) {
  return x % keys;
}

// The function of a reduce is not asked about the first record of a key, so that one is never refused here.
struct sum {
  int key = 0;
  int first = 0;
  int total = 0;
  friend auto operator<=>(const sum&, const sum&) = default;
};

TEST_CASE("reduce under every policy", "[conformance][policies][reduce]") {
  struct item {
    int key;
    int value;
  };
  under_every_policy<int>(
      1,
      [](data_stream<int> source, error_policy policy) {
        // Record 1000 + key comes before the others of its key and is never refused.
        auto items = source.flat_map([](const int& x, sage::collector<int>& out) {
          if (x < keys) out.push((x + 1) * 10'000 + x);
          out.push(x);
        });
        auto reduced = items.key_by([](const int& x) { return x % 10'000 % keys; })
                           .reduce([p = picky()](int a, const int& b) mutable {
                             p.check(b);
                             return a + b;
                           });
        reduced.name("picky").on_error(policy);
        return data_stream<int>(reduced);
      },
      [](const std::vector<int>& kept) {
        std::map<int, int> sums;
        for (int key = 0; key < keys; ++key) sums[key] = (key + 1) * 10'000 + key;
        for (const int x : kept) sums[x % keys] += x;
        std::vector<int> expected;
        for (const auto& [key, total] : sums) expected.push_back(total);
        return expected;
      });
}

struct picky_sum {
  using accumulator = std::pair<int, int>;
  picky p;
  void add(accumulator& acc, const int& x) {
    acc.first += x;
    p.check(x);
    ++acc.second;
  }
  std::pair<int, std::pair<int, int>> result(const int& key, accumulator&& acc) const { return {key, acc}; }
};

struct picky_mergeable_sum : picky_sum {
  void merge(accumulator& acc, const accumulator& other) const {
    acc.first += other.first;
    acc.second += other.second;
  }
};

using keyed_sum = std::pair<int, std::pair<int, int>>;

std::vector<keyed_sum> final_sums(const std::vector<int>& kept) {
  std::map<int, std::pair<int, int>> sums;
  for (const int x : kept) {
    sums[x % keys].first += x;
    ++sums[x % keys].second;
  }
  return {sums.begin(), sums.end()};
}

TEST_CASE("aggregate under every policy", "[conformance][policies][aggregate]") {
  under_every_policy<keyed_sum>(
      3,
      [](data_stream<int> source, error_policy policy) {
        auto sums = source.key_by(key_of).aggregate(picky_sum{});
        sums.name("picky").on_error(policy);
        return data_stream<keyed_sum>(sums);
      },
      final_sums);
}

TEST_CASE("aggregate that is combined before the shuffle under every policy", "[conformance][policies][aggregate]") {
  under_every_policy<keyed_sum>(
      3,
      [](data_stream<int> source, error_policy policy) {
        auto sums = source.key_by(key_of).aggregate(picky_mergeable_sum{});
        sums.name("picky").on_error(policy);
        return data_stream<keyed_sum>(sums);
      },
      final_sums);
}

TEST_CASE("running aggregate under every policy", "[conformance][policies][aggregate]") {
  under_every_policy<keyed_sum>(
      1,
      [](data_stream<int> source, error_policy policy) {
        auto sums = source.key_by(key_of).aggregate(picky_sum{});
        sums.emit(sage::every_update).name("picky").on_error(policy);
        return data_stream<keyed_sum>(sums);
      },
      [](const std::vector<int>& kept) {
        std::map<int, std::pair<int, int>> sums;
        std::vector<keyed_sum> expected;
        for (const int x : kept) {
          sums[x % keys].first += x;
          ++sums[x % keys].second;
          expected.emplace_back(x % keys, sums[x % keys]);
        }
        return expected;
      });
}

struct picky_process {
  picky p;
  sage::value_state<int> total;
  sage::list_state<int> seen;
  sage::map_state<int, int> by_parity;
  void open(sage::context& self) {
    total = sage::value_state<int>(self, "total");
    seen = sage::list_state<int>(self, "seen");
    by_parity = sage::map_state<int, int>(self, "by_parity");
  }
  void operator()(const int& x, sage::collector<keyed_sum>& out) {
    out.push({-1, {x, x}});  // must go when the call throws
    total.set(total.value_or(0) + x);
    seen.add(x);
    const int* known = by_parity.find(x % 2);
    by_parity.put(x % 2, (known ? *known : 0) + 1);
    p.check(x);
    const int odd = by_parity.find(1) ? *by_parity.find(1) : 0;
    out.push({total.value_or(0), {static_cast<int>(seen.get().size()), odd}});
  }
};

TEST_CASE("process under every policy", "[conformance][policies][process]") {
  under_every_policy<keyed_sum>(
      1,
      [](data_stream<int> source, error_policy policy) {
        return source.key_by(key_of).process(picky_process{}).name("picky").on_error(policy);
      },
      [](const std::vector<int>& kept) {
        struct key_state {
          int total = 0;
          int seen = 0;
          int odd = 0;
        };
        std::map<int, key_state> states;
        std::vector<keyed_sum> expected;
        for (const int x : kept) {
          key_state& s = states[x % keys];
          s.total += x;
          ++s.seen;
          s.odd += x % 2;
          expected.push_back({-1, {x, x}});
          expected.push_back({s.total, {s.seen, s.odd}});
        }
        return expected;
      });
}

// An extractor must be pure, so these refuse the same records every time they are asked.
int picky_key(const int& x) {
  if (picky::always(x)) throw std::runtime_error("never " + std::to_string(x));
  return x % keys;
}

std::vector<error_policy> giving_up() {
  return {sage::drop, sage::dead_letters, sage::retry(1).otherwise(sage::drop)};
}

TEST_CASE("an extractor that throws follows the policy of its operator, at any parallelism",
          "[conformance][policies][key_by]") {
  for (const auto& v : sage::test::policy_variants()) {
    const auto env = sage::test::make_environment(v);
    for (const error_policy& policy : giving_up()) {
      INFO(v.title() << ", " << policy.to_string());
      sage::collected<int> distinct;
      sage::collected<std::pair<int, std::uint64_t>> counts;
      sage::collected<int> processed;
      sage::collected<sage::dead_letter> dead;
      auto source = env->from_source(sage::range<int>(0, sage::test::picky_count));
      source.key_by(picky_key).distinct().name("picky distinct").on_error(policy).sink(sage::collect_into(distinct));
      auto counted = source.key_by(picky_key).aggregate(sage::count{});
      counted.name("picky count").on_error(policy).sink(sage::collect_into(counts));
      source.key_by(picky_key)
          .process([](const int& x, sage::collector<int>& out) { out.push(x); })
          .name("picky process")
          .on_error(policy)
          .sink(sage::collect_into(processed));
      if (policy.then == error_policy::action::dead_letter) env->dead_letters().sink(sage::collect_into(dead));
      env->execute("keys");
      std::vector<int> kept;
      std::map<int, std::uint64_t> count;
      std::map<int, int> first;
      for (const int x : numbers(sage::test::picky_count)) {
        if (picky::always(x)) continue;
        kept.push_back(x);
        ++count[x % keys];
        first.emplace(x % keys, x);
      }
      std::vector<int> firsts;
      for (const auto& [key, x] : first) firsts.push_back(x);
      std::sort(firsts.begin(), firsts.end());
      CHECK(sage::test::sorted(distinct) == firsts);
      CHECK(sage::test::sorted(processed) == kept);
      CHECK(sage::test::sorted(counts) == std::vector<std::pair<int, std::uint64_t>>(count.begin(), count.end()));
      if (policy.then == error_policy::action::dead_letter) {
        CHECK(dead.size() == 3 * (sage::test::picky_count - kept.size()));
      }
    }
  }
}

}  // namespace
