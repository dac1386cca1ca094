// A function that throws now and then, in every operator without keys, under every policy.
#include "tests/pipelines/picky.hpp"

namespace {

using sage::data_stream;
using sage::error_policy;
using sage::test::numbers;
using sage::test::picky;
using sage::test::under_every_policy;

std::vector<int> same(const std::vector<int>& kept) {
  return kept;
}

TEST_CASE("map under every policy", "[conformance][policies][map]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        auto mapped = source.map([p = picky()](int x) mutable {
          p.check(x);
          return x + 1;
        });
        mapped.name("picky").on_error(policy);
        return data_stream<int>(mapped);
      },
      [](std::vector<int> kept) {
        for (int& x : kept) ++x;
        return kept;
      });
}

TEST_CASE("filter under every policy", "[conformance][policies][filter]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        return source
            .filter([p = picky()](const int& x) mutable {
              p.check(x);
              return x % 2 == 0;
            })
            .name("picky")
            .on_error(policy);
      },
      [](std::vector<int> kept) {
        std::erase_if(kept, [](int x) { return x % 2 != 0; });
        return kept;
      });
}

TEST_CASE("filter of records with allocations under every policy", "[conformance][policies][filter]") {
  under_every_policy<std::string>(
      3,
      [](data_stream<int> source, error_policy policy) {
        return source.map([](int x) { return std::to_string(x); })
            .filter([p = picky()](const std::string& s) mutable {
              p.check(std::stoi(s));
              return s.size() < 3;
            })
            .name("picky")
            .on_error(policy);
      },
      [](const std::vector<int>& kept) {
        std::vector<std::string> expected;
        for (const int x : kept) {
          if (x < 100) expected.push_back(std::to_string(x));
        }
        return expected;
      });
}

TEST_CASE("flat_map under every policy: what a call that threw had made is gone",
          "[conformance][policies][flat_map]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        return source
            .flat_map([p = picky()](const int& x, sage::collector<int>& out) mutable {
              out.push(x);
              out.push(x + 1000);
              p.check(x);
              out.push(x + 2000);
            })
            .name("picky")
            .on_error(policy);
      },
      [](const std::vector<int>& kept) {
        std::vector<int> expected;
        for (const int x : kept) expected.insert(expected.end(), {x, x + 1000, x + 2000});
        return expected;
      });
}

TEST_CASE("inspect under every policy", "[conformance][policies][inspect]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        return source.inspect([p = picky()](const int& x) mutable { p.check(x); }).name("picky").on_error(policy);
      },
      same);
}

TEST_CASE("split under every policy", "[conformance][policies][split]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        auto both = source.split([p = picky()](const int& x) mutable {
          p.check(x);
          return x % 2 == 0;
        });
        both.name("picky").on_error(policy);
        auto [even, odd] = both;
        return even.map([](int x) { return -x; }).union_with(odd);
      },
      [](std::vector<int> kept) {
        for (int& x : kept) x = x % 2 == 0 ? -x : x;
        return kept;
      });
}

TEST_CASE("route under every policy", "[conformance][policies][route]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        auto routed = source.route(
            [p = picky()](const int& x) mutable {
              p.check(x);
              return std::string(x % 3 == 0 ? "a" : x % 3 == 1 ? "b" : "c");
            },
            {"a", "b"});
        routed.name("picky").on_error(policy);
        return routed["a"].union_with(routed["b"].map([](int x) { return -x; }), routed.otherwise());
      },
      [](std::vector<int> kept) {
        for (int& x : kept) x = x % 3 == 1 ? -x : x;
        return kept;
      });
}

TEST_CASE("memoize under every policy: a call that threw is not remembered", "[conformance][policies][memoize]") {
  under_every_policy<int>(
      3,
      [](data_stream<int> source, error_policy policy) {
        auto mapped = source.map([p = picky()](const int& x) mutable {
          p.check(x);
          return x * 3;
        });
        mapped.memoize({.entries_max = 50}).name("picky").on_error(policy);
        return data_stream<int>(mapped);
      },
      [](std::vector<int> kept) {
        for (int& x : kept) x *= 3;
        return kept;
      });
}

TEST_CASE("a function as sink under every policy", "[conformance][policies][sink]") {
  for (const auto& v : sage::test::policy_variants()) {
    const auto env = sage::test::make_environment(v);
    for (const error_policy& policy : sage::test::all_policies()) {
      if (policy.then == error_policy::action::fail) continue;
      INFO(v.title() << ", " << policy.to_string());
      auto taken = std::make_shared<std::vector<int>>();  // one instance: a callable sink's default
      env->from_source(sage::range<int>(0, sage::test::picky_count))
          .sink([taken, p = picky()](const int& x) mutable {
            p.check(x);
            taken->push_back(x);
          })
          .name("picky")
          .on_error(policy);
      sage::collected<sage::dead_letter> dead;
      if (policy.then == error_policy::action::dead_letter) env->dead_letters().sink(sage::collect_into(dead));
      const auto done = env->execute("sink");
      std::vector<int> expected;
      for (const int x : numbers(sage::test::picky_count)) {
        if (!picky::gives_up(x, policy)) expected.push_back(x);
      }
      CHECK(*taken == expected);  // in order, also where records were retried
      const auto books = done.metrics.total("picky");
      CHECK(books.records_in == static_cast<std::uint64_t>(sage::test::picky_count));
      CHECK(books.dropped + books.dead_lettered == sage::test::picky_count - expected.size());
      CHECK(dead.size() == books.dead_lettered);
    }
  }
}

}  // namespace
