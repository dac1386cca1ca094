// Key hashes are carried along with a batch; they are those of one key, not of any.
#include <map>
#include <stdexcept>

#include "tests/pipelines/engines.hpp"

namespace {

using sage::environment;
using sage::test::on_every_engine;
using sage::test::sorted;

struct sale {
  std::string shop;
  std::string item;
  int amount = 0;
};

std::vector<sale> sales() {
  std::vector<sale> all;
  for (int i = 0; i < 400; ++i)
    all.push_back(sale{"shop" + std::to_string(i % 7), "item" + std::to_string(i % 11), i});
  return all;
}

using counts = std::vector<std::pair<std::string, std::uint64_t>>;

counts count_by(std::string sale::*member) {
  std::map<std::string, std::uint64_t> all;
  for (const sale& s : sales()) ++all[s.*member];
  return {all.begin(), all.end()};
}

// The first edge put its hashes onto the shared batch, and the second one took them for its own.
TEST_CASE("one stream can be grouped by two keys", "[regression][keyed]") {
  on_every_engine([](environment& env) {
    sage::collected<std::pair<std::string, std::uint64_t>> shops;
    sage::collected<std::pair<std::string, std::uint64_t>> items;
    auto source = env.from_source(sage::collection<sale>(sales()));
    // every_update, so that nothing is combined before the shuffle
    source.key_by(&sale::shop).aggregate(sage::count{}).emit(sage::every_update).sink(sage::collect_into(shops));
    source.key_by(&sale::item).aggregate(sage::count{}).emit(sage::every_update).sink(sage::collect_into(items));
    env.execute("two keys");
    const auto running = [](const counts& finals) {
      counts all;
      for (const auto& [key, count] : finals) {
        for (std::uint64_t i = 1; i <= count; ++i) all.emplace_back(key, i);
      }
      return all;
    };
    auto expected_shops = running(count_by(&sale::shop));
    auto expected_items = running(count_by(&sale::item));
    std::sort(expected_shops.begin(), expected_shops.end());
    std::sort(expected_items.begin(), expected_items.end());
    CHECK(sorted(shops) == expected_shops);
    CHECK(sorted(items) == expected_items);
  });
}

// distinct and filter pass batches on with the hashes they came with, and the next key took those for its own.
TEST_CASE("what a keyed operator passes on can be grouped by another key", "[regression][keyed]") {
  on_every_engine([](environment& env) {
    sage::collected<std::pair<std::string, std::uint64_t>> items;
    sage::collected<std::string> shops;
    auto keyed = env.from_source(sage::collection<sale>(sales()))
                     .key_by(&sale::amount)
                     .distinct()
                     .key_by(&sale::shop)
                     .filter([](const sale& s) { return s.amount % 2 == 0; });
    keyed.process([](const sale& s, sage::collector<sale>& out) { out.push(s); })
        .key_by(&sale::item)
        .filter([](const sale&) { return true; })
        .aggregate(sage::count{})
        .sink(sage::collect_into(items));
    keyed.distinct().map([](const sale& s) { return s.shop; }).sink(sage::collect_into(shops));
    env.execute("key after key");
    std::map<std::string, std::uint64_t> expected;
    std::map<std::string, int> expected_shops;
    for (const sale& s : sales()) {
      if (s.amount % 2 != 0) continue;
      ++expected[s.item];
      expected_shops.emplace(s.shop, 0);
    }
    CHECK(sorted(items) == counts(expected.begin(), expected.end()));
    CHECK(shops.size() == expected_shops.size());
  });
}

}  // namespace
