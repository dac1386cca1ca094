// Every state of a job against every event: what the coordinator orders, and how the job ends.
#include "sage/runtime/coordinator.hpp"

#include "sage/testing/manual_clock.hpp"
#include "tests/unit/runtime/plans.hpp"

using namespace sage;
using namespace sage::runtime;

namespace {

// Two sources of three splits, one filter behind an exchange and a sink: six instances.
const graph::physical_plan& plan() {
  static const graph::physical_plan made = [] {
    reference_environment env(test::planning(true));
    env.from_source(range<int>(0, 30, 3)).rebalance().filter([](int) { return true; }).sink([](int) {});
    return env.plan("coordinated");
  }();
  return made;
}

struct world {
  std::vector<order> out;
  std::optional<error> violation;
  testing::manual_clock time;
  job_settings settings;
  coordinator c{plan(), settings, time, [this](const std::vector<instance_counters>*) { return violation; }};

  [[nodiscard]] std::size_t size() const { return plan().instances.size(); }
  [[nodiscard]] std::size_t count(order::kind what) const {
    return static_cast<std::size_t>(
        std::count_if(out.begin(), out.end(), [what](const order& o) { return o.what == what; }));
  }
  // The last report, as "state" or "state: problem".
  [[nodiscard]] std::string reported() const {
    for (std::size_t i = out.size(); i-- > 0;) {
      if (out[i].what != order::kind::report) continue;
      return std::string(to_string(out[i].state)) + (out[i].problem ? ": " + out[i].problem->message() : "");
    }
    return "nothing";
  }
  void all(void (coordinator::*event)(instance_id, std::vector<order>&)) {
    for (instance_id i = 0; i < size(); ++i) (c.*event)(i, out);
  }
  void all_finished() {
    for (instance_id i = 0; i < size(); ++i) c.on_finished(i, nullptr, out);
  }
  // Brings the job to `state`.
  world& to(job_state state) {
    c.begin(out);
    if (state == job_state::opening) return *this;
    all(&coordinator::on_opened);
    if (state == job_state::draining) c.drain(out);
    if (state == job_state::committing) all_finished();
    if (state == job_state::stopping) c.cancel(out);
    REQUIRE(c.state() == state);
    out.clear();
    return *this;
  }
  void fail(instance_id who, const char* why) {
    c.on_failed(who, std::make_shared<error>(errc::user_function, why), out);
  }
};

constexpr job_state live_states[] = {job_state::opening, job_state::running, job_state::draining,
                                     job_state::committing, job_state::stopping};

}  // namespace

TEST_CASE("a job opens everything, starts when all are open, commits when all have finished", "[coordinator]") {
  world w;
  w.c.begin(w.out);
  CHECK(w.count(order::kind::open) == w.size());
  w.out.clear();
  for (instance_id i = 0; i + 1 < w.size(); ++i) w.c.on_opened(i, w.out);
  CHECK(w.out.empty());  // no record is read before every instance is open
  w.c.on_opened(static_cast<instance_id>(w.size() - 1), w.out);
  CHECK(w.count(order::kind::start) == w.size());
  CHECK(w.reported() == "running");
  w.out.clear();
  for (instance_id i = 0; i + 1 < w.size(); ++i) w.c.on_finished(i, nullptr, w.out);
  CHECK(w.out.empty());  // nothing is committed unless every instance has finished
  w.c.on_finished(static_cast<instance_id>(w.size() - 1), nullptr, w.out);
  CHECK(w.count(order::kind::commit) == w.size());
  CHECK(w.reported() == "committing");
  w.out.clear();
  w.all(&coordinator::on_closed);
  CHECK(w.reported() == "done");
}

TEST_CASE("every split is handed out once, then nothing", "[coordinator]") {
  world w;
  w.to(job_state::running);
  std::vector<std::uint32_t> given;
  for (int i = 0; i < 6; ++i) w.c.on_request_split(static_cast<instance_id>(i % 2), w.out);
  for (const order& o : w.out) {
    REQUIRE(o.what == order::kind::give_split);
    if (o.part) given.push_back(o.part->part.number);
  }
  CHECK(given == std::vector<std::uint32_t>{0, 1, 2});
  CHECK(w.out.size() == 6);
}

TEST_CASE("books that don't balance fail the job, and nothing is committed", "[coordinator]") {
  world w;
  w.to(job_state::running);
  w.violation = error(errc::ledger, "one is missing");
  w.all_finished();
  CHECK(w.count(order::kind::commit) == 0);
  CHECK(w.count(order::kind::abort) == w.size());
  w.all(&coordinator::on_closed);
  CHECK(w.reported() == "failed: one is missing");
}

