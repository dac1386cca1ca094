// Every request ends in exactly one answer: a reply from a sink, or one error that names the operator.
#include <numeric>
#include <stdexcept>

#include "sage/testing/corked_sink.hpp"
#include "sage/testing/request_source.hpp"
#include "tests/pipelines/engines.hpp"
#include "tests/pipelines/picky.hpp"

namespace {

using sage::environment;
using sage::item_end_reason;
using sage::test::numbers;
using sage::test::on_every_engine;
using sage::testing::asked_requests;
using sage::testing::request_options;
using sage::testing::request_replies;
using sage::testing::request_source;

using texts = std::vector<std::string>;

constexpr int count = 200;

request_source<int> requests(request_options options = {.splits = 3}) {
  return request_source<int>(numbers(count), options);
}

// What holds of every run: all that were asked have been told one thing.
void check_each_ended_once(const asked_requests& asked, std::size_t expected = count) {
  asked.wait_until_ended();
  CHECK(asked.size() == expected);
  CHECK_FALSE(asked.ended_twice().has_value());
}

int fails_on_odd(const int& x) {
  if (x % 2 != 0) throw std::runtime_error("odd: refused");
  return x;
}

}  // namespace

TEST_CASE("a request whose record reaches the reply sink is answered once", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    env.from_source(source)
        .map([](int x) { return x + 1; })
        .rebalance()
        .map([](int x) { return std::to_string(x); })
        .key_by([](const std::string& s) { return s.size(); })
        .process([](const std::string& s, sage::collector<std::string>& out) { out.push("<" + s + ">"); })
        .inspect([](const std::string&) {})
        .filter([](const std::string& s) { return !s.empty(); })
        .route(sage::to_instance([](const std::string& s, std::size_t n) { return s.size() % n; }))
        .distinct()
        .sink(request_replies());
    env.execute("answered");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == count);
    for (const int x : {0, 41, count - 1}) {
      CHECK(source.asked().outcome(static_cast<std::uint64_t>(x)).answers ==
            texts{"<" + std::to_string(x + 1) + ">"});
    }
  });
}

TEST_CASE("a request whose record is filtered out hears so", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    auto in = env.from_source(source);
    in.filter([](int x) { return x % 4 != 0; }).name("quarters").sink(request_replies());
    env.execute("filtered");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == count * 3 / 4);
    CHECK(source.asked().unanswered(item_end_reason::filtered) == count / 4);
    CHECK(source.asked().messages() == texts{"operator 'quarters' filtered it out"});
  });
}

TEST_CASE("a request that repeats another one hears that it was filtered out", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    env.from_source(source).map([](int x) { return x % 10; }).distinct().name("once").sink(request_replies());
    env.execute("distinct");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == 10);
    CHECK(source.asked().messages() == texts{"operator 'once' filtered it out"});
  });
}

TEST_CASE("a request whose record is dropped hears what the function threw", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    env.from_source(source)
        .map(fails_on_odd)
        .name("even")
        .on_error(sage::drop)
        .map([](int x) { return x * 2; })
        .sink(request_replies());
    env.execute("dropped");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == count / 2);
    CHECK(source.asked().outcome(100).answers == texts{"200"});
    CHECK(source.asked().unanswered(item_end_reason::dropped) == count / 2);
    CHECK(source.asked().messages() == texts{"operator 'even' failed: odd: refused"});
  });
}

struct told_problem final : std::runtime_error, sage::told_failure {
  told_problem() : std::runtime_error("not for everybody") {}
  [[nodiscard]] sage::item_failure told() const override { return {422, 3, "odd_number", "give an even one"}; }
};

TEST_CASE("what a failure says of itself comes with the end, from plain functions and from coroutines",
          "[pipeline][items]") {
  const bool is_async = GENERATE(false, true);
  on_every_engine([&](environment& env) {
    const auto source = requests();
    auto asked = env.from_source(source);
    if (is_async) {
      const auto work = [](int x) -> sage::task<int> {
        if (x % 2 == 1) throw told_problem();
        co_return x;
      };
      asked.async_map(work).name("even").on_error(sage::drop).sink(request_replies());
    } else {
      const auto work = [](int x) {
        if (x % 2 == 1) throw told_problem();
        return x;
      };
      asked.map(work).name("even").on_error(sage::drop).sink(request_replies());
    }
    env.execute("told");
    check_each_ended_once(source.asked());
    REQUIRE(source.asked().unanswered(item_end_reason::dropped) == count / 2);
    CHECK(source.asked().messages() == texts{"operator 'even' failed: give an even one"});
    CHECK(source.asked().outcome(1).errors.front().failure ==
          sage::item_failure{422, 3, "odd_number", "give an even one"});
  });
}

