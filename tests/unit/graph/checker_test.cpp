// What the checker finds, one problem at a time and all together. Graphs are declared through the API where it allows
// the mistake, and edited where only a graph could hold it.
#include "sage/graph/checker.hpp"

#include "sage/base/error.hpp"
#include "sage/sage.hpp"
#include "sage/testing.hpp"
#include "tests/catch.hpp"

using namespace sage;
using Catch::Contains;

namespace {

// The message with which a declared pipeline is refused; "accepted" when it isn't.
template <class Declare>
std::string refusal(Declare declare) {
  reference_environment env;
  declare(env);
  try {
    static_cast<void>(env.plan("checked"));
  } catch (const error& problem) {
    CHECK(problem.code() == errc::invalid_graph);
    return problem.message();
  }
  return "accepted";
}

data_stream<int> numbers(environment& env) {
  return env.from_source(range<int>(0, 3));
}

}  // namespace

TEST_CASE("a pipeline that is whole is accepted", "[graph][checker]") {
  CHECK(refusal([](environment& env) {
          auto parity = numbers(env).split([](int x) { return x % 2 == 0; });
          parity.matching().map([](int x) { return x; }).on_error(dead_letters).sink(discard());
          parity.rest().sink([](int) {});
          env.dead_letters().sink(discard());
        }) == "accepted");
}

TEST_CASE("an empty pipeline is refused", "[graph][checker]") {
  CHECK_THAT(refusal([](environment&) {}), Contains("the pipeline: is empty"));
}

TEST_CASE("an output that goes nowhere is refused, by its number when there are several", "[graph][checker]") {
  CHECK_THAT(refusal([](environment& env) { numbers(env).name("numbers"); }),
             Contains("numbers: its output goes nowhere") && Contains("sage::discard()"));
  CHECK_THAT(refusal([](environment& env) {
               auto parity = numbers(env).split([](int x) { return x % 2 == 0; });
               parity.name("parity");
               parity.matching().sink(discard());
             }),
             Contains("parity: its output 1 goes nowhere"));
}

TEST_CASE("equal names and equal uids are refused", "[graph][checker]") {
  const auto twins = [](bool names) {
    return refusal([names](environment& env) {
      auto first = numbers(env).filter([](int) { return true; });
      auto second = first.filter([](int) { return true; });
      if (names) {
        first.name("same");
        second.name("same").uid("another");
      } else {
        first.uid("same");
        second.uid("same");
      }
      second.sink(discard());
    });
  };
  CHECK_THAT(twins(true), Contains("same: is the name of two operators"));
  CHECK_THAT(twins(false), Contains("has the uid 'same' of 'filter_2'"));
}

TEST_CASE("parallelism and batch sizes have bounds", "[graph][checker]") {
  const auto with = [](std::size_t parallelism, std::size_t batch_size) {
    return refusal([=](environment& env) {
      numbers(env).sink(discard()).name("out").parallelism(parallelism).batch_size(batch_size);
    });
  };
  CHECK(with(1, 1) == "accepted");
  CHECK(with(4096, 1u << 20) == "accepted");
  CHECK_THAT(with(0, 1), Contains("out: has parallelism 0; use 1 to 4096"));
  CHECK_THAT(with(4097, 1), Contains("out: has parallelism 4097"));
  CHECK_THAT(with(1, 0), Contains("out: has batch size 0; use 1 to 1048576"));
  CHECK_THAT(with(1, (1u << 20) + 1), Contains("out: has batch size 1048577"));
}

TEST_CASE("a keyed operator has at most as many instances as there are key groups", "[graph][checker]") {
  const auto with = [](std::size_t parallelism) {
    return refusal(
        [=](environment& env) { numbers(env).distinct().name("once").parallelism(parallelism).sink(discard()); });
  };
  CHECK(with(1024) == "accepted");
  CHECK_THAT(with(1025), Contains("once: has more instances than there are key groups"));
}

TEST_CASE("a record that can't be copied can't be kept for a retry", "[graph][checker]") {
  const auto with = [](error_policy policy) {
    return refusal([policy](environment& env) {
      numbers(env)
          .map([](int x) { return std::make_unique<int>(x); })
          .map([](std::unique_ptr<int> p) { return *p; })
          .name("taker")
          .on_error(policy)
          .sink(discard());
    });
  };
  CHECK(with(drop) == "accepted");
  CHECK(with(fail) == "accepted");
  CHECK_THAT(with(retry(2)),
             Contains("taker: has the policy retry(2), then fail, but its function takes the record"));
}

TEST_CASE("a record that can't be copied has one consumer", "[graph][checker]") {
  const auto pointers = [](environment& env) {
    return numbers(env).map([](int x) { return std::make_unique<int>(x); }).name("maker");
  };
  CHECK_THAT(refusal([&](environment& env) {
               auto made = pointers(env);
               made.sink(discard());
               made.sink(discard());
             }),
             Contains("maker: ") && Contains("can't be copied, but 2 operators consume it"));
  CHECK_THAT(refusal([&](environment& env) { pointers(env).broadcast().sink(discard()); }),
             Contains("can't be copied, but is broadcast"));
  CHECK(refusal([&](environment& env) { pointers(env).rebalance().sink(discard()); }) == "accepted");
}

TEST_CASE("dead letters need somebody to take them, and don't come back to whom they left", "[graph][checker]") {
  const auto careful = [](auto stream) { return stream.map([](const auto& x) { return x; }).on_error(dead_letters); };
  CHECK_THAT(refusal([&](environment& env) { careful(numbers(env)).name("careful").sink(discard()); }),
             Contains("careful: sends dead letters, but nobody takes them"));
  CHECK_THAT(refusal([&](environment& env) {
               careful(numbers(env)).sink(discard());
               careful(env.dead_letters()).name("buried").sink(discard());
             }),
             Contains("buried: handles dead letters and sends its own to itself"));
}

TEST_CASE("all problems are reported together, in the order of the operators", "[graph][checker]") {
  const std::string all = refusal([](environment& env) {
    auto first = numbers(env).filter([](int) { return true; });
    first.name("first").parallelism(0).batch_size(0).on_error(dead_letters);
    first.map([](int x) { return x; }).name("second");
    first.map([](int x) { return x; }).name("third").uid("first");
  });
  CHECK_THAT(all, Contains("for 6 reasons"));
  std::size_t before = 0;
  for (const char* problem :
       {"third: has the uid 'first'", "first: has parallelism 0", "first: has batch size 0",
        "second: its output goes nowhere", "third: its output goes nowhere", "first: sends dead letters"}) {
    INFO(problem << " in\n" << all);
    const std::size_t at = all.find(problem);
    REQUIRE(at != std::string::npos);
    CHECK(at > before);
    before = at;
  }
}

// It connected a number of the other graph: to another operator, or to none.
TEST_CASE("streams of two environments can't be united, nor a stale one", "[graph][checker][regression]") {
  reference_environment one;
  reference_environment two;
  auto ours = numbers(one);
  auto theirs = numbers(two).map([](int x) { return x; });
  CHECK_THROWS_WITH(ours.union_with(theirs), Contains("different environments"));
  reference_environment three;
  auto old = numbers(three);
  old.sink(discard());
  three.execute("first");
  CHECK_THROWS_WITH(numbers(three).union_with(old), Contains("has been executed or submitted"));
}
