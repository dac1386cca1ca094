#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>

#include "ask/index/index_writer.hpp"
#include "ask/index/string_table.hpp"
#include "ask/limits.hpp"
#include "tests/catch.hpp"

using ask::passage;
using ask::passage_index;

namespace {

/// Words that the stemmer leaves alone and that are no stop words.
std::string word_of(unsigned number) {
  return "x" + std::to_string(number);
}

std::string random_words(std::mt19937& random, unsigned count) {
  std::string text;
  for (unsigned i = 0; i < count; ++i) {
    const auto number = std::min({random() % 60, random() % 60, random() % 60});
    text += (text.empty() ? "" : " ") + word_of(static_cast<unsigned>(number));
  }
  return text;
}

std::vector<passage> random_passages(std::mt19937& random) {
  std::vector<passage> passages;
  for (std::uint32_t document = 0; document < 25; ++document) {
    const auto title = random_words(random, 1 + random() % 4);
    const auto folder = std::string(document % 2 == 0 ? "even/" : "odd/");
    const auto count = 1 + static_cast<std::uint32_t>(random() % 6);
    for (std::uint32_t ordinal = 0; ordinal < count; ++ordinal) {
      passages.push_back({folder + std::to_string(document), title, random_words(random, random() % 5), ordinal,
                          random_words(random, 5 + random() % 60)});
    }
  }
  return passages;
}

passage_index index_of(const std::vector<passage>& passages) {
  ask::index_writer writer;
  for (const auto& entry : passages) writer.add(entry);
  return writer.finish();
}

/// A hit by what it is, not by its number: numbers differ between indexes made in different ways.
using found = std::tuple<std::string, std::uint32_t, double>;

std::vector<found> search(const passage_index& index, const std::vector<ask::wanted_term>& terms, std::size_t count) {
  std::vector<found> result;
  for (const auto& hit : index.search(terms, count)) {
    const auto& passage = index.passage(hit.passage);
    result.emplace_back(std::string(index.path_of(passage)), passage.ordinal, hit.score);
  }
  return result;
}

std::vector<std::string> split_words(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

/// BM25F as its definition says, without any index.
std::vector<found> brute_force(const std::vector<passage>& passages, const std::vector<ask::wanted_term>& terms) {
  const auto fields = [](const passage& p) {
    return std::array{split_words(p.text), split_words(p.section), split_words(p.title)};
  };
  std::array<double, 3> mean{};
  for (const auto& p : passages) {
    const auto texts = fields(p);
    for (std::size_t f = 0; f < 3; ++f) mean[f] += static_cast<double>(texts[f].size());
  }
  for (auto& value : mean) value /= static_cast<double>(passages.size());
  const std::array weights{ask::ranking::body_weight, ask::ranking::section_weight, ask::ranking::title_weight};
  std::vector<double> scores(passages.size());
  for (const auto& term : terms) {
    std::set<std::string> same(term.alternatives.begin(), term.alternatives.end());
    same.insert(term.text);
    std::vector<double> frequencies;
    double with = 0;
    for (const auto& p : passages) {
      const auto texts = fields(p);
      double frequency = 0;
      for (std::size_t f = 0; f < 3; ++f) {
        const auto count =
            std::count_if(texts[f].begin(), texts[f].end(), [&](const auto& w) { return same.contains(w); });
        const auto length = static_cast<double>(texts[f].size());
        if (count != 0) frequency += weights[f] * static_cast<double>(count) / (0.25 + 0.75 * length / mean[f]);
      }
      frequencies.push_back(frequency);
      with += frequency > 0 ? 1 : 0;
    }
    const auto rarity = std::log(1 + (static_cast<double>(passages.size()) - with + 0.5) / (with + 0.5));
    for (std::size_t i = 0; i < passages.size(); ++i) {
      scores[i] +=
          term.weight * rarity * frequencies[i] * (ask::ranking::k1 + 1) / (ask::ranking::k1 + frequencies[i]);
    }
  }
  std::vector<found> result;
  for (std::size_t i = 0; i < passages.size(); ++i) {
    if (scores[i] > 0) result.emplace_back(passages[i].path, passages[i].ordinal, scores[i]);
  }
  std::sort(result.begin(), result.end(), [](const found& a, const found& b) {
    if (std::get<2>(a) != std::get<2>(b)) return std::get<2>(a) > std::get<2>(b);
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  return result;
}

}  // namespace

TEST_CASE("scores are those of BM25F computed by its definition", "[ask][index]") {
  std::mt19937 random(1);
  for (int round = 0; round < 20; ++round) {
    const auto passages = random_passages(random);
    const auto index = index_of(passages);
    const std::vector<ask::wanted_term> terms{{word_of(static_cast<unsigned>(random() % 60)), 1, {}},
                                              {word_of(static_cast<unsigned>(random() % 9)), 0.5, {}},
                                              {word_of(7), 1, {word_of(20), word_of(30), "unknown"}},
                                              {"absent", 1, {}}};
    const auto expected = brute_force(passages, terms);
    const auto hits = search(index, terms, passages.size());
    REQUIRE(hits.size() == expected.size());
    std::map<std::pair<std::string, std::uint32_t>, double> scores;
    for (const auto& [path, ordinal, score] : expected) scores[{path, ordinal}] = score;
    for (std::size_t i = 0; i < hits.size(); ++i) {
      const auto& [path, ordinal, score] = hits[i];
      CHECK(score == Approx(scores.at({path, ordinal})).epsilon(1e-12));
      CHECK(score == Approx(std::get<2>(expected[i])).epsilon(1e-12));
    }
  }
}

TEST_CASE("merged partial indexes answer as one index does, whatever the parts and their order", "[ask][index]") {
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    const auto passages = random_passages(random);
    const auto whole = index_of(passages);
    std::vector<std::vector<passage>> parts(1 + random() % 5);
    for (const auto& entry : passages) parts[random() % parts.size()].push_back(entry);
    std::shuffle(parts.begin(), parts.end(), random);
    passage_index merged;
    for (const auto& part : parts) merged.merge(index_of(part));
    CHECK(merged.passages() == whole.passages());
    CHECK(merged.documents() == whole.documents());
    CHECK(merged.terms() == whole.terms());
    CHECK(merged.statistics() == whole.statistics());
    for (unsigned term = 0; term < 60; ++term) {
      const std::vector<ask::wanted_term> terms{{word_of(term), 1, {}}, {word_of(term / 2), 1, {word_of(3)}}};
      // Equal to the last bit: the sums are whole numbers, and each score is added up in the order of the terms.
      CHECK(search(merged, terms, 10) == search(whole, terms, 10));
    }
    for (std::uint32_t i = 0; i < merged.passages(); ++i) {
      const auto& entry = merged.passage(i);
      const auto same = std::find_if(passages.begin(), passages.end(), [&](const passage& p) {
        return p.path == merged.path_of(entry) && p.ordinal == entry.ordinal;
      });
      REQUIRE(same != passages.end());
      CHECK(same->text == entry.text);
      CHECK(same->section == entry.section);
      CHECK(same->title == merged.title_of(entry));
    }
  }
}

TEST_CASE("the best hits are the first of all hits, equal scores by path and ordinal", "[ask][index]") {
  std::vector<passage> passages;
  for (const auto* path : {"b", "c", "a"}) {
    for (std::uint32_t ordinal : {1U, 0U}) passages.push_back({path, "", "", ordinal, "equal words"});
  }
  const auto index = index_of(passages);
  const auto all = search(index, {{"equal", 1, {}}}, 100);
  REQUIRE(all.size() == 6);
  CHECK(std::get<0>(all[0]) == "a");
  CHECK(std::get<1>(all[0]) == 0);
  CHECK(std::get<0>(all[5]) == "c");
  CHECK(std::get<1>(all[5]) == 1);
  for (std::size_t count = 0; count <= 6; ++count) {
    const auto some = search(index, {{"equal", 1, {}}}, count);
    CHECK(some == std::vector<found>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count)));
  }
}

