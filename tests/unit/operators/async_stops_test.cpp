// Stops and deadlines of calls that wait, for their key, for capacity or for their next attempt.
#include <atomic>
#include <map>
#include <random>
#include <stdexcept>
#include <thread>

#include "sage/async.hpp"
#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

using namespace sage;
using namespace sage::testing;
using namespace std::chrono_literals;

namespace {

constexpr nanoseconds ms = 1'000'000;

// A record, its key, and how long its call takes.
struct job_record {
  int number = 0;
  int key = 0;
  std::int64_t takes_ms = 0;
  friend bool operator==(const job_record&, const job_record&) = default;
};
SAGE_DESCRIBE(job_record, number, key, takes_ms)

using harness = operator_harness<job_record, int>;

struct counted {
  explicit counted(std::atomic<int>& its) noexcept : number(its) { ++number; }
  ~counted() { --number; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  std::atomic<int>& number;
};

// Keyed calls that sleep as long as their records say.
auto sleepers(std::atomic<int>& alive, async_options options) {
  options.order = ordered_by_key;
  return declared<job_record>([&alive, options](auto in) {
    return in.key_by(&job_record::key)
        .async_map(
            [&alive](job_record one) -> task<int> {
              const counted here(alive);
              co_await sleep_for(std::chrono::milliseconds(one.takes_ms));
              co_return one.number;
            },
            options);
  });
}

constexpr std::int64_t long_ms = 1'000'000;

ref<item_scope> ask_until(const asked_requests& asked, std::uint64_t number, nanoseconds deadline = 0) {
  item_settings settings;
  settings.deadline = deadline;
  return asked.ask(number, std::move(settings));
}

// As an engine would: an operator that has stopped its input is resumed, another is woken.
template <class Harness>
void run(Harness& h) {
  h.is_suspended() ? h.resume() : h.wake();
}

// Lets time pass, and the operator do what is due then.
template <class Harness>
void pass(Harness& h, nanoseconds time) {
  const nanoseconds end = h.time().now() + time;
  for (;;) {
    run(h);
    if (h.core().has_news()) continue;
    const auto next = h.core().wake_at();
    if (!next || *next > end) break;
    h.time().advance_to(std::max(*next, h.time().now()));
  }
  h.time().advance_to(end);
  run(h);
}

// Blocking code that runs when the test says so, as if a thread were in it.
class held_blocking final : public functions::blocking_port {
 public:
  void submit(functions::blocking_job& job) override { jobs.push_back(&job); }
  bool withdraw(functions::blocking_job&) noexcept override { return false; }
  void run_all() {
    for (functions::blocking_job* const one : std::exchange(jobs, {})) one->run();
  }
  std::vector<functions::blocking_job*> jobs;
};

}  // namespace

TEST_CASE("a deadline that passes behind a running call of the same key is told at once",
          "[operators][async][items]") {
  std::atomic<int> alive{0};
  const asked_requests asked;
  harness h(sleepers(alive, {.capacity = 4}));
  const nanoseconds begun = h.time().now();
  harness::item_list items = {ask_until(asked, 0), ask_until(asked, 1, begun + 50 * ms), ask_until(asked, 2)};
  h.feed({{0, 7, long_ms}, {1, 7, 0}, {2, 7, 0}}, std::move(items));
  CHECK(asked.open() == 3);
  pass(h, 49 * ms);
  CHECK(asked.open() == 3);
  pass(h, 1 * ms);
  CHECK(asked.outcome(1).ends() == 1);
  CHECK(asked.unanswered(item_end_reason::gone) == 1);
  CHECK(h.fates().gone == 1);
  CHECK(h.held() == 2);
  CHECK(alive == 1);
  h.finish();
  CHECK(h.records() == std::vector<int>{0, 2});
}

TEST_CASE("a call that is gone before its turn frees its place for the input", "[operators][async][items]") {
  std::atomic<int> alive{0};
  const asked_requests asked;
  harness h(sleepers(alive, {.capacity = 4, .waiting_per_key_max = 1}));
  harness::item_list items = {ask_until(asked, 0), ask_until(asked, 1, h.time().now() + 50 * ms), ask_until(asked, 2),
                              ask_until(asked, 3)};
  h.feed({{0, 7, long_ms}, {1, 7, 0}, {2, 7, 0}, {3, 8, 0}}, std::move(items));
  CHECK(h.is_suspended());
  CHECK(h.records().empty());  // the fourth, of another key, is held up by the third
  pass(h, 50 * ms);
  CHECK(h.records() == std::vector<int>{3});
  CHECK_FALSE(h.is_suspended());
  h.finish();
  CHECK(h.records() == std::vector<int>{3, 0, 2});
}

TEST_CASE("whoever is stopped while it waits is told at once, and the others keep their order",
          "[operators][async][items]") {
  for (int stopped = 0; stopped < 6; ++stopped) {
    INFO("stopped " << stopped);
    std::atomic<int> alive{0};
    const asked_requests asked;
    harness h(sleepers(alive, {.capacity = 1}));
    // One runs; one of its key waits behind it; two of another key and two of a third wait for capacity.
    std::vector<job_record> records = {{0, 1, 100}, {1, 1, 1}, {2, 2, 1}, {3, 2, 1}, {4, 3, 1}, {5, 3, 1}};
    harness::item_list items;
    for (std::uint64_t i = 0; i < 6; ++i) items.push_back(asked.ask(i));
    const ref<item_scope> its = items[static_cast<std::size_t>(stopped)];
    h.feed(records, std::move(items));
    CHECK(its->stop(stop_reason::client));
    h.wake();
    CHECK(h.fates().gone == 1);
    CHECK(h.held() == 5);
    h.finish();
    std::vector<int> numbers = h.records();
    std::map<int, std::vector<int>> by_key;
    for (const int one : numbers) by_key[one / 2].push_back(one);
    CHECK(numbers.size() == 5);
    for (const auto& [key, its_numbers] : by_key) CHECK(std::is_sorted(its_numbers.begin(), its_numbers.end()));
    CHECK(alive == 0);
  }
}

TEST_CASE("a record whose item is stopped already doesn't wait for its turn", "[operators][async][items]") {
  std::atomic<int> alive{0};
  const asked_requests asked;
  harness h(sleepers(alive, {.capacity = 1}));
  h.time().advance_to(h.time().now() + 1000 * ms);
  harness::item_list items = {ask_until(asked, 0), ask_until(asked, 1, 1), ask_until(asked, 2),
                              ask_until(asked, 3, 1)};
  CHECK(items[2]->stop(stop_reason::user));
  h.feed({{0, 7, long_ms}, {1, 7, 0}, {2, 8, 0}, {3, 8, 0}}, std::move(items));
  CHECK(h.fates().gone == 3);
  CHECK(h.held() == 1);
  h.finish();
  CHECK(h.records() == std::vector<int>{0});
}

TEST_CASE("stops and deadlines at any moment: each request ends once, each key in order",
          "[operators][async][items][property]") {
  sage::test::for_each_seed(100, [](std::mt19937_64& random) {
    const auto draw = [&random](std::uint64_t below) { return random() % below; };
    std::atomic<int> alive{0};
    const asked_requests asked;
    harness h(
        sleepers(alive, {.capacity = 1 + draw(4), .waiting_max = 1 + draw(12), .waiting_per_key_max = 1 + draw(5)}));
    std::map<std::uint64_t, ref<item_scope>> open;
    std::uint64_t fed = 0;
    std::vector<int> keys;  // of what was fed
    for (int step = 0; step < 150; ++step) {
      if (draw(3) == 0 && !h.is_suspended()) {
        std::vector<job_record> records;
        harness::item_list items;
        for (std::uint64_t n = 1 + draw(6); n > 0; --n, ++fed) {
          keys.push_back(static_cast<int>(draw(4)));
          records.push_back({static_cast<int>(fed), keys.back(), static_cast<std::int64_t>(draw(40))});
          items.push_back(
              ask_until(asked, fed, draw(3) == 0 ? h.time().now() + static_cast<nanoseconds>(draw(60)) * ms : 0));
          open.emplace(fed, items.back());
        }
        h.feed(std::move(records), std::move(items));
      }
      if (!open.empty() && draw(4) == 0) {
        auto victim = open.begin();
        std::advance(victim, static_cast<std::ptrdiff_t>(draw(open.size())));
        static_cast<void>(victim->second->stop(stop_reason::client));
        open.erase(victim);
      }
      pass(h, static_cast<nanoseconds>(draw(20)) * ms);
    }
    open.clear();
    h.settle();
    h.finish();
    const std::vector<int> numbers = h.records();
    std::map<int, int> last_of_key;
    for (const int number : numbers) {
      const int key = keys[static_cast<std::size_t>(number)];
      if (last_of_key.contains(key)) CHECK(last_of_key[key] < number);
      last_of_key[key] = number;
    }
    CHECK(numbers.size() + h.fates().gone == fed);
    CHECK(alive == 0);
  });
}

TEST_CASE("a stop just before a re-attempt leaks nothing", "[operators][async][items][threads]") {
  // The stop comes from another thread while its call is tried over and over, so that some come between the look at
  // the item and the next attempt.
  constexpr int rounds = 3000;
  constexpr std::size_t capacity = 2;
  std::atomic<int> alive{0};
  std::atomic<bool> fails{true};
  const asked_requests asked;
  operator_harness<int> h(declared<int>([&](auto in) {
    return in
        .async_map(
            [&](int x) -> task<int> {
              const counted here(alive);
              if (!fails) co_await sleep_for(1ms);
              if (fails) throw std::runtime_error("not yet");
              co_return x;
            },
            {.capacity = capacity, .order = unordered, .retry = retry(1'000'000'000)})
        .on_error(drop);
  }));
  std::atomic<item_scope*> victim{nullptr};
  std::atomic<bool> is_over{false};
  std::thread stopper([&] {
    while (!is_over) {
      item_scope* const its = victim.load(std::memory_order_acquire);
      if (!its) continue;
      static_cast<void>(its->stop(stop_reason::client));
      victim.store(nullptr, std::memory_order_release);
    }
  });
  for (int i = 0; i < rounds; ++i) {
    ref<item_scope> item = asked.ask(static_cast<std::uint64_t>(i));
    h.feed({i}, {item});
    for (int spin = i % 50; spin > 0; --spin) h.wake();
    victim.store(item.get(), std::memory_order_release);
    while (h.fates().gone != static_cast<std::uint64_t>(i + 1)) h.wake();
    while (victim.load(std::memory_order_acquire)) std::this_thread::yield();
  }
  is_over = true;
  stopper.join();
  CHECK(alive == 0);
  CHECK(h.held() == 0);
  CHECK(asked.unanswered(item_end_reason::gone) == rounds);
  // All of the capacity is there again.
  fails = false;
  h.feed({1, 2});
  CHECK(alive == static_cast<int>(capacity));
  h.finish();
  CHECK(h.records() == std::vector<int>{1, 2});
}

TEST_CASE("a stop while blocking code holds up the next attempt lets the call go once", "[operators][async][items]") {
  struct kept_output final : operators::output {
    bool emit(std::uint32_t, batch_ref) override { return true; }
  };
  const auto port = std::make_shared<held_blocking>();
  const asked_requests asked;
  manual_clock time;
  context self("job", "stuck", 0, 1, 16, time, batch_pool::make(), 1);
  self.set_blocking(port);
  std::atomic<int> alive{0};
  const operators::operator_ptr logic = declared<int>([&alive](auto in) {
    return in
        .async_map(
            [&alive](int x) -> task<int> {
              const counted here(alive);
              const auto work = [x] { return x; };
              const int same = co_await run_blocking(work);
              co_return same;
            },
            {.capacity = 1, .timeout = 10ms, .order = ordered, .retry = retry(3, 5ms)})
        .on_error(drop);
  })();
  logic->open(self);
  kept_output out;
  auto records = batch<int>::make(self.pool(), 1);
  records->emplace_back(1);
  ref<item_scope> item = asked.ask(0);
  *records->add_items() = item;
  static_cast<void>(logic->on_batch(erase(std::move(records)), out));
  REQUIRE(port->jobs.size() == 1);
  time.advance(10 * ms);  // the attempt is late; its frame stays
  static_cast<void>(logic->on_wake(out));
  time.advance(20 * ms);  // the next one would be due
  static_cast<void>(logic->on_wake(out));
  CHECK(alive == 1);
  CHECK(item->stop(stop_reason::client));
  item.reset();
  static_cast<void>(logic->on_wake(out));
  CHECK(asked.outcome(0).ends() == 1);
  CHECK(logic->fates().gone == 1);
  port->run_all();
  static_cast<void>(logic->on_wake(out));
  CHECK(alive == 0);
  // The call's place is used again, by one call at a time.
  for (const int x : {2, 3}) {
    auto next = batch<int>::make(self.pool(), 1);
    next->emplace_back(x);
    static_cast<void>(logic->on_batch(erase(std::move(next)), out));
    REQUIRE(port->jobs.size() == 1);
    port->run_all();
    static_cast<void>(logic->on_wake(out));
  }
  CHECK(logic->fates().passed == 2);
  logic->close();
}
