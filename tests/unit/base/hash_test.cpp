#include "sage/base/hash.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sage/model/describe.hpp"
#include "sage/model/dynamic_value.hpp"
#include "sage/model/json.hpp"
#include "tests/catch.hpp"

namespace hash_test {

enum class color : std::int8_t { red = 1, green = -2 };

struct point {
  std::int32_t x = 0;
  std::string name;
};
SAGE_DESCRIBE(point, x, name)

struct nothing_known {
  int x;
};

struct own_hash {
  int id;
};
std::uint64_t sage_hash(const own_hash& key) {
  return 1000 + static_cast<std::uint64_t>(key.id);
}

/// A key of the tables in docs/formats/hash.md, which are JSON.
struct table_key {
  sage::dynamic_value value;
};
std::uint64_t sage_hash(const table_key& key) {
  const sage::dynamic_value& value = key.value;
  if (const auto* truth = value.get_if<bool>()) return sage::stable_hash(*truth);
  if (const auto* whole = value.get_if<std::int64_t>()) return sage::stable_hash(*whole);
  if (const auto* large = value.get_if<std::uint64_t>()) return sage::stable_hash(*large);
  if (const auto* real = value.get_if<double>()) return sage::stable_hash(*real);
  if (const auto* text = value.get_if<std::string>()) return sage::stable_hash(*text);
  if (value.is_null()) return sage::stable_hash(std::optional<int>());
  std::vector<table_key> elements;
  for (const auto& element : *value.get_if<sage::dynamic_list>()) elements.push_back({element});
  return sage::stable_hash(elements);
}

/// The cells of a row of a Markdown table without their back quotes; empty for any other line.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  if (!line.starts_with("| `")) return cells;
  std::size_t at = 2;
  for (std::size_t end; (end = line.find(" |", at)) != std::string::npos; at = end + 3) {
    std::string cell = line.substr(at, end - at);
    if (cell.starts_with('`')) cell = cell.substr(1, cell.size() - 2);
    cells.push_back(cell);
  }
  return cells;
}

sage::dynamic_value parse(const std::string& json) {
  return sage::from_json<sage::dynamic_value>(json).value();
}

std::string hexadecimal(std::uint64_t hash) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

}  // namespace hash_test

using namespace hash_test;
using sage::hashable;
using sage::stable_hash;

TEST_CASE("every test vector of the published format holds", "[base][hash]") {
  std::ifstream page(SAGE_SOURCE_DIR "/docs/formats/hash.md");
  REQUIRE(page);
  int keys = 0;
  int seeded = 0;
  for (std::string line; std::getline(page, line);) {
    const auto cells = cells_of(line);
    if (cells.size() == 4 && cells[1].size() == 16) {
      CAPTURE(line);
      const std::uint64_t hash = stable_hash(table_key{parse(cells[0])});
      const std::uint32_t group = sage::key_group(hash);
      CHECK(hexadecimal(hash) == cells[1]);
      CHECK(std::to_string(group) == cells[2]);
      CHECK(std::to_string(sage::instance_of_group(group, 7)) == cells[3]);
      ++keys;
    } else if (cells.size() == 3 && cells[2].size() == 16) {
      CAPTURE(line);
      const std::string text(parse(cells[0]).text());
      CHECK(hexadecimal(sage::hash_bytes(text.data(), text.size(), std::stoull(cells[1]))) == cells[2]);
      ++seeded;
    }
  }
  CHECK(keys >= 50);
  CHECK(seeded == 7);
}

TEST_CASE("equal keys of different types have equal hashes", "[base][hash]") {
  CHECK(stable_hash(5) == stable_hash(std::int8_t{5}));
  CHECK(stable_hash(5) == stable_hash(std::uint64_t{5}));
  CHECK(stable_hash(-5) == stable_hash(std::int64_t{-5}));
  CHECK(stable_hash(true) == stable_hash(1));
  CHECK(stable_hash(color::green) == stable_hash(-2));
  CHECK(stable_hash("key") == stable_hash(std::string("key")));
  CHECK(stable_hash("key") == stable_hash(std::string_view("key")));
  CHECK(stable_hash(1.5f) == stable_hash(1.5));
  CHECK(stable_hash(-0.0) == stable_hash(0.0));
  CHECK(stable_hash(std::numeric_limits<double>::quiet_NaN()) ==
        stable_hash(-std::numeric_limits<float>::quiet_NaN()));
  CHECK(stable_hash(std::vector<int>{1, 2}) == stable_hash(std::array<long, 2>{1, 2}));
  CHECK(stable_hash(std::vector<int>{1, 2}) == stable_hash(std::pair<int, short>(1, 2)));
  CHECK(stable_hash(point{7, "a"}) == stable_hash(std::tuple<int, std::string>(7, "a")));
  CHECK(stable_hash(std::optional<int>(4)) == stable_hash(std::vector<int>{4}));
  CHECK(stable_hash(std::chrono::milliseconds(9)) == stable_hash(9));
  CHECK(stable_hash(std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(9))) ==
        stable_hash(9));
}

