#include "sage/app/stop_wishes.hpp"

#include "tests/catch.hpp"

namespace {

using sage::apps::stop_wishes;
using wish = stop_wishes::wish;

constexpr int interrupt = 2;
constexpr int terminate = 15;
constexpr sage::nanoseconds second = 1'000'000'000;

TEST_CASE("during a job signals drain, then cancel, then end the process", "[app][signals]") {
  stop_wishes wishes;
  CHECK(wishes.on_job_started() == wish::none);
  CHECK(wishes.on_signal(interrupt, second) == wish::drain);
  CHECK(wishes.on_signal(interrupt, 2 * second) == wish::cancel);
  CHECK(wishes.on_signal(interrupt, 3 * second) == wish::end_process);
}

TEST_CASE("a signal while a job is being started is kept for it, a second one ends the process", "[app][signals]") {
  stop_wishes kept;
  kept.on_job_starting();
  CHECK(kept.on_signal(interrupt, second) == wish::none);
  CHECK_FALSE(kept.job_has_begun());
  CHECK(kept.on_job_started() == wish::drain);
  CHECK(kept.on_signal(interrupt, 2 * second) == wish::cancel);

  stop_wishes impatient;
  impatient.on_job_starting();
  CHECK(impatient.on_signal(interrupt, second) == wish::none);
  CHECK(impatient.on_signal(interrupt, 2 * second) == wish::end_process);
}

TEST_CASE("the same signal within a moment is one wish, another signal is another", "[app][signals]") {
  stop_wishes wishes;
  CHECK(wishes.on_job_started() == wish::none);
  CHECK(wishes.on_signal(terminate, second) == wish::drain);
  CHECK(wishes.on_signal(terminate, second + stop_wishes::same_wish - 1) == wish::none);
  // Each repetition begins a new moment: a burst of them stays one wish however long it takes.
  CHECK(wishes.on_signal(terminate, second + 2 * stop_wishes::same_wish - 2) == wish::none);
  CHECK(wishes.on_signal(interrupt, second + 2 * stop_wishes::same_wish - 2) == wish::cancel);
}

TEST_CASE("a moment later the same signal is a second wish", "[app][signals]") {
  stop_wishes wishes;
  CHECK(wishes.on_job_started() == wish::none);
  CHECK(wishes.on_signal(terminate, second) == wish::drain);
  CHECK(wishes.on_signal(terminate, second + stop_wishes::same_wish) == wish::cancel);
}

TEST_CASE("before a job a signal ends the process, after it the app is asked first", "[app][signals]") {
  stop_wishes before;
  CHECK_FALSE(before.job_has_begun());
  CHECK(before.on_signal(interrupt, second) == wish::end_process);

  stop_wishes after;
  CHECK(after.on_job_started() == wish::none);
  CHECK(after.on_signal(interrupt, second) == wish::drain);
  after.on_job_ended();
  CHECK(after.on_signal(interrupt, second + 1) == wish::stop_app);
  CHECK(after.on_signal(interrupt, 2 * second) == wish::end_process);
}

}  // namespace
