// The table behind keyed operators against std::map, under random operations and colliding hashes.
#include "sage/state/keyed_table.hpp"

#include <map>
#include <stdexcept>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using sage::state::keyed_table;

namespace {

using table = keyed_table<std::string, int>;

// Few distinct hashes, so that probing, equal tags and equal slots are met all the time.
std::uint64_t poor_hash(const std::string& key, std::uint64_t variety) {
  const std::uint64_t hash = sage::stable_hash(key);
  return (hash % variety) << 32 | (hash >> 7) % variety;
}

}  // namespace

TEST_CASE("a keyed table does what a map does, in order of appearance", "[state][table][property]") {
  sage::test::for_each_seed(100, [](std::mt19937_64& random) {
    const std::uint64_t variety = std::uint64_t{1} << (random() % 20);
    const std::uint64_t keys = 1 + random() % 3000;
    table t;
    std::map<std::string, int> expected;
    std::vector<std::string> order;
    for (int step = 0; step < 4000; ++step) {
      const std::string key = "k" + std::to_string(random() % keys);
      const std::uint64_t hash = poor_hash(key, variety);
      const bool known = expected.contains(key);
      switch (random() % 8) {
        case 0: REQUIRE((t.find(key, hash) != table::absent) == known); break;
        case 1:
          if (known) break;
          REQUIRE_THROWS_AS(t.find_or_insert(key, hash, []() -> int { throw std::runtime_error("no value"); }),
                            std::runtime_error);
          REQUIRE(t.find(key, hash) == table::absent);
          break;
        case 2:
          if (known || t.find(key, hash) != table::absent) break;
          t.find_or_insert(key, hash, [] { return -1; });
          t.erase(t.find(key, hash));
          REQUIRE(t.find(key, hash) == table::absent);
          break;
        case 3:
          if (random() % 500 > 0) break;
          t.clear();
          expected.clear();
          order.clear();
          break;
        default: {
          if (!known) order.push_back(key);
          const std::size_t at = t.find_or_insert(key, hash, [] { return 0; });
          REQUIRE(t.at(at).key == key);
          t.at(at).value += step;
          expected[key] += step;
        }
      }
      REQUIRE(t.size() == expected.size());
    }
    REQUIRE(order.size() == t.size());
    for (std::size_t i = 0; i < t.size(); ++i) {
      REQUIRE(t.at(i).key == order[i]);
      REQUIRE(t.at(i).value == expected.at(order[i]));
      REQUIRE(t.find(order[i], poor_hash(order[i], variety)) == i);
    }
  });
}

TEST_CASE("keys looked up ahead are found, also when they came in since", "[state][table][property]") {
  sage::test::for_each_seed(100, [](std::mt19937_64& random) {
    const std::uint64_t variety = std::uint64_t{1} << (random() % 12);
    table t;
    std::map<std::string, int> expected;
    for (int round = 0; round < 30; ++round) {
      std::vector<std::string> keys(1 + random() % 64);
      std::vector<std::uint64_t> hashes;
      for (std::string& key : keys) {
        key = std::to_string(random() % 300);
        hashes.push_back(poor_hash(key, variety));
      }
      std::vector<table::candidate> found(keys.size());
      t.prefetch_slots(hashes.data(), hashes.size());
      t.look_ahead(hashes.data(), keys.size(), found.data());
      for (std::size_t i = 0; i < keys.size(); ++i) {
        ++t.at(t.find_or_insert(keys[i], hashes[i], found[i], [] { return 0; })).value;
        ++expected[keys[i]];
      }
    }
    REQUIRE(t.size() == expected.size());
    for (std::size_t i = 0; i < t.size(); ++i) REQUIRE(t.at(i).value == expected.at(t.at(i).key));
  });
}

TEST_CASE("entries stay where they are while the table grows, and views become owners", "[state][table]") {
  keyed_table<std::string_view, int> t;
  std::string text = "first";
  t.find_or_insert(std::string_view(text), sage::stable_hash(text), [] { return 7; });
  const auto* const first = &t.at(0);
  text = "other";
  for (int i = 0; i < 5000; ++i) {
    const std::string key = std::to_string(i);
    t.find_or_insert(std::string_view(key), sage::stable_hash(key), [i] { return i; });
  }
  CHECK(&t.at(0) == first);
  CHECK(t.at(0).key == "first");
  CHECK(t.find(std::string_view("first"), sage::stable_hash(std::string("first"))) == 0);
  CHECK(t.size() == 5001);
  CHECK(t.bytes() > 5001 * sizeof(keyed_table<std::string_view, int>::entry));
}

TEST_CASE("entries are taken out, and their positions used again", "[state][table][property]") {
  sage::test::for_each_seed(100, [](std::mt19937_64& random) {
    const std::uint64_t variety = std::uint64_t{1} << (random() % 14);
    const std::uint64_t keys = 1 + random() % 2000;
    table t;
    std::map<std::string, int> expected;
    std::size_t most = 0;
    for (int step = 0; step < 5000; ++step) {
      const std::string key = "k" + std::to_string(random() % keys);
      const std::uint64_t hash = poor_hash(key, variety);
      const std::size_t at = t.find(key, hash);
      REQUIRE((at != table::absent) == expected.contains(key));
      if (at != table::absent && random() % 2 == 0) {
        t.erase(at);
        expected.erase(key);
      } else {
        t.at(t.find_or_insert(key, hash, [] { return 0; })).value += step;
        expected[key] += step;
      }
      most = std::max(most, expected.size());
      REQUIRE(t.size() == expected.size());
      REQUIRE(t.end() <= most);
    }
    std::map<std::string, int> found;
    for (std::size_t i = 0; i < t.end(); ++i) {
      if (t.has(i)) found[t.at(i).key] = t.at(i).value;
    }
    REQUIRE(found == expected);
  });
}
