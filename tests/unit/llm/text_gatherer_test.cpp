// Which texts go into which request: bounds, turns, halves, and what becomes of calls that are gone.
#include "sage/llm/limits/text_gatherer.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

namespace {

using namespace sage;
using llm::text_gatherer;
using ids = std::vector<text_gatherer::call_id>;
using pieces = std::vector<text_gatherer::piece>;

llm::gathering_limits limits_of(std::size_t texts, std::size_t bytes, std::size_t requests = 1) {
  llm::gathering_limits limits;
  limits.texts_max = texts;
  limits.bytes_max = bytes;
  limits.requests_max = requests;
  return limits;
}

std::vector<std::size_t> texts_of(std::size_t count, std::size_t bytes = 1) {
  return std::vector<std::size_t>(count, bytes);
}

}  // namespace

TEST_CASE("a request leaves at once, and calls gather while it is under way", "[llm][limits][gatherer]") {
  text_gatherer its(limits_of(100, 1000));
  CHECK_FALSE(its.begin());
  REQUIRE(its.add(1, texts_of(2)));
  const auto first = its.begin();
  REQUIRE(first);
  CHECK(first->pieces == pieces{{1, 0, 2}});
  REQUIRE(its.add(2, texts_of(1)));
  REQUIRE(its.add(3, texts_of(3)));
  CHECK_FALSE(its.begin());
  CHECK(its.on_success(first->id) == ids{1});
  const auto second = its.begin();
  REQUIRE(second);
  CHECK(second->pieces == pieces{{2, 0, 1}, {3, 0, 3}});
  CHECK(its.on_success(second->id) == ids{2, 3});
  CHECK(its.texts() == 0);
  CHECK(its.under_way() == 0);
}

TEST_CASE("a request is bounded by texts and by bytes, and a text beyond goes alone", "[llm][limits][gatherer]") {
  text_gatherer its(limits_of(3, 10));
  REQUIRE(its.add(1, {4, 4, 4, 99, 1}));
  std::vector<pieces> seen;
  while (const auto next = its.begin()) {
    seen.push_back(next->pieces);
    static_cast<void>(its.on_success(next->id));
  }
  CHECK(seen == std::vector<pieces>{{{1, 0, 2}}, {{1, 2, 3}}, {{1, 3, 4}}, {{1, 4, 5}}});
  REQUIRE(its.add(2, texts_of(2)));
  REQUIRE(its.add(3, texts_of(2)));
  CHECK(its.begin()->pieces == pieces{{2, 0, 2}, {3, 0, 1}});
}

TEST_CASE("a large call takes its turns behind others", "[llm][limits][gatherer]") {
  text_gatherer its(limits_of(10, 1000));
  REQUIRE(its.add(1, texts_of(25)));
  const auto first = its.begin();
  REQUIRE(its.add(2, texts_of(4)));
  CHECK(its.on_success(first->id).empty());
  const auto second = its.begin();
  CHECK(second->pieces == pieces{{2, 0, 4}, {1, 10, 16}});
  CHECK(its.on_success(second->id) == ids{2});
}

TEST_CASE("a failed request is tried in halves until the bad call is alone", "[llm][limits][gatherer]") {
  text_gatherer its(limits_of(100, 1000));
  for (text_gatherer::call_id id = 1; id <= 8; ++id) REQUIRE(its.add(id, texts_of(2)));
  std::size_t requests = 0;
  ids failed, answered;
  while (const auto next = its.begin()) {
    ++requests;
    const bool is_bad = std::any_of(next->pieces.begin(), next->pieces.end(), [](auto p) { return p.call == 6; });
    const ids ended = is_bad ? its.on_failure(next->id, true) : its.on_success(next->id);
    ids& into = is_bad ? failed : answered;
    into.insert(into.end(), ended.begin(), ended.end());
  }
  CHECK(failed == ids{6});
  CHECK(answered.size() == 7);
  CHECK(requests == 7);  // 8, then two each of 4, 2 and 1

  for (text_gatherer::call_id id = 1; id <= 8; ++id) REQUIRE(its.add(id, texts_of(1)));
  requests = 0;
  while (const auto next = its.begin()) {
    ++requests;
    static_cast<void>(its.on_failure(next->id, true));
  }
  CHECK(requests == 15);  // 2n - 1: the most that there are
  CHECK(its.texts() == 0);

  for (text_gatherer::call_id id = 1; id <= 3; ++id) REQUIRE(its.add(id, texts_of(1)));
  CHECK(its.on_failure(its.begin()->id, false) == ids{1, 2, 3});
}

