// One instance, event by event.
#include "sage/runtime/instance.hpp"

#include <stdexcept>

#include "tests/repeat_operator.hpp"
#include "tests/unit/runtime/plans.hpp"

using namespace sage;
using namespace sage::runtime;
using sage::test::count_of;
using sage::test::numbers_batch;
using sage::test::sent_over;

namespace {

// An instance of one operator between the channels 0, 1 and 7, or of one source before channel 7.
class instance_under_test {
 public:
  explicit instance_under_test(operators::operator_ptr logic, flow_settings settings = narrow())
      : settings_(settings) {
    chained_operator one;
    one.logic = std::move(logic);
    make(std::move(one), {0, 1});
  }
  explicit instance_under_test(const testing::scripted_source<int>& source) : settings_(narrow()) {
    chained_operator one;
    one.source = std::make_unique<operators::source_operator<int>>(source.make_reader());
    make(std::move(one), {});
  }

  static flow_settings narrow() {
    flow_settings settings;
    settings.window_batches = 4;
    return settings;
  }
  instance_under_test& started() {
    it->open(out);
    it->start(out);
    out.clear();
    return *this;
  }
  void give(channel_id channel, int first, std::size_t count) {
    it->on_batch(channel, numbers_batch(first, count), 4 * static_cast<std::int64_t>(count), time.now());
  }
  std::size_t run(bool input_waits = false) {
    std::size_t activations = 1;
    while (it->run(input_waits, out)) ++activations;
    return activations;
  }

  testing::manual_clock time;
  effects out;
  std::shared_ptr<metrics_slot> metrics = std::make_shared<metrics_slot>();
  std::unique_ptr<instance> it;

 private:
  void make(chained_operator one, std::vector<channel_id> inputs) {
    one.self = std::make_unique<context>("job", "op", 0, 1, 8, time, test::pool(), 1);
    instance_parts parts;
    parts.name = "op[0]";
    parts.operators.push_back(std::move(one));
    parts.bindings.push_back({0, 0, 0});
    parts.gates.push_back(
        std::make_unique<output_gate>(routing::make_partitioner({}, 1, 0), std::vector<channel_id>{7}, 8, settings_));
    parts.inputs = std::move(inputs);
    parts.metrics = metrics;
    it = std::make_unique<instance>(std::move(parts), time, settings_);
  }
  flow_settings settings_;
};

operators::operator_ptr doubling() {
  return testing::declared<int>([](auto in) { return in.map([](int x) { return 2 * x; }); })();
}

}  // namespace

TEST_CASE("an instance works from opened to closed", "[runtime][instance]") {
  instance_under_test i(doubling());
  i.it->open(i.out);
  CHECK(count_of(i.out, effect::kind::opened) == 1);
  CHECK_FALSE(i.it->run(false, i.out));  // not before it was started
  i.it->start(i.out);
  i.give(0, 1, 3);
  i.give(1, 10, 2);
  i.run();
  CHECK(sent_over(i.out, 7) == std::vector<int>{2, 4, 6, 20, 22});
  i.it->on_end(0);
  i.it->on_end(0);
  i.run();
  CHECK(count_of(i.out, effect::kind::finished) == 0);
  i.it->on_end(1);
  i.run();
  CHECK(count_of(i.out, effect::kind::send_end) == 1);
  CHECK(count_of(i.out, effect::kind::finished) == 1);
  i.it->commit(i.out);
  CHECK(count_of(i.out, effect::kind::closed) == 1);
  CHECK(i.it->is_over());
  i.it->commit(i.out);
  i.it->abort(i.out);
  CHECK(count_of(i.out, effect::kind::closed) == 1);
  const instance_counters books = i.metrics->read();
  CHECK(books.operators[0].records_in == 5);
  CHECK(books.taken[0].records == 3);
  CHECK(books.taken[1].records == 2);
  CHECK(books.gates[0].sent[0].records == 5);
  CHECK(books.emitted[0].records == 5);
}

