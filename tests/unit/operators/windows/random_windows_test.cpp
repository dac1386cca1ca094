// Tumbling and sliding windows against a few lines that do the same by brute force, over thousands of random inputs.
#include <chrono>
#include <map>
#include <random>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::testing::declared;
using sage::testing::harness_options;
using sage::testing::operator_harness;

namespace {

using pair = std::pair<int, int>;
using summed = window_result<int, std::int64_t>;
using windows_by_key = std::map<std::pair<int, event_time>, std::int64_t>;

// What a window operator ought to do, record by record.
struct brute_force {
  std::int64_t size;
  std::int64_t slide;
  std::int64_t offset;
  std::int64_t lateness;
  windows_by_key open{};
  windows_by_key last_said{};
  std::uint64_t late = 0;
  std::uint64_t between = 0;
  event_time now = no_event_time;

  [[nodiscard]] bool is_closed(event_time start) const {
    return now != no_event_time && start + size - 1 + lateness <= now;
  }
  [[nodiscard]] bool has_spoken(event_time start) const { return now != no_event_time && start + size - 1 <= now; }

  void add(const pair& record, event_time time) {
    std::size_t windows = 0;
    std::size_t taken = 0;
    // The windows over `time` begin in (time - size, time], at offset + k x slide.
    for (event_time start = time - size + 1; start <= time; ++start) {
      if (((start - offset) % slide + slide) % slide != 0) continue;
      ++windows;
      if (is_closed(start)) continue;
      ++taken;
      std::int64_t& sum = open[{record.first, start}];
      sum += record.second;
      if (has_spoken(start)) last_said[{record.first, start}] = sum;
    }
    late += windows > 0 && taken == 0 ? 1 : 0;
    between += windows == 0 ? 1 : 0;
  }
  void advance(event_time to) {
    for (const auto& [at, sum] : open) {
      if (!has_spoken(at.second) && at.second + size - 1 <= to) last_said[at] = sum;
    }
    now = to;
  }
};

}  // namespace

TEST_CASE("windows say what brute force says, whatever the order", "[operators][windows]") {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    std::mt19937_64 random(seed);
    const auto draw = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random() % bound); };
    brute_force expected{draw(30) + 1, 0, draw(7), draw(3) == 0 ? draw(25) : 0};
    expected.slide = draw(2) == 0 ? expected.size : draw(30) + 1;
    expected.offset %= expected.slide;
    INFO("seed " << seed << ": size " << expected.size << ", slide " << expected.slide << ", offset "
                 << expected.offset << ", lateness " << expected.lateness);
    const aligned_windows windows =
        expected.slide == expected.size && draw(2) == 0
            ? tumbling(std::chrono::milliseconds(expected.size), std::chrono::milliseconds(expected.offset))
            : sliding(std::chrono::milliseconds(expected.size), std::chrono::milliseconds(expected.slide),
                      std::chrono::milliseconds(expected.offset));
    const bool spills = draw(3) == 0;
    const auto state = std::make_shared<sage::testing::memory_state>(static_cast<std::size_t>(draw(3) + 2));
    operator_harness<pair, summed> h(
        declared<pair>([&](auto in) {
          return in.key_by(&pair::first)
              .window(windows)
              .allowed_lateness(std::chrono::milliseconds(expected.lateness))
              .sum(&pair::second);
        }).spilling(spills),
        harness_options{.batch_size = static_cast<std::size_t>(draw(9) + 1), .state = spills ? state : nullptr});
    event_time now = -50;
    std::uint64_t records = 0;
    for (int step = 0; step < 30; ++step) {
      if (draw(3) == 0) {
        now += draw(20) + 1;
        h.advance(now);
        expected.advance(now);
        continue;
      }
      std::vector<pair> batch;
      std::vector<event_time> times;
      for (std::int64_t i = draw(6); i >= 0; --i) {
        batch.emplace_back(static_cast<int>(draw(4)), static_cast<int>(draw(100)));
        times.push_back(now + draw(60) - 25);
        expected.add(batch.back(), times.back());
      }
      records += batch.size();
      h.feed_timed(batch, times);
    }
    h.end();
    expected.advance(end_of_time);
    windows_by_key said;
    for (const summed& one : h.records()) {
      REQUIRE(one.end - one.start == expected.size);
      said[{one.key, one.start}] = one.value;
    }
    REQUIRE(said == expected.last_said);
    REQUIRE(h.fates().late == expected.late);
    REQUIRE(h.fates().filtered == expected.between);
    REQUIRE(h.fates().sum() == records);
  }
}
