// Keyed operators on every engine, against maps by key.
#include <map>
#include <set>
#include <stdexcept>

#include "tests/pipelines/picky.hpp"

namespace {

using sage::environment;
using sage::test::numbers;
using sage::test::on_every_engine;
using sage::test::sorted;

constexpr int count = 300;

struct visit {
  std::string user;
  int page = 0;
  friend auto operator<=>(const visit&, const visit&) = default;
};

std::vector<visit> visits() {
  std::vector<visit> all;
  for (int i = 0; i < count; ++i) all.push_back(visit{i % 29 == 0 ? "" : "u" + std::to_string(i * 7 % 23), i});
  return all;
}

TEST_CASE("reduce conforms: the records of a key in their order", "[conformance][reduce]") {
  on_every_engine([](environment& env) {
    sage::collected<std::pair<int, std::string>> out;
    // Concatenation doesn't commute: order within a key matters.
    env.from_source(sage::range<int>(0, count))
        .map([](int x) { return std::pair(x % 11, std::to_string(x)); })
        .key_by(&std::pair<int, std::string>::first)
        .reduce([](std::pair<int, std::string> a, const std::pair<int, std::string>& b) {
          a.second += "," + b.second;
          return a;
        })
        .sink(sage::collect_into(out));
    env.execute("reduce");
    std::map<int, std::string> expected;
    for (int x = 0; x < count; ++x) {
      std::string& text = expected[x % 11];
      text += (text.empty() ? "" : ",") + std::to_string(x);
    }
    CHECK(sorted(out) == std::vector<std::pair<int, std::string>>(expected.begin(), expected.end()));
  });
}

struct longest {
  using accumulator = std::vector<int>;
  void add(accumulator& acc, const visit& v) const { acc.push_back(v.page); }
  void merge(accumulator& acc, const accumulator& other) const { acc.insert(acc.end(), other.begin(), other.end()); }
  std::pair<std::string, std::vector<int>> result(const std::string& user, accumulator&& acc) const {
    std::sort(acc.begin(), acc.end());
    return {user, std::move(acc)};
  }
};

struct unmergeable : longest {
  void merge() = delete;
};

using pages = std::pair<std::string, std::vector<int>>;

std::vector<pages> pages_by_user() {
  std::map<std::string, std::vector<int>> all;
  for (const visit& v : visits()) all[v.user].push_back(v.page);
  return {all.begin(), all.end()};
}

TEST_CASE("aggregate conforms, combined before the shuffle or not", "[conformance][aggregate]") {
  on_every_engine([](environment& env) {
    sage::collected<pages> merged;
    sage::collected<pages> unmerged;
    auto source =
        env.from_source(sage::collection<visit>(visits())).rebalance().map([](const visit& v) { return v; });
    source.key_by(&visit::user).aggregate(longest{}).sink(sage::collect_into(merged));
    source.key_by([](const visit& v) -> std::string_view { return v.user; })
        .aggregate(unmergeable{})
        .sink(sage::collect_into(unmerged));
    env.execute("aggregate");
    CHECK(sorted(merged) == pages_by_user());
    CHECK(sorted(unmerged) == pages_by_user());
  });
}

TEST_CASE("running aggregate conforms: one result per record, in order within a key", "[conformance][aggregate]") {
  on_every_engine([](environment& env) {
    sage::collected<pages> out;
    env.from_source(sage::collection<visit>(visits()))
        .key_by(&visit::user)
        .aggregate(longest{})
        .emit(sage::every_update)
        .sink(sage::collect_into(out));
    env.execute("running");
    std::map<std::string, std::vector<std::vector<int>>> per_user;
    for (const auto& [user, seen] : out.records()) per_user[user].push_back(seen);
    for (const auto& [user, all] : pages_by_user()) {
      std::vector<std::vector<int>> prefixes;
      for (std::size_t n = 1; n <= all.size(); ++n) {
        prefixes.emplace_back(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n));
      }
      CHECK(per_user[user] == prefixes);
    }
  });
}

