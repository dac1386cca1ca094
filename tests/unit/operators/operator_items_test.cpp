// What operators do with the items of their records: the same however the input is cut, shared or held up.
#include <functional>
#include <numeric>
#include <stdexcept>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

using texts = std::vector<std::string>;

constexpr int size = 40;

std::vector<int> numbers() {
  std::vector<int> all(size);
  std::iota(all.begin(), all.end(), 0);
  return all;
}

// Throws for every fifth record, and the first time it sees it for every seventh.
struct choosy {
  std::set<int> seen{};
  void check(int x) {
    if (x % 5 == 3) throw std::runtime_error("never");
    if (x % 7 == 2 && seen.insert(x).second) throw std::runtime_error("not yet");
  }
  bool gives_up(int x, const error_policy& policy) const {
    return x % 5 == 3 || (x % 7 == 2 && policy.retries_max == 0);
  }
};

std::vector<error_policy> forgiving() {
  return {drop, dead_letters, retry(1).otherwise(drop), retry(2).otherwise(dead_letters)};
}

// Runs the operator that `declare(stream, policy)` makes over the numbers in every way there is. Each of `expect`
// must have come out with the item of the number it was made of, and the others have been told of their end.
template <class Out, class Declare>
void check_items(const Declare& declare, const error_policy& policy, const std::function<int(int)>& results) {
  INFO(policy.to_string());
  const auto make = declared<int>([&](auto in) { return declare(in, policy); });
  CHECK(conformance<int, Out>(make, numbers(), {.items = true}).runs > 0);

  const asked_requests asked;
  texts expected;
  {
    operator_harness<int, Out> h(make);
    h.feed(numbers(), ask_some(asked, 0, size));
    h.settle();
    h.finish();
    for (int x = 0; x < size; ++x) {
      const int times = choosy().gives_up(x, policy) && !policy.fails() ? 0 : results(x);
      expected.insert(expected.end(), static_cast<std::size_t>(times), std::to_string(x));
    }
    CHECK(h.request_ids() == expected);
  }
  CHECK(asked.open() == 0);
  const std::size_t lost = asked.unanswered(
      policy.then == error_policy::action::drop ? item_end_reason::dropped : item_end_reason::dead_lettered);
  std::size_t given_up = 0;
  for (int x = 0; x < size; ++x) given_up += choosy().gives_up(x, policy) ? 1 : 0;
  CHECK(lost == (policy.fails() ? 0 : given_up));
}

template <class Out, class Declare>
void check_items_of_picky(
    const Declare& declare, const std::function<int(int)>& results = [](int) { return 1; }) {
  for (const error_policy& policy : forgiving()) check_items<Out>(declare, policy, results);
}

}  // namespace

TEST_CASE("what map makes has the item of its record", "[operators][items][map]") {
  check_items<int>([](auto in, auto) { return in.map([](int x) { return x + 1; }); }, fail, [](int) { return 1; });
  check_items<std::string>([](auto in, auto) { return in.map([](int x) { return std::to_string(x); }); }, fail,
                           [](int) { return 1; });
  check_items_of_picky<int>([](auto in, const error_policy& policy) {
    return in
        .map([c = choosy()](const int& x) mutable {
          c.check(x);
          return x;
        })
        .on_error(policy);
  });
}

TEST_CASE("what filter, inspect and split let through keeps its item", "[operators][items][filter]") {
  const auto even = [](int x) { return x % 2 == 0 ? 1 : 0; };
  check_items<int>([](auto in, auto) { return in.filter([](int x) { return x % 2 == 0; }); }, fail, even);
  check_items<int>([](auto in, auto) { return in.filter([](int) { return true; }); }, fail, [](int) { return 1; });
  check_items_of_picky<int>(
      [](auto in, const error_policy& policy) {
        return in
            .filter([c = choosy()](const int& x) mutable {
              c.check(x);
              return x % 2 == 0;
            })
            .on_error(policy);
      },
      even);
  check_items_of_picky<int>([](auto in, const error_policy& policy) {
    return in.inspect([c = choosy()](const int& x) mutable { c.check(x); }).on_error(policy);
  });
}

