#include "sage/model/batch.hpp"

#include <memory>
#include <utility>

#include "tests/catch.hpp"

namespace {

using sage::batch;
using sage::batch_pool;
using sage::batch_ref;

bool is_only_owner(batch_ref records) {
  return records->unique();
}

TEST_CASE("a typed batch that is handed on within an expression has one owner", "[model][batch]") {
  auto typed = batch<int>::make(batch_pool::make(), 8);
  typed->emplace_back(1);
  CHECK(is_only_owner(sage::erase(std::move(typed))));
}

TEST_CASE("records of a shared batch are copied out, of an only one moved", "[model][batch]") {
  const auto pool = batch_pool::make();
  auto typed = batch<std::shared_ptr<int>>::make(pool, 4);
  const auto value = std::make_shared<int>(7);
  typed->emplace_back(value);
  batch_ref first = sage::erase(std::move(typed));
  batch_ref second = first;
  const std::uint32_t positions[] = {0};
  const batch_ref copied = sage::select(first, positions, 1);
  CHECK(value.use_count() == 3);
  const batch_ref moved = sage::select(second, positions, 1);
  CHECK(value.use_count() == 3);
  CHECK(moved->size() == 1);
}

TEST_CASE("a pool gives the same memory again", "[model][batch]") {
  const auto pool = batch_pool::make();
  for (int i = 0; i < 100; ++i) static_cast<void>(batch<long>::make(pool, 1024));
  CHECK(pool->allocations() == 1);
}

}  // namespace
