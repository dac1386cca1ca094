// A function that throws on the n-th record, in every operator that calls one, under every policy: what comes out is
// what would have come out without that record, and the books and dead letters show it.
#include <numeric>
#include <stdexcept>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

constexpr int records_count = 10;

// Throws `left` times for the record `victim`. Shared by all copies of the function around it.
struct trouble {
  int victim = -1;
  int left = 0;
  int calls = 0;
  void meet(int record) {
    if (record != victim || left == 0) return;
    --left;
    ++calls;
    throw std::runtime_error("record " + std::to_string(record));
  }
};
using trouble_ptr = std::shared_ptr<trouble>;

const error_policy policies[] = {
    fail, drop, dead_letters, retry(2), retry(2).otherwise(drop), retry(2).otherwise(dead_letters)};

std::vector<int> numbers_without(int left_out) {
  std::vector<int> all(records_count);
  std::iota(all.begin(), all.end(), 0);
  std::erase(all, left_out);
  return all;
}

template <class Out>
std::vector<std::vector<Out>> all_ports(const operator_harness<int, Out>& h, std::uint32_t ports) {
  std::vector<std::vector<Out>> all;
  for (std::uint32_t port = 0; port < ports; ++port) all.push_back(h.records(port));
  return all;
}

// Sums up each key's records; throws behind its change.
struct adding {
  using accumulator = int;
  trouble_ptr t;
  void add(int& sum, const int& x) {
    sum += x;
    t->meet(x);
  }
  std::pair<int, int> result(int k, int sum) { return {k, sum}; }
};

// One victim, one number of failures, one policy, one way to cut the input.
template <class Out, class Make>
void check_case(const Make& make, const error_policy& policy, int victim, int failures, std::size_t batch_size,
                bool shared, std::uint32_t ports) {
  INFO(policy.to_string() << ", record " << victim << " throws " << failures << " times, batches of " << batch_size
                          << (shared ? ", shared" : ""));
  const auto t = std::make_shared<trouble>(trouble{victim, failures});
  operator_harness<int, Out> h(make(t, policy), harness_options{.batch_size = batch_size, .ports = ports});
  const bool survives = failures <= static_cast<int>(policy.retries_max);
  const auto feed = [&] {
    const std::vector<int> all = numbers_without(-1);
    for (std::size_t at = 0; at < all.size(); at += batch_size) {
      std::vector<int> some(all.begin() + static_cast<std::ptrdiff_t>(at),
                            all.begin() + static_cast<std::ptrdiff_t>(std::min(at + batch_size, all.size())));
      if (shared) {
        h.feed_shared(some);
      } else {
        h.feed(std::move(some));
      }
      h.settle();
    }
    h.finish();
  };
  if (!survives && policy.then == error_policy::action::fail) {
    REQUIRE_THROWS_WITH(feed(), "record " + std::to_string(victim));
    REQUIRE(t->calls == static_cast<int>(policy.retries_max) + 1);
    return;
  }
  feed();
  const auto clean = std::make_shared<trouble>();
  operator_harness<int, Out> wanted(make(clean, fail), harness_options{.ports = ports});
  wanted.feed(numbers_without(survives ? -1 : victim));
  wanted.finish();
  REQUIRE(all_ports(h, ports) == all_ports(wanted, ports));
  const bool letter = !survives && policy.then == error_policy::action::dead_letter;
  REQUIRE(h.fates().dead == (letter ? 1 : 0));
  REQUIRE(h.fates().dropped == (!survives && !letter ? 1 : 0));
  REQUIRE(h.fates().passed == wanted.fates().passed);
  REQUIRE(h.fates().filtered == wanted.fates().filtered);
  REQUIRE(h.dead_letters().size() == (letter ? 1 : 0));
  if (!letter) return;
  const dead_letter lost = h.dead_letters().front();
  REQUIRE(lost.record == std::to_string(victim));
  REQUIRE(lost.error == "record " + std::to_string(victim));
  REQUIRE(lost.attempts == policy.retries_max + 1);
  REQUIRE(lost.operator_name == "operator");
}

template <class Out, class Make>
void check_all(const Make& make, std::uint32_t ports = 1) {
  for (const error_policy& policy : policies) {
    for (int victim = 0; victim < records_count; ++victim) {
      for (const int failures : {1, 2, 3}) {
        for (const std::size_t batch_size : {1, 4, 1024}) {
          for (const bool shared : {false, true}) {
            check_case<Out>(make, policy, victim, failures, batch_size, shared, ports);
          }
        }
      }
    }
  }
  SUCCEED("no policy let anything through that it must not");
}

}  // namespace

TEST_CASE("map under every policy", "[operators][policies]") {
  check_all<long>([](trouble_ptr t, error_policy policy) {
    return declared<int>(
        [=](auto in) { return in.map([t](int x) { return t->meet(x), x * 2L; }).on_error(policy); })();
  });
  check_all<int>([](trouble_ptr t, error_policy policy) {  // in place
    return declared<int>(
        [=](auto in) { return in.map([t](int x) { return t->meet(x), x + 1; }).on_error(policy); })();
  });
}

TEST_CASE("filter under every policy", "[operators][policies]") {
  check_all<int>([](trouble_ptr t, error_policy policy) {
    return declared<int>(
        [=](auto in) { return in.filter([t](int x) { return t->meet(x), x % 3 > 0; }).on_error(policy); })();
  });
}