TEST_CASE("what flat_map makes has the item of its record", "[operators][items][flat_map]") {
  const auto some = [](int x) { return x % 3; };
  check_items_of_picky<int>(
      [](auto in, const error_policy& policy) {
        return in
            .flat_map([c = choosy()](const int& x, collector<int>& out) mutable {
              for (int i = 0; i < x % 3; ++i) out.push(x);
              c.check(x);
            })
            .on_error(policy);
      },
      some);
  // More results than a batch has room for: the batch grows in the middle of a record.
  const auto many = [](int x) { return x % 9 == 0 ? 70 : 0; };
  check_items<int>(
      [many](auto in, auto) {
        return in.flat_map([many](int x) { return std::vector<int>(static_cast<std::size_t>(many(x)), x); });
      },
      fail, many);
}

TEST_CASE("what keyed operators make has the item of its record", "[operators][items][keyed]") {
  check_items_of_picky<int>(
      [](auto in, const error_policy& policy) {
        return in.key_by([](int x) { return x % 4; })
            .process([c = choosy()](const int& x, collector<int>& out) mutable {
              for (int i = 0; i < x % 3; ++i) out.push(x);
              c.check(x);
            })
            .on_error(policy);
      },
      [](int x) { return x % 3; });
  check_items<int>([](auto in, auto) { return in.key_by([](int x) { return x % 6; }).distinct(); }, fail,
                   [](int x) { return x < 6 ? 1 : 0; });
  check_items<std::pair<int, std::uint64_t>>(
      [](auto in, auto) {
        return in.key_by([](int x) { return x % 6; }).aggregate(sage::count()).emit(every_update);
      },
      fail, [](int) { return 1; });
}

TEST_CASE("both ends of a split keep their items", "[operators][items][split]") {
  const asked_requests asked;
  {
    operator_harness<int> h(
        declared<int>([](auto in) { return in.split([](int x) { return x % 3 == 0; }).matching(); }),
        harness_options{.ports = 2});
    h.feed({0, 1, 2, 3}, ask_some(asked, 0, 4));
    h.feed_shared({4, 5, 6}, ask_some(asked, 4, 7));
    h.feed({7});  // one that nobody asked for
    CHECK(h.request_ids(0) == texts{"0", "3", "6"});
    CHECK(h.request_ids(1) == texts{"1", "2", "4", "5", ""});
  }
  CHECK(asked.unanswered(item_end_reason::job_ended) == 7);
}

TEST_CASE("a record that is given up ends its item at once, not with its batch", "[operators][items]") {
  const asked_requests asked;
  std::size_t open = 0;
  operator_harness<int> h(declared<int>([&](auto in) {
    return in.filter([&](int x) {
      if (x == 2) open = asked.open();
      return x > 0;
    });
  }));
  h.feed({0, 1, 2}, ask_some(asked, 0, 3));
  CHECK(open == 2);
  CHECK(asked.outcome(0).ends() == 1);
}

TEST_CASE("aggregates end the items of what they take in", "[operators][items][aggregate]") {
  const asked_requests asked;
  operator_harness<int, std::vector<int>> packs(declared<int>([](auto in) { return in.collect(3); }),
                                                harness_options{.name = "packs"});
  packs.feed({0, 1}, ask_some(asked, 0, 2));
  packs.feed_shared({2, 3}, ask_some(asked, 2, 4));
  CHECK(asked.unanswered(item_end_reason::aggregated) == 4);
  CHECK(packs.request_ids() == texts{""});
  CHECK(asked.messages() == texts{"operator 'packs' aggregated it"});

  const asked_requests others;
  operator_harness<int> sums(declared<int>([](auto in) {
    return in.key_by([](int x) { return x % 2; }).reduce([](int a, const int& b) { return a + b; });
  }));
  sums.feed(numbers(), ask_some(others, 0, size));
  CHECK(others.unanswered(item_end_reason::aggregated) == size);
  sums.finish();
  CHECK(sums.request_ids() == texts{"", ""});
}