TEST_CASE("a request whose record becomes a dead letter hears what the function threw", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    sage::collected<sage::dead_letter> dead;
    env.dead_letters().sink(sage::collect_into(dead));
    env.from_source(source)
        .map(fails_on_odd)
        .name("even")
        .on_error(sage::retry(1).otherwise(sage::dead_letters))
        .sink(request_replies());
    env.execute("dead-lettered");
    check_each_ended_once(source.asked());
    CHECK(dead.size() == count / 2);
    CHECK(source.asked().answered() == count / 2);
    CHECK(source.asked().unanswered(item_end_reason::dead_lettered) == count / 2);
    CHECK(source.asked().messages() == texts{"operator 'even' failed: odd: refused"});
  });
}

TEST_CASE("a request that no route wants hears so, unless somebody answers it there", "[pipeline][items]") {
  for (const bool is_answered : {false, true}) {
    on_every_engine([is_answered](environment& env) {
      const auto source = requests();
      const auto label_of = [](const int& x) {
        return std::string(x % 3 == 0 ? "fizz" : x % 5 == 0 ? "buzz" : "none");
      };
      auto routed = env.from_source(source).route(label_of, {"fizz", "buzz"}).name("intent");
      auto fizz = routed["fizz"].map([](int x) { return x; });
      fizz.union_with(routed["buzz"]).sink(request_replies());
      if (is_answered) {
        routed.otherwise().map([](int x) { return -x; }).sink(request_replies());
      } else {
        routed.otherwise().map([](int x) { return -x; }).sink(sage::discard());
      }
      env.execute("unrouted");
      check_each_ended_once(source.asked());
      CHECK(source.asked().outcome(9).answers == texts{"9"});
      CHECK(source.asked().outcome(10).answers == texts{"10"});
      if (is_answered) {
        CHECK(source.asked().outcome(11).answers == texts{"-11"});
        CHECK(source.asked().answered() == count);
      } else {
        CHECK(source.asked().answered() ==
              source.asked().size() - source.asked().unanswered(item_end_reason::unrouted));
        CHECK(source.asked().messages() == texts{"operator 'intent' has no route for it"});
      }
    });
  }
}

TEST_CASE("a request whose record goes into an aggregate hears so", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    env.from_source(source)
        .key_by([](int x) { return x % 7; })
        .aggregate(sage::count())
        .name("totals")
        .sink(request_replies());
    env.execute("aggregated");
    check_each_ended_once(source.asked());
    CHECK(source.asked().unanswered(item_end_reason::aggregated) == count);
    for (const std::string& message : source.asked().messages()) {
      CHECK_THAT(message, Catch::Matchers::StartsWith("operator 'totals"));
    }
  });
}

TEST_CASE("a request whose record is reduced or collected hears so", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    auto [low, high] = env.from_source(source).split([](int x) { return x < count / 2; });
    low.key_by([](int x) { return x % 3; }).reduce(std::plus<int>()).name("sums").sink(request_replies());
    high.collect(16).name("packs").sink(request_replies());
    env.execute("reduced");
    check_each_ended_once(source.asked());
    CHECK(source.asked().unanswered(item_end_reason::aggregated) == count);
    CHECK(source.asked().messages() == texts{"operator 'packs' aggregated it", "operator 'sums' aggregated it"});
  });
}

TEST_CASE("a running value answers the request that brought it up to date", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    env.from_source(source)
        .key_by([](int x) { return x % 3; })
        .aggregate(sage::count())
        .emit(sage::every_update)
        .map([](const std::pair<int, std::uint64_t>& one) { return one.first; })
        .sink(request_replies());
    env.execute("running");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == count);
    CHECK(source.asked().outcome(44).answers == texts{"2"});
  });
}

TEST_CASE("when the job fails, the request that broke it hears of it and all others that it ended",
          "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    env.from_source(source)
        .map([](int x) {
          if (x == count / 2) throw std::runtime_error("no more");
          return x;
        })
        .name("halfway")
        .sink(request_replies());
    CHECK_THROWS_AS(env.execute("failing"), sage::error);
    check_each_ended_once(source.asked(), source.asked().size());
    CHECK(source.asked().unanswered(item_end_reason::failed) == 1);
    REQUIRE(source.asked().outcome(count / 2).errors.size() == 1);
    CHECK(source.asked().outcome(count / 2).errors.front().message() == "operator 'halfway' failed: no more");
    CHECK(source.asked().answered() + source.asked().unanswered(item_end_reason::job_ended) + 1 ==
          source.asked().size());
  });
}

