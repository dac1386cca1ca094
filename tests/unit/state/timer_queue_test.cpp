// The queue of timers against a set of pairs.
#include "sage/state/timer_queue.hpp"

#include <random>
#include <set>

#include "tests/catch.hpp"

using namespace sage;
using state::timer_queue;

namespace {

using pairs = std::vector<std::pair<event_time, std::uint32_t>>;

pairs fired(timer_queue& queue, event_time limit) {
  pairs all;
  std::vector<timer_queue::due_timer> due;
  while (queue.take_due(limit, due)) {
    for (const auto& each : due) all.emplace_back(each.time, each.row);
  }
  return all;
}

}  // namespace

TEST_CASE("timers fire in order of time, then of rows, each once", "[state][timers]") {
  timer_queue queue;
  queue.set(7, 2);
  queue.set(5, 9);
  queue.set(7, 1);
  queue.set(7, 2);
  queue.set(-3, 4);
  CHECK(queue.next() == -3);
  CHECK(fired(queue, 5) == pairs{{-3, 4}, {5, 9}});
  CHECK(queue.next() <= 7);
  CHECK(fired(queue, 100) == pairs{{7, 1}, {7, 2}});
  CHECK(queue.empty());
  CHECK(queue.next() == end_of_time);
}

TEST_CASE("a timer that was deleted does not fire, one that was set again does", "[state][timers]") {
  timer_queue queue;
  queue.set(5, 1);
  queue.set(5, 2);
  queue.erase(5, 1);
  queue.erase(6, 3);
  queue.set(6, 4);
  queue.erase(6, 4);
  queue.set(6, 4);
  CHECK(fired(queue, end_of_time) == pairs{{5, 2}, {6, 4}});
}

TEST_CASE("a timer in the past is due at once", "[state][timers]") {
  timer_queue queue;
  queue.set(100, 1);
  CHECK(fired(queue, 100) == pairs{{100, 1}});
  queue.set(3, 2);
  queue.set(150, 1);
  CHECK(fired(queue, 120) == pairs{{3, 2}});
  CHECK(fired(queue, end_of_time) == pairs{{150, 1}});
}

TEST_CASE("the queue holds few entries for a timer that is set again and again", "[state][timers]") {
  timer_queue queue;
  for (int i = 0; i < 1'000'000; ++i) queue.set(1000 + i % 10, static_cast<std::size_t>(i % 100));
  CHECK(queue.size() < 20'000);
  CHECK(fired(queue, end_of_time).size() == 100);
}

TEST_CASE("the queue does what a set does", "[state][timers]") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    const auto span = static_cast<std::int64_t>(1 + random() % 5000);
    timer_queue queue;
    std::set<std::pair<event_time, std::uint32_t>> expected;
    event_time now = -1000;
    for (int step = 0; step < 200; ++step) {
      const event_time time = now - 20 + static_cast<event_time>(random()) % span;
      const auto row = static_cast<std::uint32_t>(random() % 20);
      switch (random() % 8) {
        case 0: {
          now += static_cast<event_time>(random() % 200);
          pairs due;
          while (!expected.empty() && expected.begin()->first <= now)
            due.push_back(*expected.begin()), expected.erase(expected.begin());
          REQUIRE(fired(queue, now) == due);
          break;
        }
        case 1:
          queue.erase(time, row);
          expected.erase({time, row});
          break;
        default:
          queue.set(time, row);
          expected.emplace(time, row);
          break;
      }
    }
    REQUIRE(fired(queue, end_of_time) == pairs(expected.begin(), expected.end()));
  }
}