TEST_CASE("credit is given back after the work, in halves, and all of it", "[runtime][instance][credit]") {
  instance_under_test i(testing::declared<int>([](auto in) { return in.filter([](int) { return false; }); })());
  i.started();
  std::uint32_t granted = 0;
  std::int64_t bytes = 0;
  for (int batch = 0; batch < 10; ++batch) {
    i.give(0, 0, 5);
    CHECK(count_of(i.out, effect::kind::grant) == 0);  // not before it was processed
    i.run();
    for (const effect& e : i.out) {
      granted += e.batches;
      bytes += e.bytes;
      CHECK(e.batches == 2);  // half of the window of 4
    }
    i.out.clear();
  }
  CHECK(granted == 10);
  CHECK(bytes == 10 * 5 * 4);
}

TEST_CASE("more batches than the windows allow are a broken invariant", "[runtime][instance][credit]") {
  instance_under_test i(doubling());
  i.started();
  for (int batch = 0; batch < 8; ++batch) i.give(static_cast<channel_id>(batch % 2), 0, 1);
  CHECK_THROWS_AS(i.give(0, 0, 1), error);
}

TEST_CASE("without output credit the input waits, and goes on when credit comes", "[runtime][instance][credit]") {
  instance_under_test i(std::make_unique<test::repeat_operator>(16));
  i.started();
  i.give(0, 1, 4);  // 8 batches of 8 behind a window of 4
  i.run();
  CHECK(sent_over(i.out, 7).size() == 32);
  i.give(0, 5, 1);
  i.run();
  CHECK(sent_over(i.out, 7).size() == 32);
  CHECK(i.it->queued() == 1);
  i.it->on_end(0);
  i.it->on_end(1);
  while (count_of(i.out, effect::kind::finished) == 0) {
    i.it->on_credit(7, 1, 64, i.out);
    i.run();
    REQUIRE(i.out.size() < 100);
  }
  CHECK(sent_over(i.out, 7).size() == 5 * 16);
}

TEST_CASE("part-filled batches wait for more input only while there is some", "[runtime][instance]") {
  flow_settings settings = instance_under_test::narrow();
  instance_under_test i(doubling(), settings);
  i.started();
  i.give(0, 1, 1);
  i.run(true);
  CHECK(count_of(i.out, effect::kind::send) == 0);
  i.run(false);
  CHECK(sent_over(i.out, 7) == std::vector<int>{2});
}

TEST_CASE("an activation ends after so many records", "[runtime][instance]") {
  flow_settings settings = instance_under_test::narrow();
  settings.activation_records_max = 10;
  instance_under_test i(testing::declared<int>([](auto in) { return in.filter([](int) { return false; }); })(),
                        settings);
  i.started();
  for (int batch = 0; batch < 4; ++batch) i.give(0, 0, 6);
  CHECK(i.it->run(false, i.out));
  CHECK(i.it->queued() == 2);
  CHECK(i.run() == 2);
}

TEST_CASE("a function that throws fails the instance with its place, once", "[runtime][instance]") {
  instance_under_test i(testing::declared<int>(
      [](auto in) { return in.map([](int x) { return x == 2 ? throw std::runtime_error("two") : x; }); })());
  i.started();
  i.give(0, 2, 1);
  i.run();
  REQUIRE(count_of(i.out, effect::kind::failed) == 1);
  CHECK(std::string(i.out.back().problem->what()) == "op[0]: two");
  CHECK(i.it->is_over());
  i.give(0, 3, 1);
  i.it->on_credit(7, 1, 4, i.out);
  i.it->abort(i.out);
  i.run();
  CHECK(count_of(i.out, effect::kind::failed) == 1);
  CHECK(count_of(i.out, effect::kind::closed) == 0);
}

