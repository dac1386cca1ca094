// The probes by themselves; tests/pipelines/probes_test.cpp has them in whole pipelines.
#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/source_harness.hpp"

namespace {

using namespace sage::testing;
using sage::read_status;
using sage::operators::flow;

}  // namespace

TEST_CASE("a corked sink holds one batch, and takes it when it is uncorked", "[testing][probes]") {
  corked_sink<int> sink;
  operator_harness<int, void> h(declared<int>([&](auto in) { return in.sink(sink); }));
  CHECK(sink.holding() == 0);
  CHECK(h.feed({1, 2}) == flow::suspended);
  CHECK(h.settle() == flow::suspended);
  CHECK(sink.holding() == 1);
  CHECK(sink.size() == 0);
  CHECK(h.wakes() == 0);
  sink.uncork();
  CHECK(h.wakes() == 1);
  CHECK(h.settle() == flow::done);
  CHECK(sink.holding() == 0);
  CHECK(sink.records() == std::vector<int>{1, 2});
  CHECK(h.feed({3}) == flow::done);
  sink.recork();
  CHECK(h.feed_shared({4}) == flow::suspended);
  h.abort();
  h.close();
  CHECK(sink.holding() == 0);
  CHECK(sink.records() == std::vector<int>{1, 2, 3});
  sink.uncork();
  CHECK(h.wakes() == 1);  // who has closed is left alone
}

TEST_CASE("a scripted source emits, idles, ends and fails on command", "[testing][probes]") {
  scripted_source<int> source;
  sage::context self = sage::test::make_context(2);
  const auto reader = source.make_reader();
  reader->open(self);
  reader->start(source.plan().splits.front(), 0);
  const auto into = sage::batch<int>::make(self.pool(), 8);
  CHECK(reader->read(*into, 2) == read_status::idle);
  CHECK(source.is_idle());
  source.emit({1, 2, 3}).emit({4});
  CHECK(reader->read(*into, 2) == read_status::more);
  CHECK(reader->read(*into, 2) == read_status::more);
  CHECK(std::vector<int>(into->begin(), into->end()) == std::vector<int>{1, 2, 3});
  CHECK(reader->read(*into, 2) == read_status::more);
  CHECK(source.position() == 4);
  CHECK(reader->read(*into, 2) == read_status::idle);
  source.fail("gone");
  CHECK_THROWS_WITH(reader->read(*into, 2), "gone");
  reader->close();

  scripted_source<int> short_one;
  short_one.end();
  CHECK(short_one.make_reader()->read(*into, 2) == read_status::end_of_split);
}

TEST_CASE("tracked counts copies, moves and what is alive", "[testing][probes]") {
  tracked_counts counts;
  {
    tracked a(1, counts);
    tracked b = a;
    tracked c = std::move(a);
    CHECK(a.value() == tracked::moved_from);
    b = c;
    c = std::move(b);
    CHECK(c.value() == 1);
    CHECK(counts.copies() == 2);
    CHECK(counts.moves() == 2);
    CHECK(counts.alive() == 3);
  }
  CHECK(counts.alive() == 0);
}

TEST_CASE("map consumes its own batch without a copy, and copies nothing it only looks at", "[testing][probes]") {
  tracked_counts counts;
  {
    operator_harness<tracked, int> h(
        declared<tracked>([](auto in) { return in.map([](const tracked& t) { return t.value(); }); }));
    std::vector<tracked> records;
    records.reserve(3);
    for (int i = 0; i < 3; ++i) records.emplace_back(i, counts);
    CHECK(h.feed(std::move(records)) == flow::done);
    CHECK(h.records() == std::vector<int>{0, 1, 2});
    CHECK(counts.copies() == 0);
  }
  CHECK(counts.alive() == 0);
}
