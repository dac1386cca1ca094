#include "ask/retrieval.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "ask/answer.hpp"
#include "ask/index/index_writer.hpp"
#include "ask/limits.hpp"
#include "ask/models/embedded_texts.hpp"
#include "sage/base/error.hpp"
#include "tests/catch.hpp"
#include "tests/unit/seeds.hpp"

namespace {

std::vector<ask::hit> ranking(const std::vector<std::uint32_t>& passages) {
  std::vector<ask::hit> all;
  for (const auto passage : passages) all.push_back({passage, 1.0 / (1.0 + static_cast<double>(all.size()))});
  return all;
}

std::vector<std::uint32_t> passages_of(const std::vector<ask::hit>& ranked) {
  std::vector<std::uint32_t> all;
  for (const auto& one : ranked) all.push_back(one.passage);
  return all;
}

// Passages about three things, with vectors that say so without any common word.
ask::passage_index about_three_things() {
  ask::index_writer writer;
  writer.add({"boats.txt", "", "", 0, "Ships sail across the ocean.", {{2, 0, 0}}});
  writer.add({"food.txt", "", "", 0, "The bread is baked at night.", {{0, 3, 0}}});
  writer.add({"sky.txt", "", "", 0, "The moon rises over the harbour.", {{0, 0.1F, 5}, {0, 1, 1}}});
  return writer.finish();
}

}  // namespace

TEST_CASE("fusion adds 1 / (60 + rank) from each ranking", "[ask][retrieval]") {
  const auto both = ask::fused(ranking({7, 3, 5}), ranking({5, 9}));
  CHECK(passages_of(both) == std::vector<std::uint32_t>{5, 7, 3, 9});
  CHECK(both[0].score == Approx(1.0 / 63 + 1.0 / 61));
  CHECK(both[1].score == Approx(1.0 / 61));
  CHECK(both[2].score == Approx(1.0 / 62));
  CHECK(both[3].score == Approx(1.0 / 62));
}

TEST_CASE("fusion with nothing keeps a ranking, and nothing with nothing is nothing", "[ask][retrieval]") {
  const auto one = ranking({4, 2, 8});
  CHECK(passages_of(ask::fused(one, {})) == passages_of(one));
  CHECK(passages_of(ask::fused({}, one)) == passages_of(one));
  CHECK(ask::fused({}, {}).empty());
  CHECK(passages_of(ask::fused(one, one)) == passages_of(one));
}

