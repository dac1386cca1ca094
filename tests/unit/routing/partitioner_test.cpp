// How records find their instances: each policy by itself.
#include "sage/routing/partitioner.hpp"

#include <map>
#include <memory>
#include <set>

#include "sage/base/error.hpp"
#include "sage/base/hash.hpp"
#include "sage/operators/keyed_operator.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::routing;

namespace {

const ref<batch_pool>& pool() {
  static const ref<batch_pool> shared = batch_pool::make();
  return shared;
}

template <class T>
batch_ref batch_of(const std::vector<T>& records) {
  auto made = batch<T>::make(pool(), records.size());
  for (const T& record : records) made->emplace_back(record);
  return erase(std::move(made));
}

struct identity {
  template <class T>
  const T& operator()(const T& record) const noexcept {
    return record;
  }
};

template <class T>
partitioner_spec by_key() {
  partitioner_spec spec;
  spec.kind = partitioning::hash;
  spec.hasher = [](batch_base& records, std::vector<std::uint64_t>& room) {
    return operators::key_hashes(static_cast<batch<T>&>(records), identity{}, room);
  };
  return spec;
}

// Where each record of a batch goes; "one" and "all" are spread over the records.
std::vector<std::uint32_t> targets_of(partitioner& policy, batch_base& records, std::size_t targets) {
  const auto free = std::make_unique<bool[]>(targets);
  std::fill_n(free.get(), targets, true);
  std::vector<std::uint32_t> chosen(records.size());
  const decision made = policy.route(records, std::span(free.get(), targets), chosen.data());
  REQUIRE(made.where != decision::kind::all);
  if (made.where == decision::kind::one) std::fill(chosen.begin(), chosen.end(), made.target);
  return chosen;
}

decision route(partitioner& policy, std::vector<bool> free) {
  const auto flags = std::make_unique<bool[]>(free.size());
  std::copy(free.begin(), free.end(), flags.get());
  const batch_ref records = batch_of<int>({1});
  std::uint32_t target = 0;
  return policy.route(*records, std::span(flags.get(), free.size()), &target);
}

partitioner_spec of_kind(partitioning kind) {
  partitioner_spec spec;
  spec.kind = kind;
  return spec;
}

}  // namespace

TEST_CASE("forward goes to its one target", "[routing]") {
  const auto policy = make_partitioner(of_kind(partitioning::forward), 1, 3);
  const decision made = route(*policy, {false});
  CHECK(made.where == decision::kind::one);
  CHECK(made.target == 0);
}

TEST_CASE("broadcast goes to all, credit or not", "[routing]") {
  const auto policy = make_partitioner(of_kind(partitioning::broadcast), 3, 0);
  CHECK(route(*policy, {true, false, true}).where == decision::kind::all);
}

TEST_CASE("rebalance takes turns, and senders begin at different targets", "[routing]") {
  for (std::uint32_t sender = 0; sender < 5; ++sender) {
    const auto policy = make_partitioner(of_kind(partitioning::rebalance), 3, sender);
    for (std::uint32_t i = 0; i < 7; ++i) CHECK(route(*policy, {true, true, true}).target == (sender + i) % 3);
  }
}

TEST_CASE("rebalance passes over targets without credit while another has some", "[routing]") {
  const auto policy = make_partitioner(of_kind(partitioning::rebalance), 4, 0);
  CHECK(route(*policy, {false, false, true, true}).target == 2);
  CHECK(route(*policy, {false, false, true, true}).target == 3);
  CHECK(route(*policy, {false, true, false, false}).target == 1);
  CHECK(route(*policy, {false, false, false, false}).target == 2);  // nobody has any: whose turn it is
  CHECK(route(*policy, {true, true, true, false}).target == 0);
}

