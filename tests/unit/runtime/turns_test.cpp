// How an instance spends its turns: slow records are handled in parts, and nothing waits for an idle source.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sage/operators/map.hpp"
#include "sage/operators/sink.hpp"
#include "sage/operators/source.hpp"
#include "sage/runtime/instance.hpp"
#include "sage/testing/manual_clock.hpp"
#include "tests/catch.hpp"

namespace {

using namespace sage;
using namespace sage::runtime;

constexpr nanoseconds millisecond = 1'000'000;

// Reads what it is told to, one call after the other.
class told_reader final : public source_reader<int> {
 public:
  explicit told_reader(std::vector<std::pair<int, read_status>>& steps) : steps_(steps) {}
  void start(const split&, std::uint64_t) override {}
  read_status read(batch<int>& into, std::size_t) override {
    const auto [records, status] = steps_.at(next_++);
    for (int i = 0; i < records; ++i) into.push_back(i);
    return status;
  }
  std::uint64_t position() const override { return next_; }

 private:
  std::vector<std::pair<int, read_status>>& steps_;
  std::size_t next_ = 0;
};

std::unique_ptr<context> make_self(const sage::clock& time, const ref<batch_pool>& pool) {
  return std::make_unique<context>("job", "op", 0, 1, 1024, time, pool, 1);
}

std::uint64_t records_sent(const effects& out) {
  std::uint64_t sum = 0;
  for (const effect& e : out) {
    if (e.what == effect::kind::send) sum += e.records->size();
  }
  return sum;
}

struct source_instance {
  explicit source_instance(std::vector<std::pair<int, read_status>> steps) : script(std::move(steps)) {
    instance_parts parts;
    parts.operators.emplace_back();
    parts.operators.back().source =
        std::make_unique<operators::source_operator<int>>(std::make_unique<told_reader>(script));
    parts.operators.back().self = make_self(time, pool);
    parts.bindings = {gate_binding{0, operators::main_port, 0}};
    parts.gates.push_back(std::make_unique<output_gate>(routing::make_partitioner({}, 1, 0),
                                                        std::vector<channel_id>{0}, 1024, settings));
    parts.metrics = std::make_shared<metrics_slot>();
    core = std::make_unique<instance>(std::move(parts), time, settings);
    core->open(out);
    core->start(out);
    core->run(false, out);
    core->on_split(split_position{{"told", 0, 0, 0}, 0, {}});
    out.clear();
  }

