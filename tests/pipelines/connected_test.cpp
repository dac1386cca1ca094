// Two streams in one operator: connect, shared keyed state, broadcast rules.
#include <map>
#include <set>
#include <stdexcept>

#include "sage/sage.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;

namespace {

struct order {
  int id = 0;
  int amount = 0;
  auto operator<=>(const order&) const = default;
};
SAGE_DESCRIBE(order, id, amount)
struct payment {
  int order = 0;
  int paid = 0;
};
SAGE_DESCRIBE(payment, order, paid)

std::vector<order> orders(int count) {
  std::vector<order> all;
  for (int i = 0; i < count; ++i) all.push_back({i, 10 + i % 7});
  return all;
}
std::vector<payment> payments(int count) {
  std::vector<payment> all;
  for (int i = count; i-- > 0;) all.push_back({i, 5 + i % 11});
  return all;
}

// Tells what is left to pay once both are known, whichever came first.
struct reconcile {
  value_state<int> amount;
  value_state<int> paid;
  void open(context& self) {
    amount = value_state<int>(self, "amount");
    paid = value_state<int>(self, "paid");
  }
  void on_first(const order& o, collector<order>& out) {
    amount.set(o.amount);
    if (o.id % 10 == 3) throw std::runtime_error("three");
    tell(o.id, out);
  }
  void on_second(const payment& p, collector<order>& out) {
    paid.set(p.paid);
    tell(p.order, out);
  }
  void tell(int id, collector<order>& out) {
    if (amount.has_value() && paid.has_value()) out.push({id, *amount.get() - *paid.get()});
  }
};

}  // namespace

TEST_CASE("co_map makes one record of each, whichever stream it came from", "[pipeline][connect]") {
  test::on_every_engine([](environment& env) {
    collected<std::string> out;
    const auto numbers = env.from_source(collection(std::vector<int>{1, 2, 3}));
    const auto words = env.from_source(collection(std::vector<std::string>{"a", "b"}));
    numbers.connect(words)
        .co_map([](int x) { return std::to_string(x); }, [](const std::string& w) { return w + w; })
        .sink(collect_into(out));
    env.execute("co_map");
    REQUIRE(test::sorted(out) == std::vector<std::string>{"1", "2", "3", "aa", "bb"});
  });
}

TEST_CASE("co_flat_map makes any number of each", "[pipeline][connect]") {
  test::on_every_engine([](environment& env) {
    collected<int> out;
    const auto numbers = env.from_source(collection(std::vector<int>{1, 2, 3}));
    const auto words = env.from_source(collection(std::vector<std::string>{"", "abc"}));
    numbers.connect(words)
        .co_flat_map(
            [](int x, collector<int>& to) {
              if (x != 2) to.push(x);
            },
            [](const std::string& w, collector<int>& to) {
              for (const char c : w) to.push(c);
            })
        .sink(collect_into(out));
    env.execute("co_flat_map");
    REQUIRE(test::sorted(out) == std::vector<int>{1, 3, 'a', 'b', 'c'});
  });
}

TEST_CASE("two keyed streams share the state of a key; a call that throws leaves nothing", "[pipeline][connect]") {
  std::vector<order> expected;
  for (const order& o : orders(300)) {
    if (o.id % 10 != 3) expected.push_back({o.id, o.amount - (5 + o.id % 11)});
  }
  test::on_every_engine([&](environment& env) {
    collected<order> out;
    env.from_source(collection(orders(300)))
        .key_by(&order::id)
        .connect(env.from_source(collection(payments(300))).key_by(&payment::order))
        .co_process(reconcile{})
        .on_error(drop)
        .sink(collect_into(out));
    const auto done = env.execute("reconcile");
    REQUIRE(test::sorted(out) == expected);
  });
}

TEST_CASE("three streams of different types in one operator", "[pipeline][connect]") {
  test::on_every_engine([](environment& env) {
    collected<std::string> mapped;
    collected<int> flat;
    const auto numbers = env.from_source(collection(std::vector<int>{1, 2}));
    const auto words = env.from_source(collection(std::vector<std::string>{"a"}));
    const auto pays = env.from_source(collection(std::vector<payment>{{7, 70}, {8, 80}}));
    const auto all = numbers.connect(words, pays);
    all.co_map([](int x) { return std::to_string(x); }, [](const std::string& w) { return w + w; },
               [](const payment& p) { return std::to_string(p.order) + ":" + std::to_string(p.paid); })
        .sink(collect_into(mapped));
    all.co_flat_map([](int x, collector<int>& to) { to.push(x); },
                    [](const std::string&) { return std::vector<int>{}; },
                    [](const payment& p) {
                      return std::vector<int>{p.order, p.paid};
                    })
        .sink(collect_into(flat));
    env.execute("three");
    REQUIRE(test::sorted(mapped) == std::vector<std::string>{"1", "2", "7:70", "8:80", "aa"});
    REQUIRE(test::sorted(flat) == std::vector<int>{1, 2, 7, 8, 70, 80});
  });
}

