// The books of a job: real ones balance, and whatever is changed in them is found and its operator named.
#include "sage/runtime/ledger.hpp"

#include "sage/runtime/assembly.hpp"
#include "tests/unit/runtime/plans.hpp"

using namespace sage;
using namespace sage::runtime;
using Catch::Contains;

namespace {

struct books {
  std::shared_ptr<job_record> record;  // owns the plan
  std::vector<instance_counters> counters;

  [[nodiscard]] const graph::physical_plan& plan() const { return record->plan(); }
  [[nodiscard]] std::string audited() const {
    const auto found = audit(plan(), counters);
    if (found) CHECK(found->code() == errc::ledger);
    return found ? found->what() : "balanced";
  }
  // The counters of the first instance whose name begins so.
  instance_counters& of(const std::string& name) {
    for (const graph::planned_instance& one : plan().instances) {
      if (one.name.starts_with(name)) return counters[one.id];
    }
    throw error(errc::not_found, name);
  }
};

// Every kind of edge and both kinds of several outputs, with two instances each.
books split_and_route(bool fused) {
  environment_options options = test::planning(fused);
  reference_environment env(options);
  auto numbers = env.from_source(range<int>(0, 200, 2)).name("numbers");
  auto parity = numbers.split([](int x) { return x % 2 == 0; });
  parity.name("parity");
  auto label = [](int x) { return x % 3 == 0 ? "three" : x % 5 == 0 ? "five" : "none"; };
  auto routed = parity.matching().rebalance().route(label, {"three", "five"});
  routed.name("labels");
  routed["three"].map([](int x) { return x; }).name("threes").sink(discard()).name("three_sink");
  routed["five"].key_by([](int x) { return x % 7; }).distinct().name("fives").sink(discard()).name("five_sink");
  routed.otherwise()
      .broadcast()
      .filter([](int x) { return x % 4 == 0; })
      .name("others")
      .sink(discard())
      .name("other_sink");
  parity.rest()
      .map([](int x) { return x % 9 == 0 ? throw std::runtime_error("nine") : x; })
      .name("odd")
      .on_error(dead_letters)
      .sink(discard())
      .name("odd_sink");
  env.dead_letters().sink(discard()).name("grave");
  job done = env.submit("books");
  done.wait();
  return {done.record(), read_counters(*done.record())};
}

}  // namespace

TEST_CASE("the books of a job with split, route, broadcast and dead letters balance", "[runtime][ledger]") {
  CHECK(split_and_route(true).audited() == "balanced");
  CHECK(split_and_route(false).audited() == "balanced");
}

TEST_CASE("a record that an operator lost or made up is found", "[runtime][ledger]") {
  books b = split_and_route(false);
  const books good = b;
  ++b.of("others").operators[0].filtered;
  CHECK_THAT(b.audited(), Contains("others[0]") && Contains("accounted for"));
  b = good;
  --b.of("labels").operators[0].passed;
  CHECK_THAT(b.audited(), Contains("labels[0]") && Contains("accounted for"));
  b = good;
  ++b.of("odd").operators[0].dead;
  --b.of("odd").operators[0].passed;
  CHECK_THAT(b.audited(), Contains("odd[0]") && Contains("dead letters"));
  b = good;
  --b.of("threes").operators[0].records_out;
  CHECK_THAT(b.audited(), Contains("threes[0]") && Contains("out"));
}

TEST_CASE("a batch lost between a split or route and its gates is found, port by port", "[runtime][ledger]") {
  books b = split_and_route(false);
  const books good = b;
  for (const std::string name : {"parity", "labels"}) {
    for (std::size_t gate = 0; gate < good.counters.size(); ++gate) {
      b = good;
      if (gate >= b.of(name).gates.size()) break;
      b.of(name).gates[gate].records -= 1;
      CHECK_THAT(b.audited(), Contains(name + "[0]") && Contains("given to its gate"));
      b = good;
      b.of(name).gates[gate].sent[0].records += 1;
      CHECK_THAT(b.audited(), Contains(name + "[0]") && Contains("to be sent"));
    }
  }
  // One too few on one port and one too many on another: by their sum nobody would see it.
  b = good;
  b.of("parity").emitted[0].records -= 1;
  b.of("parity").emitted[1].records += 1;
  CHECK_THAT(b.audited(), Contains("parity[0]") && Contains("emitted on port"));
}

TEST_CASE("a batch lost or made up in a channel is found, and the receiver is named", "[runtime][ledger]") {
  books b = split_and_route(false);
  const books good = b;
  std::size_t tried = 0;
  for (const graph::planned_channel& channel : good.plan().channels) {
    const graph::planned_instance& to = good.plan().instances[channel.to];
    for (const int change : {-1, 1}) {
      b = good;
      // The receiver's own books are made to agree, so that only the channel can tell.
      instance_counters& its = b.counters[to.id];
      for (channel_counters& c : its.taken) {
        if (c.channel == channel.id) c.records += static_cast<std::uint64_t>(change);
      }
      if (to.is_router()) {
        its.gates[0].records += static_cast<std::uint64_t>(change);
        CHECK_THAT(b.audited(), Contains(to.name));
      } else {
        its.operators[0].records_in += static_cast<std::uint64_t>(change);
        its.operators[0].filtered += static_cast<std::uint64_t>(change);
        const std::string said = b.audited();
        CHECK_THAT(said, Contains("sent to it by '" + good.plan().instances[channel.from].name + "'"));
        CHECK_THAT(said, Contains(good.plan().graph.at(to.chain[0]).name + "[" + std::to_string(to.number) + "]"));
      }
      ++tried;
    }
  }
  CHECK(tried > 40);
}

TEST_CASE("a batch lost between two fused operators is found", "[runtime][ledger]") {
  books b = split_and_route(true);
  instance_counters& odd = b.of("odd+odd_sink");
  odd.operators[1].records_in -= 1;
  odd.operators[1].passed -= 1;
  CHECK_THAT(b.audited(), Contains("odd_sink[0]") && Contains("sent to it"));
}

TEST_CASE("an instance without books is a violation, not a pass", "[runtime][ledger]") {
  books b = split_and_route(false);
  b.of("labels") = instance_counters{};
  CHECK_THAT(b.audited(), Contains("labels[0]"));
}