  sage::testing::manual_clock time;
  flow_settings settings;
  ref<batch_pool> pool = batch_pool::make();
  std::vector<std::pair<int, read_status>> script;
  std::unique_ptr<instance> core;
  effects out;
};

TEST_CASE("an idle source lets everything go, whatever else waits for its instance", "[runtime][instance]") {
  source_instance s({{3, read_status::idle}});
  CHECK_FALSE(s.core->run(true, s.out));  // true: a message, perhaps credit, waits in the mailbox
  CHECK(records_sent(s.out) == 3);
}

TEST_CASE("a short read goes out before the next read, which may block", "[runtime][instance]") {
  source_instance s(
      {{3, read_status::more}, {2, read_status::more}, {1024, read_status::more}, {0, read_status::idle}});
  CHECK_FALSE(s.core->run(true, s.out));
  std::vector<std::size_t> sizes;
  for (const effect& e : s.out) {
    if (e.what == effect::kind::send) sizes.push_back(e.records->size());
  }
  CHECK(sizes == std::vector<std::size_t>{3, 2, 1024});
}

TEST_CASE("a batch of slow records is handled in parts that fit a turn", "[runtime][instance]") {
  sage::testing::manual_clock time;
  flow_settings settings;
  settings.window_batches = 256;  // one for each part
  const auto pool = batch_pool::make();
  int handled = 0;
  const auto slow = [&time, &handled](int x) {
    ++handled;
    time.advance(millisecond);
    return x + 1;
  };
  instance_parts parts;
  parts.inputs = {0};
  parts.operators.emplace_back();
  parts.operators.back().logic =
      std::make_unique<operators::map_operator<int, int, decltype(slow)>>(slow, error_policy{});
  parts.operators.back().self = make_self(time, pool);
  parts.bindings = {gate_binding{0, operators::main_port, 0}};
  parts.gates.push_back(
      std::make_unique<output_gate>(routing::make_partitioner({}, 1, 0), std::vector<channel_id>{1}, 1024, settings));
  parts.metrics = std::make_shared<metrics_slot>();
  instance core(std::move(parts), time, settings);
  effects out;
  core.open(out);
  core.start(out);
  auto records = batch<int>::make(pool, 100);
  for (int i = 0; i < 100; ++i) records->push_back(i);
  core.on_batch(0, erase(std::move(records)), 400, time.now());

  CHECK(core.run(false, out));
  CHECK(handled <= 4);  // the first part, of which nobody knew how slow it is
  core.run(false, out);
  core.run(false, out);
  CHECK(records_sent(out) > 0);  // what is done doesn't wait for the rest of its batch
  int turns = 1;
  for (int before = handled; core.run(false, out); before = handled, ++turns) CHECK(handled - before <= 1);
  CHECK(turns > 90);
  CHECK(handled == 100);
  REQUIRE(records_sent(out) == 100);
  int next = 1;
  for (const effect& e : out) {
    if (e.what != effect::kind::send) continue;
    for (const int x : static_cast<const batch<int>&>(*e.records)) CHECK(x == next++);
  }
  CHECK(next == 101);
}

// Emits 0, 1, 2 ... when its input has ended, in one batch.
class emitting_at_end final : public operators::operator_base {
 public:
  explicit emitting_at_end(int records) : records_(records) {}
  void open(context& self) override { self_ = &self; }
  operators::flow on_batch(batch_ref, operators::output&) override { return operators::flow::done; }
  operators::flow on_end(operators::output& out) override {
    auto made = batch<int>::make(self_->pool(), static_cast<std::size_t>(records_));
    for (int i = 0; i < records_; ++i) made->push_back(i);
    out.emit(operators::main_port, erase(std::move(made)));
    return operators::flow::done;
  }

 private:
  int records_;
  context* self_ = nullptr;
};

// A sink of 1 ms a record behind `head`, in one instance.
struct slow_behind {
  explicit slow_behind(chained_operator head, std::vector<channel_id> inputs) {
    head.self = make_self(time, pool);
    instance_parts parts;
    parts.inputs = std::move(inputs);
    parts.operators.push_back(std::move(head));
    auto slow = [this](int) {
      ++handled;
      time.advance(millisecond);
    };
    parts.operators.emplace_back();
    parts.operators.back().logic =
        std::make_unique<operators::function_sink_operator<int, decltype(slow)>>(slow, error_policy{});
    parts.operators.back().self = make_self(time, pool);
    parts.metrics = std::make_shared<metrics_slot>();
    core = std::make_unique<instance>(std::move(parts), time, settings);
    core->open(out);
    core->start(out);
  }
  // Runs until there is nothing to do; a limit, so that a mistake isn't a hang.
  void run_dry() {
    for (int i = 0; i < 1000 && core->run(false, out); ++i) continue;
  }

  sage::testing::manual_clock time;
  flow_settings settings;
  ref<batch_pool> pool = batch_pool::make();
  int handled = 0;
  effects out;
  std::unique_ptr<instance> core;
};

TEST_CASE("what an operator emits at the end is handled in turns to its end", "[runtime][instance]") {
  chained_operator head;
  head.logic = std::make_unique<emitting_at_end>(100);
  slow_behind s(std::move(head), {0});
  s.core->on_end(0);
  s.run_dry();
  CHECK(s.handled == 100);
  CHECK(s.out.back().what == effect::kind::finished);
}

TEST_CASE("what a source has read before it went idle is handled in turns to its end", "[runtime][instance]") {
  std::vector<std::pair<int, read_status>> script{{100, read_status::idle}};
  chained_operator head;
  head.source = std::make_unique<operators::source_operator<int>>(std::make_unique<told_reader>(script));
  slow_behind s(std::move(head), {});
  s.run_dry();
  s.core->on_split(split_position{{"told", 0, 0, 0}, 0, {}});
  s.run_dry();
  CHECK(s.handled == 100);
}

}  // namespace
