// Embeddings of concurrent calls in one request, in virtual time.
#include "sage/llm/models/batching_embedding_model.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "sage/functions/tasks/join.hpp"
#include "sage/testing/live_task_runner.hpp"
#include "tests/catch.hpp"
#include "tests/unit/llm/scripted_failures.hpp"

namespace {

using namespace sage;
using namespace sage::test;
using namespace std::chrono_literals;
using sage::testing::task_runner;
using vectors = std::vector<std::vector<float>>;
using texts = std::vector<std::string>;

constexpr nanoseconds ms = 1'000'000;

// A text's vector is its length; one that holds "bad" is refused, with all that came with it.
class length_model final : public embedding_model {
 public:
  explicit length_model(std::chrono::milliseconds delay = {}) : delay_(delay) {}
  task<vectors> embed(const texts& asked) override {
    {
      const std::lock_guard lock(mutex_);
      requests.push_back(asked);
    }
    ++running;
    const ended on_exit{running};
    if (delay_.count() > 0) co_await sleep_for(delay_);
    if (fails_with) throw llm::model_error(*fails_with, "length");
    vectors made;
    for (const std::string& one : asked) {
      if (one.find("bad") != std::string::npos) throw llm::model_error(refused(), "length");
      made.push_back({static_cast<float>(one.size())});
    }
    if (forgets_one) made.pop_back();
    co_return made;
  }
  [[nodiscard]] std::string_view name() const noexcept override { return "length"; }

  std::vector<texts> requests;
  std::optional<llm::provider_error> fails_with;
  bool forgets_one = false;
  std::atomic<int> running{0};