TEST_CASE("headings count more than the text, short passages more than long ones", "[ask][index]") {
  const std::string filler = " filler filler filler filler filler filler filler filler";
  const auto index = index_of({{"text", "t", "s", 0, "anchor" + filler},
                               {"section", "t", "anchor", 0, "other" + filler},
                               {"title", "anchor", "s", 0, "other" + filler},
                               {"long", "t", "s", 0, "anchor" + filler + filler + filler}});
  const auto hits = search(index, {{"anchor", 1, {}}}, 4);
  REQUIRE(hits.size() == 4);
  CHECK(std::get<0>(hits[0]) == "title");
  CHECK(std::get<0>(hits[1]) == "section");
  CHECK(std::get<0>(hits[2]) == "text");
  CHECK(std::get<0>(hits[3]) == "long");
}

TEST_CASE("an index without passages finds nothing and takes over everything", "[ask][index]") {
  passage_index empty;
  CHECK(empty.search({{"x", 1, {}}}, 3).empty());
  empty.merge(passage_index{});
  CHECK(empty.passages() == 0);
  empty.merge(index_of({{"p", "t", "s", 0, "words here"}}));
  CHECK(empty.search({{"word", 1, {}}}, 3).size() == 1);
  empty.merge(passage_index{});
  CHECK(empty.passages() == 1);
}

