// Operators that look at one record at a time, alone in a harness: results, books, refusals, conformance.
#include <numeric>

#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"
#include "tests/repeat_operator.hpp"

using namespace sage;
using namespace sage::testing;

namespace {

using ints = std::vector<int>;

ints numbers(int count) {
  ints all(static_cast<std::size_t>(count));
  std::iota(all.begin(), all.end(), 0);
  return all;
}
std::vector<std::string> texts(int count) {
  std::vector<std::string> all;
  for (int i = 0; i < count; ++i) all.push_back("text " + std::to_string(i * 7919 % 31));
  return all;
}

}  // namespace

TEST_CASE("map turns each record into another one", "[operators][map]") {
  operator_harness<int, std::string> h(
      declared<int>([](auto in) { return in.map([](int x) { return std::to_string(x * 2); }); }));
  CHECK(run_script(h, "1 2 / 3 |") == std::vector<std::string>{"2", "4", "6"});
  CHECK(h.fates().passed == 3);
  CHECK(h.batch_sizes() == std::vector<std::size_t>{2, 1});
}

TEST_CASE("map of one type works in place in its own batch and leaves a shared one alone", "[operators][map]") {
  operator_harness<int> h(declared<int>([](auto in) { return in.map([](int x) { return x + 1; }); }));
  h.feed({1, 2});
  h.feed_shared({3, 4});
  CHECK(h.records() == ints{2, 3, 4, 5});
}

TEST_CASE("filter keeps what holds, of numbers and of texts", "[operators][filter]") {
  operator_harness<int> even(declared<int>([](auto in) { return in.filter([](int x) { return x % 2 == 0; }); }));
  CHECK(run_script(even, "1 2 3 4 / 5 / 6 |") == ints{2, 4, 6});
  CHECK(even.fates().passed == 3);
  CHECK(even.fates().filtered == 3);
  CHECK(even.batch_sizes() == std::vector<std::size_t>{2, 1});  // nothing left, nothing emitted
  operator_harness<std::string> longer(
      declared<std::string>([](auto in) { return in.filter([](const std::string& s) { return s.size() > 2; }); }));
  CHECK(run_script(longer, "a abc / '' 'long text' |") == std::vector<std::string>{"abc", "long text"});
}

TEST_CASE("flat_map emits full batches as they fill", "[operators][flat_map]") {
  operator_harness<int> h(
      declared<int>([](auto in) { return in.flat_map([](int x) { return ints(static_cast<std::size_t>(x), x); }); }),
      harness_options{.batch_size = 4});
  CHECK(run_script(h, "0 1 2 3 / 4 / 0 |") == ints{1, 2, 2, 3, 3, 3, 4, 4, 4, 4});
  CHECK(h.batch_sizes() == std::vector<std::size_t>{6, 4});
  CHECK(h.fates().passed == 6);
}

TEST_CASE("inspect sees each record once and passes the batch on", "[operators][inspect]") {
  int sum = 0;
  operator_harness<int> h(declared<int>([&](auto in) { return in.inspect([&sum](int x) { sum += x; }); }));
  CHECK(run_script(h, "1 2 / 3 |") == ints{1, 2, 3});
  CHECK(sum == 6);
}

TEST_CASE("split and route choose a port, in order within each", "[operators][split]") {
  operator_harness<int> split(declared<int>([](auto in) { return in.split([](int x) { return x > 2; }); }),
                              harness_options{.ports = 2});
  run_script(split, "1 2 3 4 / 5 / 0 |");
  CHECK(split.records(0) == ints{3, 4, 5});
  CHECK(split.records(1) == ints{1, 2, 0});
  CHECK(split.fates().passed == 6);
  operator_harness<std::string> route(declared<std::string>([](auto in) {
                                        return in.route([](const std::string& s) { return s; }, {"a", "b"});
                                      }),
                                      harness_options{.ports = 3});
  run_script(route, "a b c a / b |");
  CHECK(route.records(0) == std::vector<std::string>{"a", "a"});
  CHECK(route.records(1) == std::vector<std::string>{"b", "b"});
  CHECK(route.records(2) == std::vector<std::string>{"c"});
}

TEST_CASE("collect gathers across batches and emits the rest at the end", "[operators][collect]") {
  operator_harness<int, ints> h(declared<int>([](auto in) { return in.collect(3); }));
  CHECK(run_script(h, "1 2 / 3 4 5 / 6 7") == std::vector<ints>{{1, 2, 3}, {4, 5, 6}});
  CHECK(run_script(h, "|") == std::vector<ints>{{7}});
}

// One stack frame per emitted batch.
TEST_CASE("collect of a large batch into small ones needs no stack", "[operators][collect][regression]") {
  operator_harness<int, ints> h(declared<int>([](auto in) { return in.collect(1); }),
                                harness_options{.batch_size = 1});
  h.feed(numbers(1 << 18));
  CHECK(h.batch_sizes().size() == 1 << 18);
}