TEST_CASE("flat_map under every policy: half of a call's results is none", "[operators][policies]") {
  check_all<int>([](trouble_ptr t, error_policy policy) {
    return declared<int>([=](auto in) {
      return in
          .flat_map([t](const int& x, collector<int>& out) {
            out.push(x);
            t->meet(x);
            out.push(-x);
          })
          .on_error(policy);
    })();
  });
}

TEST_CASE("inspect, split and route under every policy", "[operators][policies]") {
  check_all<int>([](trouble_ptr t, error_policy policy) {
    return declared<int>([=](auto in) { return in.inspect([t](const int& x) { t->meet(x); }).on_error(policy); })();
  });
  check_all<int>(
      [](trouble_ptr t, error_policy policy) {
        return declared<int>(
            [=](auto in) { return in.split([t](int x) { return t->meet(x), x % 2 == 0; }).on_error(policy); })();
      },
      2);
  check_all<int>(
      [](trouble_ptr t, error_policy policy) {
        return declared<int>([=](auto in) {
          auto label = [t](int x) { return t->meet(x), std::to_string(x % 4); };
          return in.route(label, {"0", "3"}).on_error(policy);
        })();
      },
      3);
}

TEST_CASE("keyed operators under every policy: a failed record changes no state", "[operators][policies]") {
  const auto key = [](int x) { return x % 3; };
  check_all<int>([key](trouble_ptr t, error_policy policy) {
    struct summing {
      trouble_ptr t;
      value_state<int> sum;
      void open(context& self) { sum = value_state<int>(self, "sum"); }
      void operator()(const int& x, collector<int>& out) {
        sum.set(sum.value_or(0) + x);
        out.push(sum.value_or(0));
        t->meet(x);
      }
    };
    return declared<int>([=](auto in) { return in.key_by(key).process(summing{t, {}}).on_error(policy); })();
  });
  for (const emit_mode mode : {finals, every_update}) {
    check_all<std::pair<int, int>>([=](trouble_ptr t, error_policy policy) {
      return declared<int>(
          [=](auto in) { return in.key_by(key).aggregate(adding{t}).emit(mode).on_error(policy); })();
    });
  }
}

// Extractors are pure: one that throws for a record throws each time, also when hashes are computed for the batch.
TEST_CASE("a key that can't be extracted is the record's failure", "[operators][policies]") {
  for (const error_policy& policy : {drop, dead_letters, retry(2).otherwise(drop)}) {
    for (int victim = 0; victim < records_count; ++victim) {
      INFO(policy.to_string() << ", record " << victim);
      operator_harness<int> h(declared<int>([&](auto in) {
        return in.key_by([victim](int x) { return x == victim ? throw std::runtime_error("no key") : x; })
            .distinct()
            .on_error(policy);
      }));
      h.feed(numbers_without(-1));
      h.settle();
      h.feed_shared(numbers_without(-1));
      h.settle();
      h.finish();
      CHECK(h.records() == numbers_without(victim));
      CHECK(h.fates().dropped + h.fates().dead == 2);
      CHECK(h.fates().filtered == records_count - 1);
    }
  }
}

TEST_CASE("a callable sink under every policy sees each record that it took", "[operators][policies]") {
  for (const error_policy& policy : policies) {
    for (int victim = 0; victim < records_count; ++victim) {
      INFO(policy.to_string() << ", record " << victim);
      const auto t = std::make_shared<trouble>(trouble{victim, 99});
      std::vector<int> seen;
      operator_harness<int, void> h(declared<int>([&](auto in) {
        return in
            .sink([&seen, t](int x) {
              t->meet(x);
              seen.push_back(x);
            })
            .on_error(policy);
      }));
      const auto feed = [&] {
        h.feed(numbers_without(-1));
        h.settle();
      };
      if (policy.then == error_policy::action::fail) {
        CHECK_THROWS_WITH(feed(), "record " + std::to_string(victim));
        continue;
      }
      feed();
      CHECK(seen == numbers_without(victim));
      CHECK(h.fates().passed == records_count - 1);
      CHECK(h.dead_letters().size() == (policy.then == error_policy::action::dead_letter ? 1 : 0));
    }
  }
}

TEST_CASE("what isn't a std::exception, and a bug of ours, end as they should", "[operators][policies]") {
  operator_harness<int> odd(declared<int>(
      [](auto in) { return in.map([](int x) { return x == 1 ? throw 42 : x; }).on_error(dead_letters); }));
  odd.feed({0, 1, 2});
  REQUIRE(odd.dead_letters().size() == 1);
  CHECK(odd.dead_letters().front().error == "an exception that isn't a std::exception");
  operator_harness<int> ours(declared<int>([](auto in) {
    return in.map([](int x) { return x == 1 ? throw error(errc::internal, "a bug") : x; }).on_error(drop);
  }));
  CHECK_THROWS_WITH(ours.feed({1}), Catch::Contains("a bug"));
}

TEST_CASE("a long run of dead letters leaves in batches", "[operators][policies]") {
  operator_harness<int> h(
      declared<int>([](auto in) {
        return in.map([](int) -> int { throw std::runtime_error("never"); }).on_error(dead_letters);
      }),
      harness_options{.batch_size = 4});
  h.feed(numbers_without(-1));
  CHECK(h.batch_sizes(operators::dead_letter_port) == std::vector<std::size_t>{4, 4, 2});
  CHECK(h.fates().dead == records_count);
}
