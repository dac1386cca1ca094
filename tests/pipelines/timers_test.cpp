// Timers in whole pipelines, on every engine.
#include <chrono>
#include <map>

#include "sage/sage.hpp"
#include "tests/pipelines/engines.hpp"

using namespace sage;
using namespace std::chrono_literals;

namespace {

struct click {
  int user = 0;
  event_time at = 0;
};
SAGE_DESCRIBE(click, user, at)

using visit = std::pair<int, int>;  // user, clicks

// Clicks of a user that are at most 20 ms apart are one visit.
struct sessions {
  value_state<int> clicks;
  value_state<event_time> last;
  timer_service* timers = nullptr;
  void open(context& self) {
    clicks = value_state<int>(self, "clicks");
    last = value_state<event_time>(self, "last");
    timers = &self.timers();
  }
  void operator()(const click& c, collector<visit>& out) {
    if (last.has_value()) timers->delete_event_time(*last.get() + 20);
    // Watermarks come between batches: a gap may be seen by a record before its timer fires.
    if (last.has_value() && c.at > *last.get() + 20) tell(c.user, out);
    clicks.set(clicks.value_or(0) + 1);
    last.set(std::max(last.value_or(c.at), c.at));
    timers->at_event_time(*last.get() + 20);
  }
  void on_timer(const int& user, const timer&, collector<visit>& out) { tell(user, out); }
  void tell(int user, collector<visit>& out) {
    out.push({user, *clicks.get()});
    clicks.clear();
    last.clear();
  }
};

}  // namespace

TEST_CASE("a process with timers cuts a stream into visits", "[pipeline][timers]") {
  std::vector<click> clicks;
  for (int i = 0; i < 2000; ++i) {
    const int user = i * 7 % 13;
    if (i / 100 % 3 == user % 3) clicks.push_back({user, i});
  }
  std::map<int, std::vector<event_time>> by_user;
  for (const click& c : clicks) by_user[c.user].push_back(c.at);
  std::vector<visit> expected;
  for (const auto& [user, times] : by_user) {
    int count = 0;
    for (std::size_t i = 0; i < times.size(); ++i) {
      ++count;
      if (i + 1 == times.size() || times[i + 1] - times[i] > 20) {
        expected.emplace_back(user, count);
        count = 0;
      }
    }
  }
  std::sort(expected.begin(), expected.end());
  REQUIRE(expected.size() > 20);
  test::on_every_engine([&](environment& env) {
    collected<visit> out;
    env.from_source(collection(clicks))
        .assign_timestamps(&click::at, monotonic())
        .key_by(&click::user)
        .process(sessions{})
        .sink(collect_into(out));
    env.execute("visits");
    REQUIRE(test::sorted(out) == expected);
  });
}