 private:
  struct ended {
    ~ended() { --number; }
    std::atomic<int>& number;
  };
  std::chrono::milliseconds delay_;
  std::mutex mutex_;
};

struct batched {
  explicit batched(std::chrono::milliseconds delay, llm::gathering_limits limits = {})
      : inner(std::make_shared<length_model>(delay)), model(inner, limits) {}
  auto start(texts asked) { return runner.start(embed(model, std::move(asked))); }
  static task<vectors> embed(embedding_model& model, texts asked) {
    vectors made = co_await model.embed(asked);
    co_return made;
  }
  task_runner runner;
  std::shared_ptr<length_model> inner;
  batching_embedding_model model;
};

TEST_CASE("a call alone leaves at once, as it is", "[llm][models][batching]") {
  batched its(100ms);
  const nanoseconds begun = its.runner.time().now();
  CHECK(its.runner.run(its.model.embed({"a", "bcd"})) == vectors{{1}, {3}});
  CHECK(its.runner.time().now() - begun == 100 * ms);
  CHECK(its.runner.run(its.model.embed({})).empty());
  CHECK(its.inner->requests == std::vector<texts>{{"a", "bcd"}});
  CHECK(its.model.waiting() == 0);
  CHECK(its.model.name() == "length");
}

TEST_CASE("calls that come while a request is out leave together, each gets its own", "[llm][models][batching]") {
  batched its(100ms);
  const nanoseconds begun = its.runner.time().now();
  const auto first = its.start({"a"});
  std::vector<decltype(its.start({}))> others;
  for (std::size_t i = 1; i <= 20; ++i) others.push_back(its.start({std::string(i, 'x'), std::string(2 * i, 'y')}));
  its.runner.settle();
  CHECK(first->take() == vectors{{1}});
  for (std::size_t i = 1; i <= 20; ++i) {
    CHECK(others[i - 1]->take() == vectors{{static_cast<float>(i)}, {static_cast<float>(2 * i)}});
  }
  REQUIRE(its.inner->requests.size() == 2);
  CHECK(its.inner->requests[1].size() == 40);
  CHECK(its.runner.time().now() - begun == 200 * ms);
  CHECK(its.model.waiting() == 0);
}

TEST_CASE("a request holds as many texts and bytes as it may", "[llm][models][batching]") {
  llm::gathering_limits limits;
  limits.texts_max = 4;
  limits.bytes_max = 100;
  batched its(10ms, limits);
  std::vector<decltype(its.start({}))> calls;
  for (std::size_t i = 1; i <= 10; ++i) calls.push_back(its.start({std::string(i, 'x')}));
  calls.push_back(its.start(texts(9, std::string(40, 'z'))));
  its.runner.settle();
  for (std::size_t i = 1; i <= 10; ++i) CHECK(calls[i - 1]->take() == vectors{{static_cast<float>(i)}});
  CHECK(calls.back()->take() == vectors(9, {40}));
  for (const texts& one : its.inner->requests) {
    std::size_t bytes = 0;
    for (const std::string& text : one) bytes += text.size();
    CHECK(one.size() <= 4);
    CHECK(bytes <= 100);
  }
}

TEST_CASE("more than one request may be under way", "[llm][models][batching]") {
  llm::gathering_limits limits;
  limits.texts_max = 2;
  limits.requests_max = 3;
  batched its(10ms, limits);
  std::vector<decltype(its.start({}))> calls;
  for (int i = 0; i < 13; ++i) calls.push_back(its.start({"text"}));
  int most = 0;
  while (its.runner.advance()) most = std::max(most, its.inner->running.load());
  CHECK(most == 3);
  for (const auto& one : calls) CHECK(one->take() == vectors{{4}});
  // Three alone, then pairs as places become free.
  CHECK(its.inner->requests.size() == 8);
}

TEST_CASE("one bad text fails its own call, the others are tried apart", "[llm][models][batching]") {
  batched its(10ms);
  const auto first = its.start({"a"});
  std::vector<decltype(its.start({}))> calls;
  for (int i = 0; i < 16; ++i) calls.push_back(its.start({"good", i == 11 ? "a bad one" : "too"}));
  its.runner.settle();
  for (int i = 0; i < 16; ++i) {
    const auto& call = calls[static_cast<std::size_t>(i)];
    REQUIRE(call->is_done());
    if (i == 11) {
      CHECK_THROWS_WITH(call->take(), Catch::Contains("refused"));
    } else {
      CHECK(call->take() == vectors{{4}, {3}});
    }
  }
  CHECK(its.inner->requests.size() == 10);  // the first, all 16, and two each of 8, 4, 2 and 1
  CHECK(its.model.waiting() == 0);
}

TEST_CASE("what is nobody's fault fails all of a request, once", "[llm][models][batching]") {
  using llm::provider_failure;
  for (const auto failure :
       {provider_failure::unauthorized, provider_failure::throttled, provider_failure::overloaded,
        provider_failure::unreachable, provider_failure::timeout}) {
    batched its(10ms);
    const auto first = its.start({"a"});
    const auto second = its.start({"b"}), third = its.start({"c"});
    its.runner.advance();
    its.inner->fails_with = problem_of(failure, failure != provider_failure::unauthorized);
    its.runner.settle();
    CHECK(its.inner->requests.size() == 2);
    for (const auto* one : {&first, &second, &third}) CHECK_THROWS_AS((*one)->take(), llm::model_error);
    its.inner->fails_with.reset();
    CHECK(its.runner.run(its.model.embed({"again"})) == vectors{{5}});
  }
}

TEST_CASE("an answer with too few vectors is nobody's answer", "[llm][models][batching]") {
  batched its(10ms);
  its.inner->forgets_one = true;
  CHECK_THROWS_WITH(its.runner.run(its.model.embed({"a", "b"})), Catch::Contains("1 vectors for 2 texts"));
  its.inner->forgets_one = false;
  CHECK(its.runner.run(its.model.embed({"a", "b"})) == vectors{{1}, {1}});
}

TEST_CASE("a stop hurts nobody else, whether its call makes the request, is in it, or waits",
          "[llm][models][batching][cancel]") {
  for (const std::size_t stopped : {0, 1, 2, 3, 4, 5}) {
    INFO("stopped " << stopped);
    llm::gathering_limits limits;
    limits.texts_max = 3;
    batched its(100ms, limits);
    std::vector<decltype(its.start({}))> calls;
    for (std::size_t i = 0; i < 6; ++i) calls.push_back(its.start({std::string(i + 1, 'x')}));
    // The first alone is through, the next three are under way, two wait.
    its.runner.advance_until([&] { return calls[0]->is_done() && its.inner->running == 1; });
    REQUIRE(its.inner->requests.size() == 2);
    calls[stopped].reset();
    its.runner.settle();
    for (std::size_t i = 0; i < 6; ++i) {
      if (i == stopped) continue;
      REQUIRE(calls[i]->is_done());
      CHECK(calls[i]->take() == vectors{{static_cast<float>(i + 1)}});
    }
    CHECK(its.inner->running == 0);
    CHECK(its.model.waiting() == 0);
  }
}

TEST_CASE("a stop of everybody hangs up", "[llm][models][batching][cancel]") {
  batched its(1000ms);
  std::vector<decltype(its.start({}))> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(its.start({"text"}));
  its.runner.advance();
  CHECK(its.inner->running == 1);
  calls.clear();
  CHECK(its.inner->running == 0);
  CHECK(its.model.waiting() == 0);
  CHECK(its.runner.run(its.model.embed({"next"})) == vectors{{4}});
}

TEST_CASE("a time-out around a call gives its place up", "[llm][models][batching][cancel]") {
  batched its(1000ms);
  const auto first = its.start({"a"});
  const auto impatient = [&its]() -> task<bool> {
    texts asked{"b"};
    try {
      static_cast<void>(co_await with_timeout(batched::embed(its.model, std::move(asked)), 100ms));
    } catch (const error& late) {
      co_return late.code() == errc::timeout;
    }
    co_return false;
  };
  const auto second = its.runner.start(impatient());
  its.runner.settle();
  CHECK(second->take());
  CHECK(first->take() == vectors{{1}});
  CHECK(its.inner->requests.size() == 1);
}

TEST_CASE("texts beyond what may wait are refused, and may be asked for later", "[llm][models][batching]") {
  llm::gathering_limits limits;
  limits.waiting_texts_max = 3;
  batched its(10ms, limits);
  const auto first = its.start({"a", "b"});
  const auto second = its.start({"c", "d"});
  its.runner.settle();
  CHECK(first->take() == vectors{{1}, {1}});
  try {
    second->take();
    FAIL("too many wait");
  } catch (const llm::model_error& full) {
    CHECK(full.details().retryable);
    CHECK(full.details().failure == llm::provider_failure::crowded);
    CHECK(full.code() == errc::limit);
  }
}

TEST_CASE("calls of several threads are gathered, and each gets its own", "[llm][models][batching][threads]") {
  constexpr int threads = 4, rounds = 300, beside = 8;
  const auto inner = std::make_shared<length_model>();
  batching_embedding_model model(inner);
  const auto ask_often = [&model](std::size_t size) -> task<bool> {
    for (int i = 0; i < rounds; ++i) {
      const texts asked{std::string(size, 'x'), std::string(size + 1, 'y')};
      vectors made = co_await model.embed(asked);
      if (made != vectors{{static_cast<float>(size)}, {static_cast<float>(size + 1)}}) co_return false;
    }
    co_return true;
  };
  std::atomic<int> wrong{0};
  std::vector<std::thread> all_threads;
  for (int t = 0; t < threads; ++t) {
    all_threads.emplace_back([&, t] {
      try {
        sage::testing::live_task_runner runner;
        std::vector<task<bool>> work;
        for (int i = 0; i < beside; ++i) work.push_back(ask_often(static_cast<std::size_t>(1 + t * beside + i)));
        const auto all_of_them = [&work]() -> task<std::vector<bool>> {
          std::vector<bool> fine = co_await all(std::move(work));
          co_return fine;
        };
        const std::vector<bool> fine = runner.run(all_of_them());
        wrong += static_cast<int>(std::count(fine.begin(), fine.end(), false));
      } catch (...) {
        ++wrong;
      }
    });
  }
  for (std::thread& one : all_threads) one.join();
  CHECK(wrong == 0);
  CHECK(model.waiting() == 0);
  std::size_t asked = 0;
  for (const texts& one : inner->requests) asked += one.size();
  CHECK(asked == static_cast<std::size_t>(threads * rounds * beside * 2));
  CHECK(inner->requests.size() < static_cast<std::size_t>(threads * rounds * beside));
}

}  // namespace