TEST_CASE("a failure in any state aborts whoever is left and is the job's problem", "[coordinator]") {
  for (const job_state state : live_states) {
    INFO(to_string(state));
    world w;
    w.to(state);
    w.fail(1, "first");
    CHECK(w.c.state() == job_state::stopping);
    if (state != job_state::stopping) {
      CHECK(w.count(order::kind::abort) == w.size() - 1);
      CHECK(w.count(order::kind::set_timer) == 1);
    }
    w.fail(0, "second");
    CHECK(w.count(order::kind::abort) == (state == job_state::stopping ? 0 : w.size() - 1));  // told once
    w.all(&coordinator::on_closed);
    // A failure while a cancelled job is taken down makes it a failed one; the first problem stays the problem.
    CHECK(w.reported() == (state == job_state::stopping ? "failed: the job was cancelled" : "failed: first"));
  }
}

TEST_CASE("cancel ends a job in any state but the one in which it commits", "[coordinator]") {
  for (const job_state state : live_states) {
    INFO(to_string(state));
    world w;
    w.to(state);
    w.c.cancel(w.out);
    w.c.cancel(w.out);
    if (state == job_state::committing) {
      CHECK(w.out.empty());
      w.all(&coordinator::on_closed);
      CHECK(w.reported() == "done");
      continue;
    }
    CHECK(w.count(order::kind::abort) == (state == job_state::stopping ? 0 : w.size()));
    w.all(&coordinator::on_closed);
    CHECK(w.reported() == "cancelled: the job was cancelled");
  }
}

TEST_CASE("drain stops the sources of a job that runs or is about to, and is nothing to others", "[coordinator]") {
  for (const job_state state : live_states) {
    INFO(to_string(state));
    world w;
    w.to(state);
    w.c.drain(w.out);
    const bool drains = state == job_state::opening || state == job_state::running;
    CHECK(w.count(order::kind::drain) == (drains ? 2 : 0));
    if (!drains) continue;
    if (state == job_state::opening) w.all(&coordinator::on_opened);
    CHECK(w.reported() == "draining");
    w.out.clear();
    w.c.on_request_split(0, w.out);
    REQUIRE(w.out.size() == 1);
    CHECK_FALSE(w.out.front().part.has_value());
    w.all_finished();
    w.all(&coordinator::on_closed);
    CHECK(w.reported() == "done");
  }
}

TEST_CASE("a draining job can still be cancelled, and still fail", "[coordinator]") {
  world cancelled;
  cancelled.to(job_state::draining).c.cancel(cancelled.out);
  cancelled.all(&coordinator::on_closed);
  CHECK(cancelled.reported() == "cancelled: the job was cancelled");
  world failed;
  failed.to(job_state::draining).fail(0, "late");
  failed.all(&coordinator::on_closed);
  CHECK(failed.reported() == "failed: late");
}

TEST_CASE("whoever opens after the job was stopped starts nothing", "[coordinator]") {
  world w;
  w.to(job_state::opening);
  w.c.cancel(w.out);
  w.out.clear();
  w.all(&coordinator::on_opened);
  CHECK(w.count(order::kind::start) == 0);
  w.all_finished();
  CHECK(w.count(order::kind::commit) == 0);
  w.all(&coordinator::on_closed);
  CHECK(w.reported() == "cancelled: the job was cancelled");
}

TEST_CASE("past the deadline the job fails and names who is left", "[coordinator]") {
  world w;
  w.to(job_state::stopping);
  for (instance_id i = 1; i < w.size(); ++i) w.c.on_closed(i, w.out);
  w.c.on_timer(job_timer::stop_deadline, 0, w.out);
  CHECK(w.c.state() == job_state::failed);
  CHECK(w.reported() == "failed: the job was cancelled; then did not stop in time: " + plan().instances[0].name);
  w.out.clear();
  w.c.on_closed(0, w.out);
  CHECK(w.out.empty());  // a final state is reported once
}

TEST_CASE("a job that has ended hears nothing any more", "[coordinator]") {
  world w;
  w.to(job_state::committing);
  w.all(&coordinator::on_closed);
  REQUIRE(w.c.state() == job_state::done);
  w.out.clear();
  w.c.cancel(w.out);
  w.c.drain(w.out);
  w.c.on_timer(job_timer::stop_deadline, 0, w.out);
  w.all(&coordinator::on_opened);
  w.all_finished();
  w.all(&coordinator::on_closed);
  w.fail(0, "too late");
  CHECK(w.out.empty());
  CHECK(w.c.state() == job_state::done);
}

TEST_CASE("each event of an instance counts once", "[coordinator]") {
  world w;
  w.c.begin(w.out);
  for (int again = 0; again < 3; ++again) w.c.on_opened(0, w.out);
  CHECK(w.count(order::kind::start) == 0);
  w.all(&coordinator::on_opened);
  for (int again = 0; again < 9; ++again) w.c.on_finished(0, nullptr, w.out);
  CHECK(w.count(order::kind::commit) == 0);
}
