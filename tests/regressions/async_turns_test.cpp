// An async operator whose turn was over just as a call had ended forgot to ask for another turn: those that waited
// for the capacity stayed where they were, for ever where no input came.
#include <cstddef>
#include <vector>

#include "sage/functions/tasks/task.hpp"
#include "sage/operators/async_map.hpp"
#include "sage/sage.hpp"
#include "sage/testing/declared.hpp"
#include "sage/testing/operator_harness.hpp"
#include "tests/catch.hpp"

namespace {

sage::task<int> same(int x) {
  co_return x;
}

TEST_CASE("an async operator asks for another turn while calls wait for its capacity", "[regression][async]") {
  for (const std::size_t capacity : {1, 2, 5}) {
    for (const sage::result_order order : {sage::ordered_by_key, sage::ordered, sage::unordered}) {
      INFO("capacity " << capacity << ", order " << static_cast<int>(order));
      sage::testing::operator_harness<int> harness([&]() -> sage::operators::operator_ptr {
        const auto key = [](int x) { return x % 3; };
        using op = sage::operators::async_function_operator<int, int, decltype(key), sage::task<int> (*)(int),
                                                            sage::operators::async_shape::one>;
        sage::async_options bounds;
        bounds.capacity = capacity;
        bounds.order = order;
        return std::make_unique<op>(key, &same, bounds, sage::fail);
      });
      harness.core().self().set_turn_max(0);  // every look at the clock ends the turn
      std::vector<int> records;
      for (int x = 0; x < 100; ++x) records.push_back(x);
      harness.feed(records);
      std::size_t turns = 0;
      for (; harness.held() > 0; ++turns) {
        REQUIRE(turns < 1000);
        REQUIRE(harness.core().has_news());
        harness.is_suspended() ? harness.resume() : harness.wake();
      }
      CHECK(turns > 10);
      CHECK(harness.records().size() == records.size());
    }
  }
}

}  // namespace