TEST_CASE("when the job is cancelled, every request in it hears that it ended", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests({.splits = 1, .stays_open = true});
    sage::testing::corked_sink<std::string> corked;
    env.from_source(source)
        .map([](int x) { return std::to_string(x); })
        .rebalance()
        .filter([](const std::string& s) { return !s.empty(); })
        .sink(corked);
    sage::job job = env.submit("cancelled");
    corked.wait_until_holding();
    job.cancel();
    CHECK_THROWS_AS(job.wait(), sage::error);
    check_each_ended_once(source.asked(), source.asked().size());
    CHECK(source.asked().size() > 0);
    CHECK(source.asked().unanswered(item_end_reason::job_ended) == source.asked().size());
    CHECK(source.asked().messages() == texts{"its job ended or failed before it was answered"});
  });
}

TEST_CASE("a job that is drained answers what it has taken in", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests({.splits = 1, .stays_open = true});
    env.from_source(source).map([](int x) { return x; }).sink(request_replies());
    sage::job job = env.submit("drained");
    job.drain();
    job.wait();
    check_each_ended_once(source.asked(), source.asked().size());
    CHECK(source.asked().answered() == source.asked().size());
  });
}

TEST_CASE("of all that descends from a request the first to answer answers", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    // 0, 1, 2 or 3 children each; those of one request may be far apart before they meet a reply sink.
    env.from_source(source)
        .flat_map([](int x) { return std::vector<int>(static_cast<std::size_t>(x % 4), x); })
        .name("children")
        .broadcast()
        .map([](const int& x) { return x; })
        .parallelism(2)
        .sink(request_replies());
    env.execute("children");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == count * 3 / 4);
    CHECK(source.asked().unanswered(item_end_reason::no_results) == count / 4);
    CHECK(source.asked().messages() == texts{"operator 'children' made nothing of it"});
    CHECK(source.asked().outcome(7).answers == texts{"7"});
  });
}

TEST_CASE("a request with two consumers is answered by the one that does", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    auto in = env.from_source(source);
    in.filter([](int x) { return x < 0; }).name("nobody").sink(sage::discard());
    in.map([](int x) { return x; }).sink(request_replies());
    env.execute("two");
    check_each_ended_once(source.asked());
    CHECK(source.asked().answered() == count);
  });
}

TEST_CASE("a function that takes the context finds the item of its record there", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    std::atomic<int> others{0};
    const auto is_its_own = [&others](const int& x, sage::context& self) {
      if (!self.item() || self.item()->request_id() != std::to_string(x)) ++others;
      return true;
    };
    const auto own_map = [is_its_own](int x, sage::context& self) {
      is_its_own(x, self);
      return x;
    };
    env.from_source(source)
        .map(own_map)
        .filter(is_its_own)
        .map(own_map)
        .on_error(sage::retry(1))
        .flat_map([is_its_own](int x, sage::collector<int>& out, sage::context& self) {
          is_its_own(x, self);
          for (int i = 0; i < 2; ++i) out.push(x);
        })
        .rebalance()
        .inspect(is_its_own)
        .key_by([](int x) { return x % 5; })
        .process([is_its_own](int x, sage::collector<int>& out, sage::context& self) {
          is_its_own(x, self);
          out.push(x);
        })
        .map(own_map)
        .memoize({.entries_max = 1000})
        .sink([is_its_own](const int& x, sage::context& self) {
          is_its_own(x, self);
          sage::testing::asked_requests::answer(self.item(), "by function");
        });
    env.execute("context");
    check_each_ended_once(source.asked());
    CHECK(others == 0);
    CHECK(source.asked().answered() == count);
    CHECK(source.asked().outcome(3).answers == texts{"by function"});
  });
}

TEST_CASE("a request that ends in a sink without an answer hears which", "[pipeline][items]") {
  on_every_engine([](environment& env) {
    const auto source = requests();
    sage::collected<int> out;
    env.from_source(source).sink(sage::collect_into(out)).name("archive");
    env.execute("sunk");
    check_each_ended_once(source.asked());
    CHECK(source.asked().unanswered(item_end_reason::sunk) == count);
    CHECK(source.asked().messages() == texts{"operator 'archive' took it and doesn't answer"});
    CHECK(out.size() == count);
  });
}