TEST_CASE("a writer starts anew after it has finished", "[ask][index]") {
  ask::index_writer writer;
  writer.add({"a", "", "", 0, "first words"});
  CHECK(writer.finish().passages() == 1);
  writer.add({"b", "", "", 0, "second words"});
  const auto second = writer.finish();
  CHECK(second.passages() == 1);
  CHECK(second.search({{"first", 1, {}}}, 1).empty());
  CHECK(second.search({{"second", 1, {}}}, 1).size() == 1);
}

TEST_CASE("posting lists give back what was put in, also after being joined", "[ask][postings]") {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<std::uint32_t, ask::occurrences>> entries;
    std::uint32_t passage = 0;
    for (auto count = random() % 40; count > 0; --count) {
      passage += 1 + static_cast<std::uint32_t>(random() % 3 == 0 ? random() % 3'000'000 : random() % 3);
      const auto body = static_cast<std::uint32_t>(random() % 4 == 0 ? random() % 100'000 : 1);
      entries.push_back({passage,
                         {body, static_cast<std::uint8_t>(random() % 2 * (random() % 16)),
                          static_cast<std::uint8_t>(random() % 2 * (random() % 16))}});
    }
    ask::posting_list whole;
    const auto border = static_cast<std::uint32_t>(entries.empty() ? 0 : entries[random() % entries.size()].first);
    ask::posting_list first;
    ask::posting_list second;
    for (const auto& [number, count] : entries) {
      whole.append(number, count);
      if (number < border) first.append(number, count);
      if (number >= border) second.append(number - border, count);
    }
    first.append(second, border);
    for (const auto* list : {&whole, &first}) {
      CHECK(list->size() == entries.size());
      std::vector<std::pair<std::uint32_t, ask::occurrences>> read;
      ask::posting_list::reader reader(*list);
      for (std::pair<std::uint32_t, ask::occurrences> entry; reader.next(entry.first, entry.second);) {
        read.push_back(entry);
      }
      CHECK(read == entries);
    }
    CHECK(first.bytes() <= whole.bytes() + 5);
  }
}

TEST_CASE("a string table numbers strings in the order of their first insertion", "[ask][index]") {
  ask::string_table table;
  CHECK(table.find("x") == ask::string_table::none);
  std::map<std::string, std::uint32_t> expected;
  std::mt19937 random(4);
  for (int i = 0; i < 20'000; ++i) {
    const auto text = std::string(random() % 3, 'y') + std::to_string(random() % 5'000);
    const auto [entry, is_new] = expected.emplace(text, static_cast<std::uint32_t>(expected.size()));
    REQUIRE(table.insert(text) == entry->second);
  }
  CHECK(table.size() == expected.size());
  for (const auto& [text, number] : expected) {
    REQUIRE(table.find(text) == number);
    REQUIRE(table[number] == text);
  }
  CHECK(table.find("absent") == ask::string_table::none);
  const auto size = table.size();
  CHECK(table.insert("x") == size);
  CHECK(table.insert("x") == size);
}