namespace {

struct shipment {
  int order = 0;
  int parcels = 0;
};
SAGE_DESCRIBE(shipment, order, parcels)

// An order is through when it was paid and sent, whatever came first. The fourth stream takes orders back.
struct fulfil {
  value_state<int> amount, paid, parcels;
  value_state<bool> gone;
  void open(context& self) {
    amount = value_state<int>(self, "amount");
    paid = value_state<int>(self, "paid");
    parcels = value_state<int>(self, "parcels");
    gone = value_state<bool>(self, "gone");
  }
  void on_first(const order& o, collector<order>& out) {
    amount.set(o.amount);
    tell(o.id, out);
  }
  void on_second(const payment& p, collector<order>& out) {
    if (p.order % 10 == 4) throw std::runtime_error("four");
    paid.set(p.paid);
    tell(p.order, out);
  }
  void on_third(const shipment& s, collector<order>& out, context& self) {
    static_cast<void>(self);
    parcels.set(s.parcels);
    tell(s.order, out);
  }
  void on_fourth(int id, collector<order>& out) {
    gone.set(true);
    static_cast<void>(id);
    static_cast<void>(out);
  }
  void tell(int id, collector<order>& out) {
    if (amount.has_value() && paid.has_value() && parcels.has_value()) {
      out.push({id, *amount.get() * 10'000 + *paid.get() * 100 + *parcels.get()});
    }
  }
};

}  // namespace

TEST_CASE("four keyed streams share the state of a key", "[pipeline][connect]") {
  std::vector<order> expected;
  std::vector<shipment> sent;
  for (int id = 0; id < 200; ++id) {
    sent.push_back({(id * 7) % 200, (id * 7) % 200 % 3});
    if (id % 10 != 4) expected.push_back({id, (10 + id % 7) * 10'000 + (5 + id % 11) * 100 + id % 3});
  }
  test::on_every_engine([&](environment& env) {
    collected<order> out;
    env.from_source(collection(orders(200)))
        .key_by(&order::id)
        .connect(env.from_source(collection(payments(200))).key_by(&payment::order),
                 env.from_source(collection(sent)).key_by(&shipment::order),
                 env.from_source(collection(std::vector<int>{1000, 1001})).key_by([](int id) { return id; }))
        .co_process(fulfil{})
        .on_error(drop)
        .sink(collect_into(out));
    const auto done = env.execute("fulfil");
    REQUIRE(test::sorted(out) == expected);
    std::uint64_t dropped = 0;
    for (const auto& m : done.metrics.operators) dropped += m.dropped;
    CHECK(dropped == 20);
  });
}

TEST_CASE("every instance knows the rules that were broadcast", "[pipeline][connect]") {
  // Records before a rule go by without it: so each leaves either as it is or with the rules' sum, which only grows.
  struct apply_rules {
    using broadcast_state = std::map<int, int>;
    void on_broadcast(const std::pair<int, int>& rule, broadcast_state& known) { known[rule.first] = rule.second; }
    void on_record(const order& o, const broadcast_state& known, collector<order>& out) {
      const auto found = known.find(o.amount);
      out.push({o.id, found == known.end() ? -1 : found->second});
    }
  };
  std::vector<std::pair<int, int>> rules;
  for (int amount = 10; amount < 17; ++amount) rules.emplace_back(amount, amount * 100);
  test::on_every_engine([&](environment& env) {
    collected<order> out;
    env.from_source(collection(orders(400)))
        .key_by(&order::id)
        .connect(env.from_source(collection(rules)).broadcast())
        .process(apply_rules{})
        .sink(collect_into(out));
    env.execute("rules");
    REQUIRE(out.size() == 400);
    for (const order& one : out.records()) REQUIRE((one.amount == -1 || one.amount == (10 + one.id % 7) * 100));
  });
}

TEST_CASE("streams that don't fit are refused with what to do", "[pipeline][connect]") {
  reference_environment env;
  reference_environment other;
  const auto numbers = env.from_source(collection(std::vector<int>{1}));
  const auto foreign = other.from_source(collection(std::vector<int>{1}));
  const auto pass = [](int x) { return x; };
  CHECK_THROWS_WITH(numbers.connect(foreign).co_map(pass, pass), Catch::Contains("different environments"));
  CHECK_THROWS_WITH(numbers.key_by(pass).connect(numbers), Catch::Contains(".broadcast()"));
}

namespace {

// Orders and payments by number: an order that isn't paid within 100 ms is told.
struct unpaid {
  value_state<bool> paid;
  timer_service* timers = nullptr;
  void open(context& self) {
    paid = value_state<bool>(self, "paid");
    timers = &self.timers();
  }
  void on_first(const int& order, collector<int>& out, context& self) {
    static_cast<void>(out);
    static_cast<void>(order);
    timers->at_event_time(self.timestamp() + 100);
  }
  void on_second(const int& order, collector<int>& out) {
    static_cast<void>(out);
    static_cast<void>(order);
    paid.set(true);
  }
  void on_timer(const int& order, const timer& at, collector<int>& out) {
    static_cast<void>(at);
    if (!paid.has_value()) out.push(order);
    paid.clear();
  }
};

}  // namespace

TEST_CASE("keys of co_process have timers, whichever input set them", "[pipeline][connect][timers]") {
  sage::test::on_every_engine([](environment& env) {
    const auto by_itself = [](int number) { return number; };
    auto orders = env.from_source(range<int>(0, 100))
                      .assign_timestamps([](int number) { return number * 10; }, monotonic())
                      .key_by(by_itself);
    auto payments = env.from_source(range<int>(0, 100))
                        .filter([](int number) { return number % 3 != 0; })
                        .assign_timestamps([](int number) { return number * 10 + 50; }, monotonic())
                        .key_by(by_itself);
    collected<int> told;
    orders.connect(payments).co_process(unpaid{}).sink(collect_into(told));
    env.execute("unpaid");
    std::vector<int> expected;
    for (int number = 0; number < 100; number += 3) expected.push_back(number);
    CHECK(sage::test::sorted(told) == expected);
  });
}
