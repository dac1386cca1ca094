// Credit, windows, order and coalescing of the sending end of an edge.
#include "sage/runtime/output_gate.hpp"

#include <map>
#include <random>

#include "tests/unit/runtime/plans.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::runtime;
using sage::test::count_of;
using sage::test::numbers_batch;
using sage::test::sent_over;

namespace {

flow_settings window_of(std::uint32_t batches, std::int64_t bytes = 1 << 20) {
  flow_settings settings;
  settings.window_batches = batches;
  settings.window_bytes = bytes;
  return settings;
}

output_gate make_gate(routing::partitioning kind, std::size_t channels, const flow_settings& settings,
                      std::size_t batch_size = 4) {
  routing::partitioner_spec spec;
  spec.kind = kind;
  spec.chooser = [](const batch_base& records, std::uint32_t instances, std::uint32_t* targets) {
    for (const int x : static_cast<const batch<int>&>(records))
      *targets++ = static_cast<std::uint32_t>(x) % instances;
  };
  std::vector<channel_id> ids;
  for (std::size_t i = 0; i < channels; ++i) ids.push_back(static_cast<channel_id>(10 + i));
  return {routing::make_partitioner(spec, static_cast<std::uint32_t>(channels), 0), ids, batch_size, settings};
}

}  // namespace

TEST_CASE("a gate without credit keeps what it is given, in order, until credit comes", "[runtime][credit]") {
  auto gate = make_gate(routing::partitioning::forward, 1, window_of(2));
  effects out;
  for (int i = 0; i < 4; ++i) gate.push(numbers_batch(i * 4, 4), 100 + i, out);
  CHECK(sent_over(out, 10) == std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7});
  CHECK_FALSE(gate.is_ready());
  CHECK_FALSE(gate.is_empty());
  CHECK(gate.blocked_since() == 102);
  out.clear();
  gate.on_credit(10, 1, 16, 200, out);
  CHECK(sent_over(out, 10) == std::vector<int>{8, 9, 10, 11});
  CHECK_FALSE(gate.is_ready());
  out.clear();
  gate.on_credit(10, 2, 32, 300, out);
  CHECK(sent_over(out, 10) == std::vector<int>{12, 13, 14, 15});
  CHECK(gate.is_ready());
  CHECK(gate.is_empty());
  CHECK(gate.blocked_since() == 0);
}

