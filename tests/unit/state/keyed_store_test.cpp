// States of keyed functions: what a record that failed has written is put back, and nothing else.
#include "sage/state/keyed_store.hpp"

#include <map>

#include "sage/functions/keyed_state.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using sage::state::column;
using sage::state::keyed_store;

namespace {

sage::context make_context() {
  return {"job", "op", 0, 1, 8, sage::system_clock(), sage::batch_pool::make(), 1};
}

}  // namespace

TEST_CASE("a state is declared once, by name and type", "[state][store]") {
  keyed_store store;
  column<int>& visits = store.declare<int>("visits");
  CHECK(&store.declare<int>("visits") == &visits);
  CHECK(&store.declare<int>("other") != &visits);
  CHECK_THROWS_WITH(store.declare<long>("visits"), Catch::Contains("'visits' is declared twice"));
}

TEST_CASE("state outside of a keyed process is refused with advice", "[state][store]") {
  sage::context self = make_context();
  CHECK_THROWS_WITH(sage::value_state<int>(self, "visits"), Catch::Contains("op[0]") && Catch::Contains("key_by"));
}

TEST_CASE("rows are empty until written, and can be cleared", "[state][store]") {
  keyed_store store;
  sage::context self = make_context();
  self.set_keyed_state(&store);
  sage::value_state<int> value(self, "v");
  sage::list_state<int> list(self, "l");
  sage::map_state<std::string, int> map(self, "m");
  for (const std::size_t row : {5u, 0u}) {
    store.begin_record(row, false);
    CHECK(value.value_or(-1) == -1);
    CHECK(list.get().empty());
    CHECK(map.find("a") == nullptr);
    value.set(static_cast<int>(row));
    list.add(1);
    list.add(2);
    map.put("a", 3);
    map.put("b", 4);
    map.remove("b");
    CHECK(value.value_or(-1) == static_cast<int>(row));
    CHECK(list.get() == std::vector<int>{1, 2});
    CHECK(map.get() == std::map<std::string, int>{{"a", 3}});
  }
  value.clear();
  list.clear();
  map.clear();
  CHECK(value.value_or(-1) == -1);
  CHECK(list.get().empty());
  CHECK(map.get().empty());
  store.begin_record(5, false);
  CHECK(value.value_or(-1) == 5);
}

TEST_CASE("a rolled-back record leaves no state behind, a committed one all of it", "[state][store][property]") {
  sage::test::for_each_seed(200, [](std::mt19937_64& random) {
    keyed_store store;
    sage::context self = make_context();
    self.set_keyed_state(&store);
    sage::value_state<int> value(self, "v");
    sage::list_state<int> list(self, "l");
    sage::map_state<int, int> map(self, "m");
    struct row {
      std::optional<int> value;
      std::vector<int> list;
      std::map<int, int> map;
      bool operator==(const row&) const = default;
    };
    std::map<std::size_t, row> expected;
    for (int record = 0; record < 200; ++record) {
      const std::size_t key = random() % 12;
      row next = expected[key];
      store.begin_record(key, true);
      for (std::uint64_t writes = random() % 6; writes > 0; --writes) {
        const int x = static_cast<int>(random() % 50);
        switch (random() % 7) {
          case 0:
            value.set(x);
            next.value = x;
            break;
          case 1:
            value.clear();
            next.value.reset();
            break;
          case 2:
            list.add(x);
            next.list.push_back(x);
            break;
          case 3:
            list.clear();
            next.list.clear();
            break;
          case 4:
            map.put(x % 5, x);
            next.map[x % 5] = x;
            break;
          case 5:
            map.remove(x % 5);
            next.map.erase(x % 5);
            break;
          case 6:
            map.clear();
            next.map.clear();
            break;
        }
      }
      if (random() % 2 == 0) {
        store.rollback();
      } else {
        store.commit();
        expected[key] = next;
      }
      for (const auto& [known, wanted] : expected) {
        store.begin_record(known, true);
        REQUIRE(value.value_or(-1) == wanted.value.value_or(-1));
        REQUIRE(list.get() == wanted.list);
        REQUIRE(map.get() == wanted.map);
      }
    }
  });
}