TEST_CASE("a call that is gone leaves the others their request", "[llm][limits][gatherer]") {
  text_gatherer its(limits_of(100, 1000));
  for (text_gatherer::call_id id = 1; id <= 3; ++id) REQUIRE(its.add(id, texts_of(1)));
  const auto first = its.begin();
  its.remove(2);
  CHECK(its.on_success(first->id) == ids{1, 3});
  for (text_gatherer::call_id id = 4; id <= 6; ++id) REQUIRE(its.add(id, texts_of(1)));
  const auto second = its.begin();
  its.remove(4);
  its.on_abandoned(second->id);
  REQUIRE(its.add(7, texts_of(1)));
  its.remove(5);
  CHECK(its.begin()->pieces == pieces{{6, 0, 1}});  // as it was, before others
}

TEST_CASE("no more texts wait than may", "[llm][limits][gatherer]") {
  llm::gathering_limits limits = limits_of(10, 1000);
  limits.waiting_texts_max = 20;
  text_gatherer its(limits);
  CHECK(its.add(1, texts_of(30)));  // nobody else is there
  CHECK_FALSE(its.add(2, texts_of(1)));
  its.remove(1);
  CHECK(its.add(3, texts_of(15)));
  CHECK(its.add(4, texts_of(5)));
  CHECK_FALSE(its.add(5, texts_of(1)));
}

TEST_CASE("whatever fails and whoever leaves, every call ends once and no request is beyond its bounds",
          "[llm][limits][gatherer][property]") {
  sage::test::for_each_seed(200, [](std::mt19937_64& random) {
    const auto draw = [&random](std::uint64_t below) { return random() % below; };
    const llm::gathering_limits limits = limits_of(1 + draw(8), 1 + draw(60), 1 + draw(3));
    text_gatherer its(limits);
    std::map<text_gatherer::call_id, std::vector<std::size_t>> open;
    std::map<text_gatherer::call_id, std::size_t> answered;
    std::vector<text_gatherer::request> under_way;
    text_gatherer::call_id last = 0;
    const auto end = [&](const ids& ended) {
      for (const auto id : ended) CHECK(open.erase(id) == 1);
    };
    for (int step = 0; step < 300 || !open.empty(); ++step) {
      REQUIRE(step < 20'000);
      if (step < 300 && draw(2) == 0) {
        std::vector<std::size_t> bytes(1 + draw(12));
        for (std::size_t& one : bytes) one = draw(30);
        REQUIRE(its.add(++last, bytes));
        open.emplace(last, std::move(bytes));
      }
      while (auto next = its.begin()) {
        std::size_t texts = 0, bytes = 0;
        for (const auto& one : next->pieces) {
          REQUIRE(open.contains(one.call));
          CHECK(one.begin == answered[one.call]);
          for (std::size_t i = one.begin; i < one.end; ++i) bytes += open[one.call][i];
          texts += one.end - one.begin;
        }
        CHECK(texts <= limits.texts_max);
        CHECK((bytes <= limits.bytes_max || texts == 1));
        under_way.push_back(std::move(*next));
        CHECK(under_way.size() <= limits.requests_max);
      }
      CHECK((open.empty() || !under_way.empty()));  // nobody waits for nothing
      if (!open.empty() && draw(10) == 0) {
        const auto gone = open.begin()->first;
        its.remove(gone);
        open.erase(gone);
      }
      if (under_way.empty()) continue;
      std::swap(under_way[draw(under_way.size())], under_way.back());
      const text_gatherer::request ended = std::move(under_way.back());
      under_way.pop_back();
      switch (draw(6)) {
        case 0: end(its.on_failure(ended.id, true)); break;
        case 1: its.on_abandoned(ended.id); break;
        default:
          for (const auto& one : ended.pieces) answered[one.call] = one.end;
          end(its.on_success(ended.id));
      }
    }
    CHECK(its.texts() == 0);
  });
}