TEST_CASE("fusion gives every passage once, ordered by its sum, whatever the rankings", "[ask][retrieval]") {
  sage::test::for_each_seed(50, [](std::mt19937_64& random) {
    std::vector<std::uint32_t> numbers(40);
    for (std::uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    const auto some = [&] {
      std::shuffle(numbers.begin(), numbers.end(), random);
      return ranking({numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(random() % 40)});
    };
    const auto first = some();
    const auto second = some();
    const auto both = ask::fused(first, second);
    std::set<std::uint32_t> wanted;
    for (const auto passage : passages_of(first)) wanted.insert(passage);
    for (const auto passage : passages_of(second)) wanted.insert(passage);
    const auto found = passages_of(both);
    CHECK(std::set<std::uint32_t>(found.begin(), found.end()) == wanted);
    CHECK(found.size() == wanted.size());
    CHECK(std::is_sorted(both.begin(), both.end(), [](const auto& a, const auto& b) { return a.score > b.score; }));
  });
}

TEST_CASE("an answer by vectors finds what no word of the question is in, a hybrid one both", "[ask][retrieval]") {
  const auto index = ask::finish_index(about_three_things(), "three numbers");
  REQUIRE(index.vectors != nullptr);
  CHECK(index.embedding_model == "three numbers");
  ask::term_finder terms;
  const std::vector<float> about_boats{1, 0, 0};
  const auto first = [&](ask::retrieval how, std::string_view question) {
    const auto given = ask::answer_question(index, question, about_boats, how, terms, 3);
    CHECK(given.how == how);
    return given.passages.empty() ? std::string() : given.passages.front().path;
  };
  CHECK(first(ask::retrieval::bm25, "vessels") == "");
  CHECK(first(ask::retrieval::vectors, "vessels") == "boats.txt");
  CHECK(first(ask::retrieval::hybrid, "vessels") == "boats.txt");
  CHECK(first(ask::retrieval::bm25, "moon") == "sky.txt");
  CHECK(first(ask::retrieval::vectors, "moon") == "boats.txt");
  const auto both = ask::answer_question(index, "moon", about_boats, ask::retrieval::hybrid, terms, 3);
  REQUIRE(both.passages.size() == 3);
  CHECK(both.passages[0].path == "sky.txt");
  CHECK(both.passages[1].path == "boats.txt");
}

TEST_CASE("partial indexes with vectors merge to what one would be", "[ask][retrieval]") {
  ask::index_writer other;
  other.add({"winds.txt", "", "", 0, "A gale blows.", {{1, 1, 0}}});
  auto whole = about_three_things();
  whole.merge(other.finish());
  REQUIRE(whole.vectors().size() == 5);
  CHECK(whole.vectors().owners() == std::vector<std::uint32_t>{0, 1, 2, 2, 3});
  CHECK(whole.vectors().passages() == 4);
  CHECK(whole.vectors()[4][0] == Approx(std::sqrt(0.5)));
  CHECK(whole.vectors()[0][0] == Approx(1.0));

  ask::passage_index empty;
  empty.merge(about_three_things());
  CHECK(empty.vectors().passages() == 3);
  empty.merge({});
  CHECK(empty.vectors().passages() == 3);
}

TEST_CASE("vectors that can't be compared are refused", "[ask][retrieval]") {
  using vectors = std::vector<std::vector<float>>;
  const auto refused = [](vectors first, vectors second) {
    ask::index_writer writer;
    writer.add({"a.txt", "", "", 0, "a", std::move(first)});
    CHECK_THROWS_AS(writer.add({"b.txt", "", "", 0, "b", std::move(second)}), sage::error);
  };
  refused({{1, 2}}, {{1, 2, 3}});
  refused({{1, 2}}, {{1, 2}, {1}});
  refused({{1, 2}}, {});
  refused({}, {{1, 2}});
  refused({{1, 2}}, {{0, 0}});
  refused({{1, 2}}, {{1, std::numeric_limits<float>::quiet_NaN()}});
  refused({{1, 2}}, {{1, std::numeric_limits<float>::infinity()}});

  ask::index_writer without;
  without.add({"c.txt", "", "", 0, "c"});
  auto whole = about_three_things();
  CHECK_THROWS_AS(whole.merge(without.finish()), sage::error);
}

TEST_CASE("a passage is as near as its nearest part, and found once", "[ask][retrieval]") {
  const ask::vector_search search(about_three_things().take_vectors());
  CHECK(search.size() == 4);
  CHECK(search.passages() == 3);
  const auto found = search.search(std::vector<float>{0, 0, 1}, 3);
  REQUIRE(found.size() == 3);
  CHECK(found[0].passage == 2);
  CHECK(found[0].score == Approx(5 / std::sqrt(25.01)));
  CHECK(passages_of(found).size() == 3);
}

TEST_CASE("an embedding model reads a passage in parts of whole sentences", "[ask][retrieval]") {
  const std::string sentence = "Ships come and go at all hours of the day and of the night.";  // 14 words
  ask::passage one{"a.txt", "", "", 0, sentence + " " + sentence + " " + sentence};
  CHECK(ask::embedded_texts(one) == std::vector<std::string>{sentence + " " + sentence, sentence});
  one.text = "Short.";
  CHECK(ask::embedded_texts(one) == std::vector<std::string>{"Short."});
  one.text = "";
  CHECK(ask::embedded_texts(one) == std::vector<std::string>{"a.txt"});
  one.text = std::string(100'000, 'x');
  REQUIRE(ask::embedded_texts(one).size() == 1);
  CHECK(ask::embedded_texts(one).front().size() == ask::limits::embedded_bytes_max);
}