TEST_CASE("the record that fails its operator ends its item with the cause", "[operators][items]") {
  for (const bool shared : {false, true}) {  // in place, and not
    const asked_requests asked;
    {
      operator_harness<int, int> h(declared<int>([](auto in) {
        return in.map([](int x) {
          if (x == 2) throw std::runtime_error("two");
          return x;
        });
      }));
      auto items = ask_some(asked, 0, 6);
      if (shared) {
        CHECK_THROWS_AS(h.feed_shared({0, 1, 2, 3, 4, 5}, items), std::runtime_error);
      } else {
        CHECK_THROWS_AS(h.feed({0, 1, 2, 3, 4, 5}, std::move(items)), std::runtime_error);
      }
    }
    CHECK(asked.unanswered(item_end_reason::failed) == 1);
    CHECK(asked.outcome(2).errors.front().message() == "operator 'operator' failed: two");
    CHECK(asked.unanswered(item_end_reason::job_ended) == 5);
  }
}

TEST_CASE("the context shows an item only while its record is handled", "[operators][items][context]") {
  const asked_requests asked;
  texts seen;
  operator_harness<int> h(declared<int>([&seen](auto in) {
    return in.map([&seen](int x, context& self) {
      seen.push_back(self.item() ? self.item()->request_id() : "-");
      return x;
    });
  }));
  h.feed({0, 1}, ask_some(asked, 0, 2));
  CHECK(h.core().self().item() == nullptr);
  h.feed({2});
  CHECK(seen == texts{"0", "1", "-"});
}

TEST_CASE("a sink answers through its writer or its function, and what it leaves is sunk",
          "[operators][items][sink]") {
  const asked_requests asked;
  operator_harness<int, void> replies(declared<int>([](auto in) { return in.sink(request_replies()); }));
  replies.feed({0, 1}, ask_some(asked, 0, 2));
  CHECK(asked.outcome(1).answers == texts{"1"});
  operator_harness<int, void> function(declared<int>([](auto in) {
    return in.sink([](const int& x, context& self) {
      if (x == 2) asked_requests::answer(self.item(), "two");
    });
  }));
  function.feed_shared({2, 3}, ask_some(asked, 2, 4));
  CHECK(asked.outcome(2).answers == texts{"two"});
  CHECK(asked.outcome(3).errors.front().reason == item_end_reason::sunk);
  CHECK(asked.answered() == 3);
}

TEST_CASE("a slow batch that leaves in parts keeps every item with its record", "[operators][items][parts]") {
  for (const bool shared : {false, true}) {
    const asked_requests asked;
    {
      manual_clock* time = nullptr;
      operator_harness<int, std::string> h(declared<int>([&time](auto in) {
        return in
            .map([&time, c = choosy()](const int& x) mutable {
              time->advance(100'000);
              c.check(x);
              return std::to_string(x);
            })
            .on_error(retry(1).otherwise(drop));
      }));
      time = &h.time();
      auto items = ask_some(asked, 0, size);
      if (shared) {
        h.feed_shared(numbers(), items);
      } else {
        h.feed(numbers(), std::move(items));
      }
      items.clear();
      while (h.is_suspended()) h.settle();
      CHECK(h.batch_sizes().size() > 3);
      CHECK(h.request_ids() == h.records());
      CHECK(h.records().size() == size - size / 5);
      CHECK(asked.unanswered(item_end_reason::dropped) == size / 5);
      h.finish();
    }
    CHECK(asked.open() == 0);
    CHECK_FALSE(asked.ended_twice().has_value());
  }
}
