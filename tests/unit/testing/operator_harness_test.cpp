// The harness is trusted by every operator test: here it has to find what is wrong on purpose.
#include <functional>
#include <stdexcept>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/repeat_operator.hpp"

namespace {

using namespace sage::testing;
using sage::batch;
using sage::batch_ref;
using sage::operators::flow;
using sage::operators::output;

using numbers = std::vector<int>;

// An operator made of two functions; what is wrong with it is in the test.
class improvised final : public sage::operators::operator_base {
 public:
  using step = std::function<flow(improvised&, batch_ref, output&)>;
  explicit improvised(step on_batch, step on_end = {}) : on_batch_(std::move(on_batch)), on_end_(std::move(on_end)) {}

  flow on_batch(batch_ref records, output& out) override { return on_batch_(*this, std::move(records), out); }
  flow resume(output& out) override { return on_batch_(*this, {}, out); }
  flow on_end(output& out) override { return on_end_ ? on_end_(*this, {}, out) : flow::done; }
  sage::operators::fate& books() { return fate_; }
  std::optional<sage::nanoseconds> retry_at() const noexcept override { return retry; }

  std::optional<sage::nanoseconds> retry;
  int calls = 0;

 private:
  step on_batch_;
  step on_end_;
};

operator_harness<int> improvise(improvised::step on_batch, improvised::step on_end = {}) {
  return operator_harness<int>(std::make_unique<improvised>(std::move(on_batch), std::move(on_end)));
}

flow pass(improvised& self, batch_ref records, output& out) {
  self.books().passed += records->size();
  out.emit(0, std::move(records));
  return flow::done;
}

}  // namespace

TEST_CASE("an operator test is three lines", "[testing][harness]") {
  operator_harness<int> h(std::make_unique<sage::test::repeat_operator>(2));
  CHECK(run_script(h, "1 2 / 3") == numbers{1, 1, 2, 2, 3, 3});
  CHECK(run_script(h, "4 |") == numbers{4, 4});
}

TEST_CASE("a declared operator comes with what was set on it", "[testing][harness]") {
  operator_harness<std::string, int> h(declared<std::string>(
      [](auto words) { return words.map([](const std::string& s) { return std::stoi(s); }).on_error(sage::drop); }));
  CHECK(run_script(h, "1 two 3 |") == numbers{1, 3});
  CHECK(h.fates().dropped == 1);
  CHECK(h.fates().passed == 2);
}

TEST_CASE("a script reads texts, numbers, pairs, and whatever a reader makes of it", "[testing][script]") {
  auto same = declared<std::pair<std::string, double>>(
      [](auto pairs) { return pairs.filter([](const auto&) { return true; }); });
  operator_harness<std::pair<std::string, double>> h(same);
  CHECK(run_script(h, "a:1.5 b:2") == std::vector<std::pair<std::string, double>>{{"a", 1.5}, {"b", 2}});
  const auto timed = [](const script_step& step) { return std::pair(step.text, static_cast<double>(*step.time)); };
  CHECK(run_script(h, "a@7", timed) == std::vector<std::pair<std::string, double>>{{"a", 7}});
  CHECK_THROWS_WITH(run_script(h, "a"), Catch::Contains("key:value"));
  CHECK_THROWS_WITH(run_script(h, "a:x"), Catch::Contains("no number"));
}

TEST_CASE("a refused operator stops and goes on where it was", "[testing][harness]") {
  operator_harness<int> h(std::make_unique<sage::test::repeat_operator>(3), harness_options{.batch_size = 2});
  h.refuse_at(1);
  CHECK(h.feed({7, 8}) == flow::suspended);
  CHECK(h.records() == numbers{7, 7, 7, 8});
  CHECK(h.held() == 1);
  CHECK(h.resume() == flow::done);
  CHECK(h.records() == numbers{7, 7, 7, 8, 8, 8});
  CHECK(h.batch_sizes() == std::vector<std::size_t>{2, 2, 2});
  CHECK(h.held() == 0);
  h.finish();
  CHECK(h.suspensions() == 1);
}