TEST_CASE("many keys conform: more than a table's first size", "[conformance][aggregate]") {
  on_every_engine([](environment& env) {
    sage::collected<std::pair<int, std::uint64_t>> out;
    env.from_source(sage::range<int>(0, 6000, 3))
        .key_by([](int x) { return x % 3000; })
        .aggregate(sage::count{})
        .sink(sage::collect_into(out));
    env.execute("many");
    std::vector<std::pair<int, std::uint64_t>> expected;
    for (int key = 0; key < 3000; ++key) expected.emplace_back(key, 2);
    CHECK(sorted(out) == expected);
  });
}

TEST_CASE("distinct conforms: the first record of each key", "[conformance][distinct]") {
  on_every_engine([](environment& env) {
    sage::collected<visit> firsts;
    sage::collected<int> values;
    env.from_source(sage::collection<visit>(visits()))
        .key_by(&visit::user)
        .distinct()
        .sink(sage::collect_into(firsts));
    env.from_source(sage::range<int>(0, count, 3))
        .map([](int x) { return x / 10; })
        .distinct()
        .sink(sage::collect_into(values));
    env.execute("distinct");
    std::map<std::string, int> first;
    for (const visit& v : visits()) first.emplace(v.user, v.page);
    std::vector<visit> expected;
    for (const auto& [user, page] : first) expected.push_back(visit{user, page});
    CHECK(sorted(firsts) == expected);
    CHECK(sorted(values) == numbers(count / 10));
  });
}

// Emits what it knows of its key with each record.
struct profile {
  sage::value_state<int> last;
  sage::list_state<int> all;
  sage::map_state<int, int> per_digit;
  void open(sage::context& self) {
    last = sage::value_state<int>(self, "last");
    all = sage::list_state<int>(self, "all");
    per_digit = sage::map_state<int, int>(self, "per digit");
  }
  void operator()(const visit& v, sage::collector<pages>& out) {
    const int* seen = per_digit.find(v.page % 10);
    per_digit.put(v.page % 10, (seen ? *seen : 0) + 1);
    all.add(v.page);
    out.push({v.user, {last.value_or(-1), static_cast<int>(all.get().size()), *per_digit.find(v.page % 10)}});
    if (v.page % 50 == 49) {
      last.clear();
      all.clear();
    } else {
      last.set(v.page);
    }
  }
};

TEST_CASE("process conforms: state of its key and of no other", "[conformance][process]") {
  on_every_engine([](environment& env) {
    sage::collected<pages> out;
    env.from_source(sage::collection<visit>(visits()))
        .key_by(&visit::user)
        .process(profile{})
        .sink(sage::collect_into(out));
    env.execute("process");
    struct known {
      int last = -1;
      int all = 0;
      std::map<int, int> per_digit;
    };
    std::map<std::string, known> users;
    std::vector<pages> expected;
    for (const visit& v : visits()) {
      known& k = users[v.user];
      ++k.all;
      expected.push_back({v.user, {k.last, k.all, ++k.per_digit[v.page % 10]}});
      k.last = v.page % 50 == 49 ? -1 : v.page;
      if (v.page % 50 == 49) k.all = 0;
    }
    std::sort(expected.begin(), expected.end());
    CHECK(sorted(out) == expected);
  });
}

TEST_CASE("the same key meets the same instance in every keyed operator", "[conformance][key_by]") {
  on_every_engine([](environment& env) {
    sage::collected<std::pair<int, std::size_t>> out;
    auto source = env.from_source(sage::range<int>(0, count, 3));
    const auto where = [](const int& x, sage::collector<std::pair<int, std::size_t>>& to, sage::context& self) {
      to.push({x % 31, self.instance()});
    };
    source.key_by([](int x) { return x % 31; }).process(where).sink(sage::collect_into(out));
    source.rebalance()
        .map([](int x) { return x; })
        .key_by([](long x) { return x % 31; })
        .process(where)
        .sink(sage::collect_into(out));
    env.execute("same place");
    std::map<int, std::set<std::size_t>> places;
    for (const auto& [key, instance] : out.records()) places[key].insert(instance);
    CHECK(places.size() == 31);
    for (const auto& [key, instances] : places) CHECK(instances.size() == 1);
  });
}

}  // namespace