TEST_CASE("an operator that can't open fails the instance", "[runtime][instance]") {
  struct refuses {
    void open() { throw std::runtime_error("locked"); }
    int operator()(int x) { return x; }
  };
  instance_under_test i(testing::declared<int>([](auto in) { return in.map(refuses{}); })());
  i.it->open(i.out);
  REQUIRE(count_of(i.out, effect::kind::failed) == 1);
  CHECK(i.out.back().problem->code() == errc::user_function);
  i.it->start(i.out);
  CHECK(i.run() == 1);
}

// The retry timer was not asked for again when the clock said the same as before: an instance on virtual time, or
// with a back-off of zero on a coarse clock, waited for ever.
TEST_CASE("every retry asks for its timer, also at the same moment", "[runtime][instance][regression]") {
  int calls = 0;
  instance_under_test i(testing::declared<int>([&calls](auto in) {
    return in.map([&calls](int x) { return ++calls < 4 ? throw std::runtime_error("not yet") : x; })
        .on_error(retry(9));
  })());
  i.started();
  i.give(0, 1, 1);
  std::size_t timers = 0;
  for (; count_of(i.out, effect::kind::send) == 0; ++timers) {
    REQUIRE(timers < 10);
    i.out.clear();
    i.run();
    if (count_of(i.out, effect::kind::send) > 0) break;
    REQUIRE(count_of(i.out, effect::kind::set_timer) == 1);
    CHECK(i.out.back().at == i.time.now());
    i.it->on_wake();
  }
  CHECK(timers > 0);
  CHECK(calls == 4);
  CHECK(sent_over(i.out, 7) == std::vector<int>{1});
}

TEST_CASE("a source asks for splits, idles, wakes and ends", "[runtime][instance]") {
  testing::scripted_source<int> source;
  source.emit({1, 2, 3});
  instance_under_test i(source);
  i.started();
  i.run();
  CHECK(count_of(i.out, effect::kind::request_split) == 1);
  i.run();
  CHECK(count_of(i.out, effect::kind::request_split) == 1);  // one question at a time
  i.it->on_split(split_position{{"script", 0, 0, 0}, 0, {}});
  i.run();
  CHECK(sent_over(i.out, 7) == std::vector<int>{1, 2, 3});
  CHECK(source.is_idle());
  source.emit({4}).end();
  i.run();
  CHECK(sent_over(i.out, 7).size() == 3);  // idle until it is woken
  i.it->on_wake();
  i.run();
  CHECK(sent_over(i.out, 7).back() == 4);
  CHECK(count_of(i.out, effect::kind::request_split) == 2);
  i.it->on_split(std::nullopt);
  i.run();
  CHECK(count_of(i.out, effect::kind::finished) == 1);
}

// Credit in the mailbox at the wrong moment kept the last record of a slow source back, until the next one came.
TEST_CASE("what an idle source has brought leaves, whatever else waits", "[runtime][instance][regression]") {
  testing::scripted_source<int> source;
  source.emit({1});
  instance_under_test i(source);
  i.started();
  i.run();
  i.it->on_split(split_position{{"script", 0, 0, 0}, 0, {}});
  i.run(true);
  CHECK(sent_over(i.out, 7) == std::vector<int>{1});
}

TEST_CASE("a draining source reads no further", "[runtime][instance]") {
  testing::scripted_source<int> source;
  source.emit({1}).emit({2});
  instance_under_test i(source);
  i.started();
  i.run();
  i.it->drain();
  i.it->on_split(split_position{{"script", 0, 0, 0}, 0, {}});
  i.run();
  CHECK(sent_over(i.out, 7).empty());
  CHECK(count_of(i.out, effect::kind::finished) == 1);
}

TEST_CASE("an aborted instance forgets what waits and closes", "[runtime][instance]") {
  instance_under_test i(doubling());
  i.started();
  i.give(0, 1, 3);
  i.it->abort(i.out);
  CHECK(i.it->queued() == 0);
  CHECK(count_of(i.out, effect::kind::closed) == 1);
  i.run();
  CHECK(count_of(i.out, effect::kind::send) == 0);
}