TEST_CASE("a type may bring its own hash", "[base][hash]") {
  CHECK(stable_hash(own_hash{5}) == 1005);
  CHECK(stable_hash(std::vector<own_hash>{{5}}) ==
        sage::hashing::sequence_end(sage::hashing::sequence_add(sage::hashing::sequence_start, 1005), 1));
}

TEST_CASE("keys that differ in order, length or nesting have different hashes", "[base][hash]") {
  std::set<std::uint64_t> seen{stable_hash(std::vector<int>{}),
                               stable_hash(std::vector<int>{0}),
                               stable_hash(std::vector<int>{0, 0}),
                               stable_hash(std::vector<int>{1, 2}),
                               stable_hash(std::vector<int>{2, 1}),
                               stable_hash(std::pair<std::string, std::string>("ab", "c")),
                               stable_hash(std::vector<std::vector<int>>{{1}, {2}}),
                               stable_hash(std::vector<std::vector<int>>{{1, 2}}),
                               stable_hash(std::pair<std::string, std::string>("a", "bc")),
                               stable_hash(0),
                               stable_hash("")};
  CHECK(seen.size() == 11);
}

TEST_CASE("a buffer's bytes beyond the key have no influence, whatever its length", "[base][hash]") {
  std::string text(200, 'x');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * 7 % 26);
  std::set<std::uint64_t> seen;
  for (std::size_t size = 0; size < 200; ++size) {
    const std::string copy = text.substr(0, size);  // exactly as large: a sanitizer sees reads beyond it
    const std::vector<char> exact(copy.begin(), copy.end());
    const std::uint64_t hash = sage::hash_bytes(exact.data(), exact.size());
    CHECK(hash == stable_hash(std::string_view(text).substr(0, size)));
    seen.insert(hash);
  }
  CHECK(seen.size() == 200);
}

TEST_CASE("what has no stable hash is not hashable", "[base][hash]") {
  STATIC_REQUIRE(hashable<int>);
  STATIC_REQUIRE(hashable<const char*>);
  STATIC_REQUIRE(hashable<const std::string&>);
  STATIC_REQUIRE(hashable<point>);
  STATIC_REQUIRE(hashable<std::map<std::string, std::deque<std::optional<point>>>>);
  STATIC_REQUIRE(hashable<std::vector<bool>>);
  STATIC_REQUIRE_FALSE(hashable<nothing_known>);
  STATIC_REQUIRE_FALSE(hashable<std::vector<nothing_known>>);
  STATIC_REQUIRE_FALSE(hashable<std::optional<nothing_known>>);
  STATIC_REQUIRE_FALSE(hashable<int*>);
  STATIC_REQUIRE_FALSE(hashable<long double>);
  STATIC_REQUIRE_FALSE(hashable<std::unordered_map<int, int>>);  // no order that is the same everywhere
}

TEST_CASE("the instances of a job share the key groups in contiguous ranges of nearly equal size", "[base][hash]") {
  for (std::uint32_t parallelism = 1; parallelism <= 130; ++parallelism) {
    CAPTURE(parallelism);
    std::vector<std::uint32_t> sizes(parallelism);
    std::uint32_t last = 0;
    bool in_order = true;
    for (std::uint32_t group = 0; group < sage::key_groups_default; ++group) {
      const std::uint32_t instance = sage::instance_of_group(group, parallelism);
      REQUIRE(instance < parallelism);
      in_order = in_order && instance >= last && sage::first_group_of(instance, parallelism) <= group &&
                 group < sage::first_group_of(instance + 1, parallelism);
      last = instance;
      ++sizes[instance];
    }
    CHECK(in_order);
    const auto [least, most] = std::minmax_element(sizes.begin(), sizes.end());
    CHECK(*most - *least <= 1);
  }
}

TEST_CASE("consecutive numbers and numbered names spread evenly over the key groups", "[base][hash]") {
  constexpr int keys = 102400;  // 100 per group
  std::vector<int> numbers(1024);
  std::vector<int> names(1024);
  for (int i = 0; i < keys; ++i) {
    ++numbers[sage::key_group(stable_hash(i))];
    ++names[sage::key_group(stable_hash("user-" + std::to_string(i)))];
  }
  for (const auto* counts : {&numbers, &names}) {
    double chi_squared = 0;
    for (const int count : *counts) chi_squared += (count - 100.0) * (count - 100.0) / 100.0;
    // 1023 degrees of freedom: mean 1023, standard deviation 45; five of them on either side.
    CHECK(chi_squared > 800);
    CHECK(chi_squared < 1250);
  }
}