TEST_CASE("the window of bytes holds back, but one record of any size passes", "[runtime][credit]") {
  auto gate = make_gate(routing::partitioning::forward, 1, window_of(8, 64), 1);
  effects out;
  gate.push(test::texts_batch({std::string(10'000, 'x')}), 0, out);
  CHECK(count_of(out, effect::kind::send) == 1);
  CHECK(out.front().bytes >= 10'000);
  gate.push(test::texts_batch({"y"}), 0, out);
  CHECK(count_of(out, effect::kind::send) == 1);
  CHECK_FALSE(gate.is_ready());
  const std::int64_t charged = out.front().bytes;
  gate.on_credit(10, 1, charged, 0, out);
  CHECK(count_of(out, effect::kind::send) == 2);
  CHECK(gate.is_ready());
}

TEST_CASE("small batches are gathered, and leave when there is nothing more to do", "[runtime][gate]") {
  auto gate = make_gate(routing::partitioning::forward, 1, window_of(8), 16);
  effects out;
  for (int i = 0; i < 5; ++i) gate.push(numbers_batch(i * 3, 3), 0, out);
  CHECK(out.empty());
  CHECK(gate.is_ready());
  CHECK_FALSE(gate.is_empty());
  gate.push(numbers_batch(15, 3), 0, out);  // 18 > 16: the gathered 15 leave
  CHECK(sent_over(out, 10).size() == 15);
  gate.flush(0, out);
  CHECK(count_of(out, effect::kind::send) == 2);
  CHECK(sent_over(out, 10).back() == 17);
  CHECK(gate.is_empty());
}

TEST_CASE("a large batch does not overtake the small ones before it", "[runtime][gate]") {
  auto gate = make_gate(routing::partitioning::forward, 1, window_of(8), 16);
  effects out;
  gate.push(numbers_batch(0, 2), 0, out);
  gate.push(numbers_batch(2, 14), 0, out);
  CHECK(count_of(out, effect::kind::send) == 2);
  const std::vector<int> all = sent_over(out, 10);
  CHECK(std::is_sorted(all.begin(), all.end()));
  CHECK(all.size() == 16);
}

TEST_CASE("a shared batch travels as it is", "[runtime][gate]") {
  auto gate = make_gate(routing::partitioning::broadcast, 3, window_of(8), 1024);
  effects out;
  gate.push(numbers_batch(0, 2), 0, out);
  CHECK(count_of(out, effect::kind::send) == 3);  // filling it up would copy records
  gate.flush(0, out);
  for (const channel_id channel : {10u, 11u, 12u}) CHECK(sent_over(out, channel) == std::vector<int>{0, 1});
  CHECK(gate.counters().records == 2);
  for (const channel_counters& c : gate.counters().sent) CHECK(c.records == 2);
}

TEST_CASE("a gate ends every channel, and only when it is empty", "[runtime][gate]") {
  auto gate = make_gate(routing::partitioning::rebalance, 2, window_of(1));
  effects out;
  gate.push(numbers_batch(0, 4), 0, out);
  gate.push(numbers_batch(4, 4), 0, out);
  gate.push(numbers_batch(8, 4), 0, out);
  CHECK_THROWS_AS(gate.end(out), sage::error);
  gate.on_credit(10, 1, 16, 0, out);
  out.clear();
  gate.end(out);
  CHECK(count_of(out, effect::kind::send_end) == 2);
  CHECK(gate.has_channel(11));
  CHECK_FALSE(gate.has_channel(12));
}

// Random pushes, credits and flushes against the laws: credit is conserved, windows hold, order is kept per channel,
// nothing is lost or made up.
TEST_CASE("credit is conserved whatever happens", "[runtime][credit][property]") {
  test::for_each_seed(300, [](std::mt19937_64& random) {
    const auto draw = [&random](std::uint64_t bound) { return random() % bound; };
    static constexpr routing::partitioning kinds[] = {
        routing::partitioning::forward, routing::partitioning::rebalance, routing::partitioning::broadcast,
        routing::partitioning::custom};
    const auto kind = kinds[draw(4)];
    const std::size_t channels = kind == routing::partitioning::forward ? 1 : 1 + draw(4);
    const auto settings =
        window_of(static_cast<std::uint32_t>(1 + draw(4)), static_cast<std::int64_t>(8 + draw(200)));
    const std::size_t batch_size = 1 + draw(20);
    auto gate = make_gate(kind, channels, settings, batch_size);
    struct in_flight {
      std::uint32_t batches = 0;
      std::int64_t bytes = 0;
    };
    std::map<channel_id, in_flight> flying;
    std::map<channel_id, std::vector<int>> arrived;
    effects out;
    const auto deliver = [&] {
      for (const effect& e : out) {
        in_flight& f = flying[e.channel];
        // What lets a batch go is that some byte credit is left, so only the last one may exceed the window.
        REQUIRE(f.bytes < settings.window_bytes);
        ++f.batches;
        f.bytes += e.bytes;
        REQUIRE(f.batches <= settings.window_batches);
        for (const int x : batch_cast<int>(*e.records)) arrived[e.channel].push_back(x);
      }
      out.clear();
    };
    int next = 0;
    const auto grant = [&](channel_id channel) {
      in_flight& f = flying[channel];
      if (f.batches == 0) return;
      const in_flight all = std::exchange(f, {});
      gate.on_credit(channel, all.batches, all.bytes, 0, out);
    };
    for (int step = 0; step < 200; ++step) {
      switch (draw(4)) {
        case 0:
        case 1: {
          const std::size_t count = 1 + draw(2 * batch_size);
          gate.push(numbers_batch(next, count), 0, out);
          next += static_cast<int>(count);
          break;
        }
        case 2: grant(static_cast<channel_id>(10 + draw(channels))); break;
        case 3: gate.flush(0, out); break;
      }
      deliver();
    }
    for (int round = 0; !gate.is_empty(); ++round) {
      REQUIRE(round < 10'000);
      for (std::size_t i = 0; i < channels; ++i) grant(static_cast<channel_id>(10 + i));
      gate.flush(0, out);
      deliver();
    }
    std::size_t total = 0;
    for (const auto& [channel, all] : arrived) {
      total += all.size();
      CHECK(std::is_sorted(all.begin(), all.end()));
    }
    const std::size_t copies = kind == routing::partitioning::broadcast ? channels : 1;
    CHECK(total == static_cast<std::size_t>(next) * copies);
    CHECK(gate.counters().records == static_cast<std::uint64_t>(next));
  });
}
