// From event times to watermarks.
#include "sage/operators/watermark_tracker.hpp"

#include "tests/catch.hpp"

using sage::end_of_time;
using sage::no_event_time;
using sage::operators::watermark_rules;
using sage::operators::watermark_tracker;

namespace {

watermark_rules disorder(std::int64_t ms) {
  watermark_rules rules;
  rules.disorder_ms = ms;
  return rules;
}

}  // namespace

TEST_CASE("time ends just before the newest record less the disorder", "[operators][event_time]") {
  watermark_tracker tracker(disorder(10));
  CHECK(tracker.watermark() == no_event_time);
  tracker.on_batch(0, 100, 0);
  CHECK(tracker.watermark() == 89);
  tracker.on_batch(0, 95, 0);
  CHECK(tracker.watermark() == 89);
  tracker.on_batch(0, 101, 0);
  CHECK(tracker.watermark() == 90);
}

TEST_CASE("time never goes back, also when records are years behind or ahead", "[operators][event_time]") {
  watermark_tracker tracker(disorder(5));
  tracker.on_batch(0, -400'000'000'000, 0);
  CHECK(tracker.watermark() == -400'000'000'006);
  tracker.on_batch(0, no_event_time + 1, 0);
  CHECK(tracker.watermark() == -400'000'000'006);
  tracker.on_batch(0, end_of_time, 0);
  CHECK(tracker.watermark() == end_of_time - 6);
}

TEST_CASE("disorder below the first time there is leaves nothing known", "[operators][event_time]") {
  watermark_tracker tracker(disorder(100));
  tracker.on_batch(0, no_event_time + 3, 0);
  CHECK(tracker.watermark() == no_event_time);
}

TEST_CASE("of several splits that are read, the one furthest behind counts", "[operators][event_time]") {
  watermark_tracker tracker(disorder(0));
  tracker.on_split(3, true, 0);
  tracker.on_split(4, true, 0);
  tracker.on_batch(3, 100, 0);
  CHECK(tracker.watermark() == no_event_time);
  tracker.on_batch(4, 20, 0);
  CHECK(tracker.watermark() == 19);
  tracker.on_batch(4, 70, 0);
  CHECK(tracker.watermark() == 69);
  tracker.on_split(4, false, 0);
  CHECK(tracker.watermark() == 99);
}

TEST_CASE("a split that begins later does not turn time back", "[operators][event_time]") {
  watermark_tracker tracker(disorder(0));
  tracker.on_split(0, true, 0);
  tracker.on_batch(0, 100, 0);
  tracker.on_split(0, false, 0);
  tracker.on_split(1, true, 0);
  tracker.on_batch(1, 40, 0);
  CHECK(tracker.watermark() == 99);
  tracker.on_batch(1, 120, 0);
  CHECK(tracker.watermark() == 119);
}

TEST_CASE("one wrong clock moves time on by no more than allowed, and is counted", "[operators][event_time]") {
  watermark_rules rules = disorder(0);
  rules.advance_ms_max = 60;
  watermark_tracker tracker(rules);
  tracker.on_batch(0, 1000, 0);
  CHECK(tracker.jumps() == 0);
  tracker.on_batch(0, 999'999'999, 0);
  CHECK(tracker.watermark() == 1059);
  CHECK(tracker.jumps() == 1);
  tracker.on_batch(0, 1070, 0);
  CHECK(tracker.watermark() == 1069);
  CHECK(tracker.jumps() == 1);
}

TEST_CASE("who is silent for too long is idle until it speaks again", "[operators][event_time]") {
  watermark_rules rules = disorder(0);
  rules.idle_after = 500;
  watermark_tracker tracker(rules);
  CHECK_FALSE(tracker.wake_at());
  tracker.on_batch(0, 10, 1000);
  CHECK(tracker.wake_at() == 1500);
  tracker.on_time(1499);
  CHECK_FALSE(tracker.is_idle());
  tracker.on_time(1500);
  CHECK(tracker.is_idle());
  CHECK_FALSE(tracker.wake_at());
  tracker.on_batch(0, 11, 2000);
  CHECK_FALSE(tracker.is_idle());
  CHECK(tracker.wake_at() == 2500);
}
