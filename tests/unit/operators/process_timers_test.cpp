// Timers of keyed processes: when they fire, what they see, what becomes of them when something throws.
#include <chrono>
#include <stdexcept>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/both_states.hpp"

using namespace sage;
using namespace std::chrono_literals;
using sage::test::both_states;
using sage::testing::declared;
using sage::testing::harness_options;
using sage::testing::operator_harness;
using sage::testing::run_script;

namespace {

using pair = std::pair<std::string, int>;

// Sums what a key gets and tells the sum ten milliseconds of event time after the first record; a negative number
// takes the timer back.
struct delayed_sum {
  value_state<int> sum;
  value_state<event_time> due;
  timer_service* timers = nullptr;
  void open(context& self) {
    sum = value_state<int>(self, "sum");
    due = value_state<event_time>(self, "due");
    timers = &self.timers();
  }
  void operator()(const pair& p, collector<pair>& out, context& self) {
    static_cast<void>(out);
    if (!due.has_value()) {
      due.set(self.timestamp() + 10);
      timers->at_event_time(*due.get());
    }
    if (p.second < 0) timers->delete_event_time(*due.get());
    sum.set(sum.value_or(0) + p.second);
    if (p.second == 13) throw std::runtime_error("thirteen");
  }
  void on_timer(const std::string& key, const timer& at, collector<pair>& out) {
    if (key == "bad") throw std::runtime_error("no");
    out.push({key + std::to_string(at.time), sum.value_or(0)});
    sum.clear();
    due.clear();
  }
};

auto delayed(error_policy policy = fail) {
  return declared<pair>(
      [policy](auto in) { return in.key_by(&pair::first).process(delayed_sum{}).on_error(policy); });
}

}  // namespace

TEST_CASE("an event-time timer fires when the watermark has come to it", "[operators][timers]") {
  both_states<pair> h(delayed());
  CHECK(run_script(h, "a:1@5 b:2@3 a:4@9 W12").empty());
  CHECK(run_script(h, "W13") == std::vector<pair>{{"b13", 2}});
  CHECK(run_script(h, "W15") == std::vector<pair>{{"a15", 5}});
  CHECK(h.times() == std::vector<event_time>{13, 15});
}

TEST_CASE("timers fire in order of time, then of the keys' appearance, and at the end of the input",
          "[operators][timers]") {
  operator_harness<pair> h(delayed());
  CHECK(run_script(h, "c:1@5 a:1@5 b:1@4 |") == std::vector<pair>{{"b14", 1}, {"c15", 1}, {"a15", 1}});
}

TEST_CASE("a timer that was deleted does not fire", "[operators][timers]") {
  both_states<pair> h(delayed());
  CHECK(run_script(h, "a:1@5 b:1@5 a:-1@6 |") == std::vector<pair>{{"b15", 1}});
}

TEST_CASE("a call that threw has set no timer", "[operators][timers]") {
  both_states<pair> h(delayed(drop));
  CHECK(run_script(h, "a:13@5 b:1@5 W15 a:2@30 |") == std::vector<pair>{{"b15", 1}, {"a40", 2}});
  CHECK(h.fates().dropped == 1);
}

TEST_CASE("an on_timer that throws fails the job and names key and time", "[operators][timers]") {
  both_states<pair> h(delayed(drop));
  CHECK_THROWS_WITH(run_script(h, "bad:1@5 |"),
                    Catch::Contains("on_timer of key") && Catch::Contains("bad") && Catch::Contains("15: no"));
}

TEST_CASE("timers that are set while the input ends do not fire", "[operators][timers]") {
  struct forever {
    void operator()(const pair&, collector<pair>&, context& self) { self.timers().at_event_time(self.timestamp()); }
    void on_timer(const std::string& key, const timer& at, collector<pair>& out, context& self) {
      out.push({key, static_cast<int>(at.time)});
      self.timers().at_event_time(at.time + 1);
    }
  };
  both_states<pair> h(declared<pair>([](auto in) { return in.key_by(&pair::first).process(forever{}); }));
  CHECK(run_script(h, "a:0@1 W3") == std::vector<pair>{{"a", 1}, {"a", 2}, {"a", 3}});
  CHECK(run_script(h, "|") == std::vector<pair>{{"a", 4}});
}

TEST_CASE("a processing-time timer fires by the wall clock", "[operators][timers]") {
  struct reminder {
    void operator()(const pair& p, collector<pair>&, context& self) {
      self.timers().in_processing_time(std::chrono::milliseconds(p.second));
    }
    void on_timer(const std::string& key, const timer& at, collector<pair>& out) {
      out.push({key, at.kind == timer_kind::processing_time ? 1 : 0});
    }
  };
  both_states<pair> h(declared<pair>([](auto in) { return in.key_by(&pair::first).process(reminder{}); }));
  CHECK(run_script(h, "late:500 soon:100").empty());
  h.time().advance_to(h.core().wake_at().value());
  h.wake();
  CHECK(h.records() == std::vector<pair>{{"soon", 1}});
  CHECK(h.times() == std::vector<event_time>{no_event_time});
  h.time().advance_to(h.core().wake_at().value());
  h.wake();
  CHECK(h.records().back() == pair{"late", 1});
  CHECK(run_script(h, "never:100 |").empty());
}

TEST_CASE("timers go on where the output made them stop", "[operators][timers]") {
  std::string script;
  for (int i = 0; i < 30; ++i) script += "k" + std::to_string(i) + ":1@" + std::to_string(i / 7) + " ";
  both_states<pair> free(delayed(), harness_options{.batch_size = 4});
  const auto wanted = run_script(free, script + "W12 |");
  REQUIRE(wanted.size() == 30);
  both_states<pair> held_up(delayed(), harness_options{.batch_size = 4});
  held_up.refuse_all();
  CHECK(run_script(held_up, script).empty());
  held_up.advance(12);
  held_up.settle();
  held_up.end();
  held_up.settle();
  CHECK(held_up.records() == wanted);
}

TEST_CASE("there are no timers where nobody takes them", "[operators][timers]") {
  struct careless {
    void open(context& self) { static_cast<void>(self.timers()); }
    void operator()(const pair& p, collector<pair>& out) { out.push(p); }
  };
  const auto made = declared<pair>([](auto in) { return in.key_by(&pair::first).process(careless{}); });
  CHECK_THROWS_WITH(operator_harness<pair>(made), Catch::Contains("on_timer(key, timer, collector)"));
}
