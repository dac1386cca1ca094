// assign_timestamps: the column, the policy, the watermark behind it.
#include "sage/operators/timestamps.hpp"

#include <chrono>
#include <stdexcept>

#include "sage/testing.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::testing::declared;
using sage::testing::operator_harness;
using sage::testing::run_script;

namespace {

auto by_value(watermark_strategy strategy) {
  return declared<int>([=](auto in) { return in.assign_timestamps([](int x) { return x; }, strategy); });
}

}  // namespace

TEST_CASE("records get the time that is extracted from them", "[operators][event_time]") {
  operator_harness<int> h(by_value(bounded_out_of_orderness(5ms)));
  CHECK(run_script(h, "10 7 12 / 3") == std::vector{10, 7, 12, 3});
  CHECK(h.times() == std::vector<event_time>{10, 7, 12, 3});
  CHECK(h.watermark() == 6);
}

TEST_CASE("a point of the system clock is a time too", "[operators][event_time]") {
  operator_harness<int> h(declared<int>([](auto in) {
    return in.assign_timestamps([](int s) { return std::chrono::system_clock::time_point(std::chrono::seconds(s)); },
                                monotonic());
  }));
  run_script(h, "2 -1");
  CHECK(h.times() == std::vector<event_time>{2000, -1000});
}

TEST_CASE("a batch that others hold is copied for its times", "[operators][event_time]") {
  operator_harness<int> h(by_value(monotonic()));
  h.feed_shared({1, 2, 3});
  CHECK(h.records() == std::vector{1, 2, 3});
  CHECK(h.times() == std::vector<event_time>{1, 2, 3});
}

TEST_CASE("a record whose time can't be extracted follows the policy and moves no time", "[operators][event_time]") {
  operator_harness<int> h(declared<int>([](auto in) {
    return in
        .assign_timestamps([](int x) { return x % 5 == 0 ? throw std::runtime_error("no time") : x; }, monotonic())
        .on_error(drop);
  }));
  CHECK(run_script(h, "1 500 2") == std::vector{1, 2});
  CHECK(h.times() == std::vector<event_time>{1, 2});
  CHECK(h.fates().dropped == 1);
  CHECK(h.watermark() == 1);
}

TEST_CASE("a generator of the user is told of every record and asked behind every batch", "[operators][event_time]") {
  struct marked {
    event_time mark = no_event_time;
    void on_record(int x, event_time time) {
      if (x < 0) mark = std::max(mark, -time);
    }
    event_time watermark() const { return mark; }
  };
  operator_harness<int> h(
      declared<int>([](auto in) { return in.assign_timestamps([](int x) { return x; }, marked{}); }));
  run_script(h, "5 6");
  CHECK(h.watermark() == no_event_time);
  run_script(h, "7 -4 8");
  CHECK(h.watermark() == 4);
}

TEST_CASE("an idle source is noticed by the clock", "[operators][event_time]") {
  operator_harness<int> h(by_value(monotonic().idle_after(1s)));
  h.feed({5});
  REQUIRE(h.core().wake_at());
  CHECK_FALSE(h.core().has_news());
  h.time().advance_to(*h.core().wake_at());
  CHECK(h.core().has_news());
  CHECK(h.wake() == operators::flow::done);
  CHECK(h.core().is_idle());
  h.feed({6});
  CHECK_FALSE(h.core().is_idle());
}

TEST_CASE("map, filter and flat_map hand event times on", "[operators][event_time]") {
  const auto times_behind = [](auto declare, const char* script) {
    operator_harness<int> h(declared<int>(declare));
    run_script(h, script);
    return h.times();
  };
  using times = std::vector<event_time>;
  CHECK(times_behind([](auto in) { return in.map([](int x) { return x + 1; }); }, "1@10 2@20") == times{10, 20});
  CHECK(times_behind([](auto in) { return in.filter([](int x) { return x != 2; }); }, "1@10 2@20 3@30") ==
        times{10, 30});
  CHECK(times_behind([](auto in) { return in.flat_map([](int x) { return std::vector<int>(x, x); }); },
                     "2@10 0@20 1@30") == times{10, 10, 30});
  CHECK(times_behind([](auto in) { return in.map([](int, context& self) { return int(self.timestamp()); }); },
                     "1@10 2@20") == times{10, 20});
  CHECK(times_behind([](auto in) { return in.map([](int x) { return x; }); }, "1 2") ==
        times{no_event_time, no_event_time});
}