TEST_CASE("retries wait for the manual clock", "[testing][harness]") {
  int calls = 0;
  operator_harness<int> h(declared<int>([&calls](auto in) {
    return in.map([&calls](int x) { return ++calls < 3 ? throw std::runtime_error("not yet") : x; })
        .on_error(sage::retry(5, std::chrono::milliseconds(10)));
  }));
  const sage::nanoseconds begun = h.time().now();
  CHECK(h.feed({1}) == flow::suspended);
  CHECK(h.retry_at() == begun + 10'000'000);
  CHECK_THROWS_WITH(h.resume(), Catch::Contains("isn't due"));
  CHECK(h.settle() == flow::done);
  CHECK(h.time().now() == begun + 30'000'000);
  CHECK(h.records() == numbers{1});
}

TEST_CASE("a sink's two phases run through the harness", "[testing][harness]") {
  sage::collected<int> out;
  operator_harness<int, void> h(declared<int>([&](auto in) { return in.sink(sage::collect_into(out)); }));
  run_script(h, "1 2 / 3");
  h.finish();
  CHECK(out.records() == numbers{1, 2, 3});
  CHECK(h.fates().passed == 3);
  CHECK_THROWS_WITH(h.close(), Catch::Contains("closed already"));
}

TEST_CASE("what a user function throws comes through, and then only abort and close may follow",
          "[testing][harness]") {
  operator_harness<int> h(declared<int>([](auto in) { return in.map([](int x) { return x == 2 ? throw 5 : x; }); }));
  CHECK(run_script(h, "1") == numbers{1});
  CHECK_THROWS_AS(h.feed({2}), int);
  CHECK_THROWS_WITH(h.feed({3}), Catch::Contains("only abort and close"));
  CHECK_THROWS_WITH(h.end(), Catch::Contains("only abort and close"));
  h.abort();
  h.close();
  CHECK(h.records() == numbers{1});
}

TEST_CASE("wrong use of the harness is told from a wrong operator", "[testing][harness]") {
  auto h = improvise(pass);
  CHECK_THROWS_WITH(h.resume(), Catch::Contains("nothing to resume"));
  CHECK_THROWS_WITH(h.feed({}), Catch::Contains("empty batch"));
  CHECK_THROWS_WITH(h.commit(0), Catch::Contains("after the end"));
  h.end();
  CHECK_THROWS_WITH(h.feed({1}), Catch::Contains("the input has ended"));
  CHECK_THROWS_WITH(h.end(), Catch::Contains("ended already"));
  h.close();
  CHECK_THROWS_WITH(h.abort(), Catch::Contains("closed"));
}

TEST_CASE("the harness finds a record that is lost, invented, or forgotten at the end", "[testing][harness]") {
  auto invents = improvise([](improvised& self, batch_ref, output&) {
    self.books().passed += 2;
    return flow::done;
  });
  CHECK_THROWS_WITH(invents.feed({1}), Catch::Contains("more came out than went in: 1 in, but 2 passed"));

  auto loses = improvise([](improvised&, batch_ref, output&) { return flow::done; });
  loses.feed({1, 2});
  CHECK(loses.held() == 2);
  CHECK_THROWS_WITH(loses.end(), Catch::Contains("records are missing at the end"));

  auto takes_back = improvise([](improvised& self, batch_ref, output&) {
    self.books().passed = ++self.calls == 1 ? 1 : 0;
    return flow::done;
  });
  takes_back.feed({1});
  CHECK_THROWS_WITH(takes_back.feed({1}), Catch::Contains("a fate has become less"));

  auto silent = improvise([](improvised& self, batch_ref, output&) {
    self.books().dead += 1;
    return flow::done;
  });
  CHECK_THROWS_WITH(silent.feed({1}), Catch::Contains("0 dead letters were emitted, 1 counted"));
}