TEST_CASE("a partitioner of the user is asked per record and held to its range", "[routing]") {
  partitioner_spec spec;
  spec.kind = partitioning::custom;
  spec.chooser = [](const batch_base& records, std::uint32_t instances, std::uint32_t* targets) {
    for (const int x : static_cast<const batch<int>&>(records))
      *targets++ = static_cast<std::uint32_t>(x) - instances;
  };
  const auto policy = make_partitioner(spec, 3, 0);
  const batch_ref good = batch_of<int>({3, 5, 4, 3});
  CHECK(targets_of(*policy, *good, 3) == std::vector<std::uint32_t>{0, 2, 1, 0});
  const batch_ref bad = batch_of<int>({3, 6});
  try {
    targets_of(*policy, *bad, 3);
    FAIL("it should have thrown");
  } catch (const error& problem) {
    CHECK(problem.code() == errc::user_function);
    CHECK(problem.message() == "the partitioner returned instance 3 of 3");
  }
}

TEST_CASE("one key has one target, whoever sends it, in whatever company", "[routing][hash][property]") {
  test::for_each_seed(100, [](std::mt19937_64& random) {
    const auto targets = static_cast<std::uint32_t>(2 + random() % 15);
    std::map<std::string, std::uint32_t> known;
    std::vector<std::unique_ptr<partitioner>> senders;
    for (std::uint32_t s = 0; s < 3; ++s) senders.push_back(make_partitioner(by_key<std::string>(), targets, s));
    for (int round = 0; round < 20; ++round) {
      std::vector<std::string> keys(1 + random() % 50);
      for (std::string& key : keys) key = "key-" + std::to_string(random() % 100);
      const batch_ref records = batch_of(keys);
      const batch_ref shared = random() % 2 == 0 ? records : batch_ref{};  // hashes then go elsewhere
      const auto chosen = targets_of(*senders[random() % 3], *records, targets);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        REQUIRE(chosen[i] < targets);
        REQUIRE(known.emplace(keys[i], chosen[i]).first->second == chosen[i]);
      }
      REQUIRE((records->hashes() == nullptr) == static_cast<bool>(shared));
    }
  });
}

// Rows of the table in docs/formats/hash.md, whose hashes and groups tests/unit/base/hash_test.cpp checks.
TEST_CASE("hash partitioning chooses the published instance of a key", "[routing][hash]") {
  const auto texts = make_partitioner(by_key<std::string>(), 7, 0);
  const batch_ref words = batch_of<std::string>({"", "a", "ab", "abcd", "sage", "user-4711", "0123456789abcdefg"});
  CHECK(targets_of(*texts, *words, 7) == std::vector<std::uint32_t>{4, 4, 6, 2, 2, 5, 0});
  const auto integers = make_partitioner(by_key<std::int64_t>(), 7, 0);
  const batch_ref numbers = batch_of<std::int64_t>({0, 1, -1, 5, 42, 255, 65536});
  CHECK(targets_of(*integers, *numbers, 7) == std::vector<std::uint32_t>{2, 1, 4, 5, 3, 2, 0});
  // As many targets as key groups: the instance is the group.
  const auto groups = make_partitioner(by_key<std::int64_t>(), key_groups_default, 0);
  const batch_ref again = batch_of<std::int64_t>({0, 1, -1, 5});
  CHECK(targets_of(*groups, *again, key_groups_default) == std::vector<std::uint32_t>{299, 202, 683, 864});
}

TEST_CASE("with one target nothing is hashed for nobody", "[routing][hash]") {
  const auto policy = make_partitioner(by_key<int>(), 1, 0);
  const batch_ref records = batch_of<int>({1, 2});
  const batch_ref shared = records;
  CHECK(targets_of(*policy, *records, 1) == std::vector<std::uint32_t>{0, 0});
  CHECK(records->hashes() == nullptr);
}

TEST_CASE("key groups spread evenly over the instances", "[routing][hash]") {
  for (std::uint32_t instances = 1; instances <= 64; ++instances) {
    std::vector<std::uint32_t> groups(instances, 0);
    for (std::uint32_t g = 0; g < key_groups_default; ++g) ++groups.at(instance_of_group(g, instances));
    const auto [least, most] = std::minmax_element(groups.begin(), groups.end());
    CHECK(*most - *least <= 1);
  }
}
