// The items column of a batch: where items go when records move, and when they are let go.
#include <memory>
#include <utility>
#include <vector>

#include "sage/model/batch.hpp"
#include "sage/testing/asked_requests.hpp"
#include "tests/catch.hpp"

using sage::batch;
using sage::batch_pool;
using sage::batch_ref;
using sage::item_scope;
using sage::ref;
using sage::testing::asked_requests;

namespace {

// `count` numbers from `first` on, each the request of that number.
ref<batch<int>> requests(const asked_requests& asked, const ref<batch_pool>& pool, int first, int count,
                         std::size_t capacity = 8) {
  auto made = batch<int>::make(pool, capacity);
  for (int i = 0; i < count; ++i) {
    made->emplace_back(first + i);
    made->add_items()[i] = asked.ask(static_cast<std::uint64_t>(first + i));
  }
  return made;
}

std::vector<std::string> ids(const sage::batch_base& records) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const ref<item_scope>* const items = records.items();
    all.push_back(items && items[i] ? items[i]->request_id() : "-");
  }
  return all;
}

using texts = std::vector<std::string>;
constexpr std::uint32_t positions[] = {2, 0};

}  // namespace

TEST_CASE("a batch has no items until somebody adds them, and drops them with its records", "[model][batch][items]") {
  const asked_requests asked;
  const auto pool = batch_pool::make();
  CHECK(batch<int>::make(pool, 8)->items() == nullptr);
  auto records = requests(asked, pool, 0, 3);
  records->emplace_back(3);  // one that nobody asked for
  CHECK(ids(*records) == texts{"0", "1", "2", "-"});
  CHECK(records->bytes() == 4 * (sizeof(int) + sizeof(void*)));
  records->truncate(1);
  CHECK(asked.open() == 1);
  records.reset();
  CHECK(asked.open() == 0);
  CHECK_FALSE(asked.ended_twice().has_value());
}

TEST_CASE("the memory of an items column goes back to the pool", "[model][batch][items]") {
  const auto pool = batch_pool::make();
  for (const std::size_t capacity : {1, 31, 1000, 1024, 100000, 2000000}) {
    const auto before = pool->allocations();
    for (int i = 0; i < 3; ++i) {
      auto records = batch<int>::make(pool, capacity);
      records->add_items()[0].reset();
      static_cast<void>(records->add_hashes());
    }
    const bool fits = capacity * 8 <= batch_pool::block_bytes_max;
    CHECK(pool->allocations() - before <= (fits ? 3u : 9u));
  }
}

TEST_CASE("select moves items out of an only batch and shares those of a shared one", "[model][batch][items]") {
  const asked_requests asked;
  const auto pool = batch_pool::make();
  batch_ref first = sage::erase(requests(asked, pool, 0, 3));
  batch_ref second = first;
  const batch_ref copied = sage::select(first, positions, 2);
  CHECK(ids(*copied) == texts{"2", "0"});
  CHECK(ids(*second) == texts{"0", "1", "2"});
  batch_ref moved = sage::select(second, positions, 2);
  CHECK(ids(*moved) == texts{"2", "0"});
  CHECK(asked.open() == 2);  // the one that was not selected has ended
  moved.reset();
  CHECK(asked.open() == 2);
}

TEST_CASE("appending records with items to those without, and the other way round, leaves gaps",
          "[model][batch][items]") {
  const asked_requests asked;
  const auto pool = batch_pool::make();
  auto plain = batch<int>::make(pool, 8);
  for (const int x : {7, 8, 9}) plain->emplace_back(x);
  auto to = batch<int>::make(pool, 8);
  sage::append_selected(*plain, positions, 1, *to);
  CHECK(to->items() == nullptr);
  auto with = requests(asked, pool, 0, 3);
  sage::append_selected(*with, positions, 2, *to);
  with.reset();
  sage::append_selected(*plain, positions + 1, 1, *to);
  CHECK(std::vector<int>(to->begin(), to->end()) == std::vector<int>{9, 2, 0, 7});
  CHECK(ids(*to) == texts{"-", "2", "0", "-"});
  CHECK(asked.open() == 2);
}

TEST_CASE("items are carried to records made of others", "[model][batch][items]") {
  const asked_requests asked;
  const auto pool = batch_pool::make();
  auto from = requests(asked, pool, 0, 4);
  auto to = batch<std::string>::make(pool, 4);
  for (const char* text : {"a", "b", "c"}) to->emplace_back(text);
  const auto other = from;
  sage::carry_columns(*from, 1, 2, *to, 1);
  CHECK(ids(*to) == texts{"-", "1", "2"});
  CHECK(ids(*from) == texts{"0", "1", "2", "3"});
  auto none = batch<int>::make(pool, 1);
  sage::carry_columns(*none, 0, 1, *to, 0);
  CHECK(ids(*to) == texts{"-", "1", "2"});
}