TEST_CASE("the harness finds an emission that must not be", "[testing][harness]") {
  auto port = improvise([](improvised&, batch_ref records, output& out) {
    out.emit(3, std::move(records));
    return flow::done;
  });
  CHECK_THROWS_WITH(port.feed({1}), Catch::Contains("emits on port 3 of 1"));

  auto type = improvise([](improvised&, batch_ref records, output& out) {
    out.emit(0, erase(batch<long>::make(records->pool(), 1)));
    return flow::done;
  });
  CHECK_THROWS_WITH(type.feed({1}), Catch::Contains("where int leaves"));

  output* kept = nullptr;
  auto late = improvise([&kept](improvised& self, batch_ref records, output& out) {
    kept = &out;
    return pass(self, std::move(records), out);
  });
  late.feed({1});
  CHECK_THROWS_WITH(kept->emit(0, erase(batch<int>::make(late.core().self().pool(), 1))),
                    Catch::Contains("outside of on_batch"));
  late.close();
  CHECK_THROWS_WITH(kept->emit(0, erase(batch<int>::make(late.core().self().pool(), 1))),
                    Catch::Contains("outside of on_batch"));

  auto deaf = improvise([](improvised& self, batch_ref records, output& out) {
    self.books().passed += records->size();
    for (int i = 0; i < 3; ++i) out.emit(0, records);
    return flow::done;
  });
  deaf.refuse_at(0);
  CHECK_THROWS_WITH(deaf.feed({1}), Catch::Contains("goes on emitting"));
}

TEST_CASE("the harness finds a change to a shared batch", "[testing][harness]") {
  auto edits = improvise([](improvised& self, batch_ref records, output& out) {
    static_cast<batch<int>&>(*records)[0] = 99;
    return pass(self, std::move(records), out);
  });
  CHECK(edits.feed({1}) == flow::done);  // its own batch it may change
  CHECK_THROWS_WITH(edits.feed_shared({1}), Catch::Contains("changes records of a shared batch"));

  auto truncates = improvise([](improvised& self, batch_ref records, output&) {
    self.books().filtered += records->size();
    static_cast<batch<int>&>(*records).truncate(0);
    return flow::done;
  });
  CHECK_THROWS_WITH(truncates.feed_shared({1}), Catch::Contains("changes a shared batch"));

  auto hashes = improvise([](improvised& self, batch_ref records, output& out) {
    records->add_hashes();
    return pass(self, std::move(records), out);
  });
  CHECK_THROWS_WITH(hashes.feed_shared({1}), Catch::Contains("changes a shared batch"));
}

TEST_CASE("settle stops for an operator that waits for its outside", "[testing][harness]") {
  bool open = false;
  auto waits = improvise([&open](improvised& self, batch_ref records, output&) {
    if (records) self.calls = static_cast<int>(records->size());
    if (!open) return flow::suspended;
    self.books().passed += static_cast<std::uint64_t>(std::exchange(self.calls, 0));
    return flow::done;
  });
  CHECK(waits.feed({1, 2}) == flow::suspended);
  CHECK(waits.settle() == flow::suspended);
  CHECK(waits.held() == 2);
  open = true;
  CHECK(waits.settle() == flow::done);
  CHECK(waits.held() == 0);
}

TEST_CASE("an operator that is through wants no retry", "[testing][harness]") {
  auto confused = improvise([](improvised& self, batch_ref records, output& out) {
    self.retry = 1;
    return pass(self, std::move(records), out);
  });
  CHECK_THROWS_WITH(confused.feed({1}), Catch::Contains("is through, but wants a retry"));
}

TEST_CASE("a manual clock moves only when told, and never back", "[testing][clock]") {
  manual_clock time(5'000'000, 1000);
  CHECK(time.now() == 5'000'000);
  CHECK(time.wall_ms() == 1000);
  time.advance(3'000'000);
  CHECK(time.now() == 8'000'000);
  CHECK(time.wall_ms() == 1003);
  time.advance_to(6'000'000);
  time.advance(-1);
  CHECK(time.now() == 8'000'000);
  time.advance_to(9'000'000);
  CHECK(time.now() == 9'000'000);
}