TEST_CASE("memoize calls once per argument, again when the time is up", "[operators][memoize]") {
  int calls = 0;
  operator_harness<int> h(declared<int>([&calls](auto in) {
    return in.map([&calls](int x) { return ++calls, x * 10; }).memoize({.entries_max = 100, .ttl = 1'000});
  }));
  CHECK(run_script(h, "1 2 1 2 1") == ints{10, 20, 10, 20, 10});
  CHECK(calls == 2);
  h.time().advance(999);
  run_script(h, "1");
  CHECK(calls == 2);
  h.time().advance(1);
  CHECK(run_script(h, "1 1") == ints{10, 10});
  CHECK(calls == 3);
}

TEST_CASE("memoize forgets what nobody asked for, within its bound", "[operators][memoize]") {
  int calls = 0;
  operator_harness<int> h(declared<int>(
      [&calls](auto in) { return in.map([&calls](int x) { return ++calls, x; }).memoize({.entries_max = 10}); }));
  for (int round = 0; round < 50; ++round) h.feed({0, round});  // 0 is asked for all the time
  CHECK(calls == 50);
  h.feed({1});
  CHECK(calls == 51);
}

TEST_CASE("a union's operator passes everything on", "[operators][union]") {
  operator_harness<int> h(declared<int>([](auto in) { return in.union_with(); }));
  CHECK(run_script(h, "1 2 / 3 |") == ints{1, 2, 3});
}

TEST_CASE("sinks take every record, own batch or shared", "[operators][sink]") {
  ints seen;
  operator_harness<int, void> callable(
      declared<int>([&](auto in) { return in.sink([&seen](int x) { seen.push_back(x); }); }));
  callable.feed({1, 2});
  callable.feed_shared({3});
  callable.finish();
  CHECK(seen == ints{1, 2, 3});
  collected<std::string> out;
  operator_harness<std::string, void> memory(
      declared<std::string>([&](auto in) { return in.sink(collect_into(out)); }));
  memory.feed_shared({"a", "b"});
  memory.feed({"c"});
  memory.finish();
  CHECK(out.records() == std::vector<std::string>{"a", "b", "c"});
  operator_harness<int, void> nowhere(declared<int>([](auto in) { return in.sink(discard()); }));
  run_script(nowhere, "1 2 3 |");
  CHECK(nowhere.fates().passed == 3);
}

TEST_CASE("every record operator conforms", "[operators][conformance]") {
  const auto ok = [](const conformance_report& report) { CHECK(report.runs > 60); };
  ok(conformance<int, long>(declared<int>([](auto in) { return in.map([](int x) { return x * 5L; }); }),
                            numbers(25)));
  ok(conformance<int, int>(declared<int>([](auto in) { return in.map([](int x) { return x + 1; }); }), numbers(25)));
  ok(conformance<std::string, std::string>(
      declared<std::string>([](auto in) { return in.map([](std::string s) { return s + "!"; }); }), texts(20)));
  ok(conformance<int, int>(declared<int>([](auto in) { return in.filter([](int x) { return x % 3 != 1; }); }),
                           numbers(25)));
  ok(conformance<std::string, std::string>(
      declared<std::string>([](auto in) { return in.filter([](const std::string& s) { return s.back() > '4'; }); }),
      texts(25)));
  ok(conformance<int, int>(declared<int>([](auto in) {
                             return in.flat_map([](int x) { return ints(static_cast<std::size_t>(x % 4), x); });
                           }),
                           numbers(20)));
  ok(conformance<int, int>(declared<int>([](auto in) {
                             return in.flat_map([](const int& x, collector<int>& out) {
                               for (int i = 0; i < (x == 5 ? 40 : x % 3); ++i) out.push(i);
                             });
                           }),
                           numbers(12)));
  ok(conformance<int, int>(declared<int>([](auto in) { return in.inspect([](const int&) {}); }), numbers(25)));
  ok(conformance<int, int>(declared<int>([](auto in) { return in.split([](int x) { return x % 3 == 0; }); }),
                           numbers(20), {.ports = 2}));
  ok(conformance<std::string, std::string>(
      declared<std::string>([](auto in) {
        return in.route([](const std::string& s) { return s; }, {"text 0", "text 7"});
      }),
      texts(20), {.ports = 3}));
  ok(conformance<int, ints>(declared<int>([](auto in) { return in.collect(3); }), numbers(20)));
  ok(conformance<int, ints>(declared<int>([](auto in) { return in.collect(1); }), numbers(20)));
  ok(conformance<int, int>(
      declared<int>([](auto in) { return in.map([](int x) { return x % 5; }).memoize({.entries_max = 3}); }),
      numbers(25)));
  ok(conformance<int, int>(declared<int>([](auto in) { return in.union_with(); }), numbers(25)));
  ok(conformance<int, void>(declared<int>([](auto in) { return in.sink([](int) {}); }), numbers(25)));
  ok(conformance<int, void>(declared<int>([](auto in) { return in.sink(discard()); }), numbers(25)));
  ok(conformance<int, int>([] { return std::make_unique<test::repeat_operator>(3); }, numbers(15)));
}
