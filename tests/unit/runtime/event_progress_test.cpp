// How event time travels: through a gate, over channels, into an instance.
#include "sage/runtime/instance.hpp"
#include "tests/unit/runtime/plans.hpp"

using namespace sage;
using namespace sage::runtime;
using sage::test::count_of;
using sage::test::numbers_batch;

namespace {

constexpr nanoseconds long_enough = 20'000'000;

flow_settings narrow(std::uint32_t batches = 4) {
  flow_settings settings;
  settings.window_batches = batches;
  return settings;
}

output_gate gate_to(std::size_t channels, std::uint32_t window = 4) {
  routing::partitioner_spec spec;
  spec.kind = routing::partitioning::custom;
  spec.chooser = [](const batch_base& records, std::uint32_t instances, std::uint32_t* targets) {
    for (const int x : static_cast<const batch<int>&>(records)) {
      *targets++ = static_cast<std::uint32_t>(x) % instances;
    }
  };
  std::vector<channel_id> ids;
  for (std::size_t i = 0; i < channels; ++i) ids.push_back(static_cast<channel_id>(i));
  return {routing::make_partitioner(spec, static_cast<std::uint32_t>(channels), 0), ids, 8, narrow(window)};
}

// What is said of time on a channel, in order; records are "r".
std::string told(const effects& out, channel_id channel) {
  std::string text;
  for (const effect& e : out) {
    if (e.channel != channel) continue;
    if (e.what == effect::kind::send) {
      text += "r";
      if (e.watermark != no_event_time) text += std::to_string(e.watermark);
      text += " ";
    }
    if (e.what == effect::kind::send_progress) {
      text += "W" + std::to_string(e.watermark) + (e.idle ? "idle " : " ");
    }
  }
  return text;
}

// An instance that tells what it is told of time, with the channels 0 and 1 in front and 7 behind.
struct instance_under_test {
  instance_under_test() {
    chained_operator one;
    one.logic = testing::declared<int>([](auto in) { return in.map([](int x) { return x; }); })();
    one.self = std::make_unique<context>("job", "op", 0, 1, 8, time, test::pool(), 1);
    instance_parts parts;
    parts.name = "op[0]";
    parts.operators.push_back(std::move(one));
    parts.bindings.push_back({0, 0, 0});
    parts.gates.push_back(
        std::make_unique<output_gate>(routing::make_partitioner({}, 1, 0), std::vector<channel_id>{7}, 8, narrow()));
    parts.inputs = {0, 1};
    parts.metrics = std::make_shared<metrics_slot>();
    it = std::make_unique<instance>(std::move(parts), time, narrow());
    it->open(out);
    it->start(out);
    out.clear();
  }
  std::string run() {
    while (it->run(false, out)) {
    }
    const std::string text = told(out, 7);
    // What was sent by itself is acknowledged at once.
    if (count_of(out, effect::kind::send_progress) > 0) it->on_credit(7, 0, 0, out);
    out.clear();
    return text;
  }

  testing::manual_clock time;
  effects out;
  std::unique_ptr<instance> it;
};

}  // namespace

TEST_CASE("a watermark leaves with the next complete batch of each channel", "[runtime][event_time]") {
  auto gate = gate_to(2);
  effects out;
  gate.push(numbers_batch(0, 4), 0, out);  // two records for each channel, part-filled batches
  gate.on_progress(50, false);
  gate.push(numbers_batch(0, 14), 0, out);
  CHECK(told(out, 0) == "r50 ");
  CHECK(told(out, 1) == "r50 ");
}

TEST_CASE("time travels by itself where no records are under way", "[runtime][event_time]") {
  auto gate = gate_to(2);
  effects out;
  gate.on_progress(50, false);
  gate.send_progress(0, out);
  CHECK(told(out, 0) == "W50 ");
  CHECK(told(out, 1) == "W50 ");
}

TEST_CASE("of time under way by itself there is one message per channel, then the newest", "[runtime][event_time]") {
  auto gate = gate_to(1);
  effects out;
  for (event_time t = 1; t <= 100; ++t) {
    gate.on_progress(t, false);
    gate.flush(0, out);
  }
  CHECK(told(out, 0) == "W1 ");
  gate.on_credit(0, 0, 0, 0, out);
  gate.flush(0, out);
  CHECK(told(out, 0) == "W1 W100 ");
}

TEST_CASE("time waits behind records that have no credit", "[runtime][event_time]") {
  auto gate = gate_to(1, 1);
  effects out;
  gate.push(numbers_batch(0, 8), 0, out);
  gate.push(numbers_batch(0, 8), 0, out);
  gate.on_progress(9, false);
  gate.flush(0, out);
  CHECK(told(out, 0) == "r ");
  gate.on_credit(0, 1, 32, 0, out);
  gate.flush(0, out);
  CHECK(told(out, 0) == "r r W9 ");
}

TEST_CASE("a part-filled batch holds time back for a while, not for ever", "[runtime][event_time]") {
  auto gate = gate_to(2);
  effects out;
  gate.push(numbers_batch(0, 1), 0, out);
  gate.on_progress(9, false);
  gate.send_progress(1'000'000, out);
  CHECK(told(out, 0).empty());
  CHECK(told(out, 1) == "W9 ");
  gate.send_progress(1'000'000 + long_enough, out);
  CHECK(told(out, 0) == "r9 ");
}

TEST_CASE("time is the smallest of what the inputs say", "[runtime][event_time]") {
  instance_under_test i;
  i.it->on_progress(0, 100, false);
  CHECK(i.run().empty());
  i.it->on_progress(1, 40, false);
  CHECK(i.run() == "W40 ");
  i.it->on_batch(1, numbers_batch(1, 1), 4, 0, 60);
  CHECK(i.run() == "r60 ");
  i.it->on_progress(1, 300, false);
  CHECK(i.run() == "W100 ");
}

TEST_CASE("an input that has ended does not hold time back, once its records are through", "[runtime][event_time]") {
  instance_under_test i;
  i.it->on_progress(0, 100, false);
  i.it->on_batch(1, numbers_batch(1, 1), 4, 0, 10);
  i.it->on_end(1);
  CHECK(i.run() == "r100 ");
}

TEST_CASE("an input that is idle does not hold time back, and does again when it speaks", "[runtime][event_time]") {
  instance_under_test i;
  i.it->on_progress(0, 100, false);
  i.it->on_progress(1, 10, true);
  CHECK(i.run() == "W100 ");
  i.it->on_batch(1, numbers_batch(1, 1), 4, 0);
  i.it->on_progress(0, 200, false);
  CHECK(i.run() == "r100 ");
  i.it->on_progress(1, 150, false);
  CHECK(i.run() == "W150 ");
}

TEST_CASE("when all inputs are idle or ended, those behind hear that nothing is to be expected",
          "[runtime][event_time]") {
  instance_under_test i;
  i.it->on_progress(0, 100, true);
  i.it->on_end(1);
  const std::string text = i.run();
  CHECK(text.find("idle") != std::string::npos);
}

TEST_CASE("progress is acknowledged when it was taken in", "[runtime][event_time]") {
  instance_under_test i;
  i.it->on_progress(0, 100, false);
  while (i.it->run(false, i.out)) {
  }
  REQUIRE(count_of(i.out, effect::kind::grant) == 1);
  CHECK(i.out.front().channel == 0);
  CHECK(i.out.front().batches == 0);
}
