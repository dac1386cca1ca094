#include "ask/passages.hpp"

#include <algorithm>
#include <random>
#include <string>

#include "ask/sentences.hpp"
#include "tests/catch.hpp"

using ask::count_words;
using ask::split;
using ask::text::block;
using ask::text::block_kind;
using ask::text::extracted;

namespace {

std::string words(std::size_t count, const std::string& word = "word") {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i == 0 ? "" : " ") + word;
  return text;
}

block heading(std::uint8_t level, std::string text) {
  return {block_kind::heading, level, std::move(text)};
}
block paragraph(std::string text) {
  return {block_kind::paragraph, 0, std::move(text)};
}

}  // namespace

TEST_CASE("a passage carries its path, title, headings and ordinal", "[ask][passages]") {
  const extracted document{"Title",
                           {heading(1, "A"), paragraph(words(90)), heading(2, "B"), paragraph(words(100)),
                            heading(1, "C"), paragraph(words(80))}};
  const auto passages = split("a/b.html", document);
  REQUIRE(passages.size() == 3);
  CHECK(passages[0].path == "a/b.html");
  CHECK(passages[0].title == "Title");
  CHECK(passages[0].section == "A");
  CHECK(passages[1].section == "A > B");
  CHECK(passages[2].section == "C");
  CHECK(passages[2].ordinal == 2);
}

TEST_CASE("a heading that repeats the title is no section of its own", "[ask][passages]") {
  const extracted document{"Title",
                           {heading(1, "Title"), paragraph(words(90)), heading(2, "B"), paragraph(words(90))}};
  const auto passages = split("x", document);
  REQUIRE(passages.size() == 2);
  CHECK(passages[0].section.empty());
  CHECK(passages[1].section == "B");
}

TEST_CASE("small neighbouring sections share a passage that keeps their headings", "[ask][passages]") {
  const extracted document{"T",
                           {heading(1, "M"), heading(2, "A"), paragraph("one"), heading(2, "B"), paragraph("two"),
                            heading(1, "N"), paragraph(words(100))}};
  const auto passages = split("x", document);
  REQUIRE(passages.size() == 2);
  CHECK(passages[0].section == "M");
  CHECK(passages[0].text == "A\none\nB\ntwo");
  CHECK(passages[1].section == "N");
}

TEST_CASE("sections that share the beginning of a name share no heading", "[ask][passages]") {
  const extracted document{"T", {heading(1, "Start"), paragraph("one"), heading(1, "Starting"), paragraph("two")}};
  const auto passages = split("x", document);
  REQUIRE(passages.size() == 1);
  CHECK(passages[0].section.empty());
}

TEST_CASE("paragraphs are put together up to the target and long ones split between sentences", "[ask][passages]") {
  extracted document{"T", {}};
  for (int i = 0; i < 6; ++i) document.blocks.push_back(paragraph(words(50)));
  std::string long_text;
  for (int i = 0; i < 40; ++i) long_text += "This sentence has exactly six words. ";
  document.blocks.push_back(paragraph(long_text));
  const auto passages = split("x", document);
  REQUIRE(passages.size() >= 4);
  CHECK(count_words(passages[0].text) == 150);
  for (const auto& passage : passages) {
    CHECK(count_words(passage.text) <= ask::passage_size{}.words_max);
    if (passage.text.starts_with("This")) CHECK(passage.text.ends_with("words."));
  }
}

TEST_CASE("a term is never parted from its meaning", "[ask][passages]") {
  extracted document{"T", {}};
  for (int i = 0; i < 20; ++i) {
    document.blocks.push_back({block_kind::term, 0, "term" + std::to_string(i)});
    document.blocks.push_back(paragraph("meaning" + std::to_string(i) + " " + words(44)));
  }
  for (const auto& passage : split("x", document)) {
    for (int i = 0; i < 20; ++i) {
      const auto number = std::to_string(i);
      const bool has_term = (passage.text + "\n").find("term" + number + "\n") != std::string::npos;
      const bool has_meaning = passage.text.find("meaning" + number + " ") != std::string::npos;
      CHECK(has_term == has_meaning);
    }
  }
}

TEST_CASE("every word is in exactly one passage, in order, and passages are bounded", "[ask][passages]") {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    extracted document{"T", {}};
    std::string expected;
    int next = 0;
    for (int blocks = 0; blocks < 40; ++blocks) {
      std::string text;
      for (auto count = 1 + random() % 300; count > 0; --count) {
        text += (text.empty() ? "w" : random() % 9 == 0 ? ". W" : " w") + std::to_string(next++);
      }
      // Headings of single sections go into the section's name; only blocks are counted here.
      const auto kind = std::array{block_kind::paragraph, block_kind::item, block_kind::term,
                                   block_kind::preformatted}[random() % 4];
      document.blocks.push_back({kind, 0, text});
      expected += (expected.empty() ? "" : " ") + text;
    }
    std::string found;
    for (const auto& passage : split("x", document)) {
      CHECK(count_words(passage.text) <= 2 * ask::passage_size{}.words_max);
      found += (found.empty() ? "" : " ") + passage.text;
    }
    std::replace(found.begin(), found.end(), '\n', ' ');
    CHECK(found == expected);
  }
}

TEST_CASE("text without spaces is cut into bounded passages of valid characters", "[ask][passages]") {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "漢";
  const auto passages = split("x", {"T", {paragraph(text)}});
  CHECK(passages.size() > 3);
  std::string joined;
  for (const auto& passage : passages) {
    CHECK(passage.text.size() % 3 == 0);
    CHECK(passage.text.size() <= 200 * 16);
    for (const char c : passage.text) joined += c == '\n' ? "" : std::string(1, c);
  }
  CHECK(joined == text);
}

TEST_CASE("an empty document has no passage", "[ask][passages]") {
  CHECK(split("x", {"Title", {}}).empty());
  CHECK(split("x", {"Title", {heading(1, "Only a heading")}}).empty());
}

TEST_CASE("sentences end at marks and line ends, not at abbreviations and names", "[ask][sentences]") {
  using texts = std::vector<std::string_view>;
  CHECK(ask::sentences_of("One. Two! Three? \"Four.\" Five") == texts{"One.", "Two!", "Three?", "\"Four.\"", "Five"});
  CHECK(ask::sentences_of("See e.g. Figure 3, i.e. pg_hba.conf 2.5 by J. Smith. Next") ==
        texts{"See e.g. Figure 3, i.e. pg_hba.conf 2.5 by J. Smith.", "Next"});
  CHECK(ask::sentences_of("a. and so on\nline") == texts{"a. and so on", "line"});
  CHECK(ask::sentences_of("甲。乙") == texts{"甲。", "乙"});
  CHECK(ask::sentences_of(" \n\n ").empty());
}
