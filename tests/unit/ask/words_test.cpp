#include <string>
#include <vector>

#include "ask/limits.hpp"
#include "ask/terms.hpp"
#include "ask/tokens.hpp"
#include "tests/catch.hpp"

namespace {

/// The words of `text`, whole identifiers in brackets.
std::string words_of(std::string_view text) {
  std::string found;
  ask::word_reader reader(text);
  for (ask::word next; reader.next(next);) {
    if (!found.empty()) found += ' ';
    found += next.is_compound ? "[" + std::string(next.text) + "]" : std::string(next.text);
  }
  return found;
}

std::string terms_of(std::string_view text) {
  ask::term_finder finder;
  std::string found;
  for (const auto& term : ask::question_terms(text, finder)) {
    if (!found.empty()) found += ' ';
    found += term.text;
    for (const auto& other : term.alternatives) found += "/" + other;
  }
  return found;
}

}  // namespace

TEST_CASE("words are lower-case letters and digits of any script", "[ask][words]") {
  CHECK(words_of("The QUICK, brown-ish fox! 42") == "the quick brown ish [brown-ish] fox 42");
  CHECK(words_of("Größe ÉTÉ Ключ Ελλάδα") == "größe été ключ ελλάδα");
  CHECK(words_of("") == "");
  CHECK(words_of("--- ... ___") == "");
}

TEST_CASE("identifiers are given in parts and whole", "[ask][words]") {
  CHECK(words_of("max_connections") == "max connections [max_connections]");
  CHECK(words_of("See pg_hba.conf.") == "see pg hba conf [pg_hba.conf]");
  CHECK(words_of("--no-fusion /etc/fstab a.b._c") == "no fusion [no-fusion] etc fstab a b [a.b] c");
  ask::word_reader reader("pg_hba.conf x");
  ask::word next;
  REQUIRE(reader.next(next));
  CHECK(next.parts == 3);
}

TEST_CASE("an apostrophe belongs to its word", "[ask][words]") {
  CHECK(words_of("user's don't users’ o’clock 'quoted'") == "users dont users oclock quoted");
}

TEST_CASE("scripts without spaces are given in overlapping pairs", "[ask][words]") {
  CHECK(words_of("漢字検索") == "漢字 字検 検索 索");
  CHECK(words_of("Linux用の本") == "linux 用の の本 本");
}

TEST_CASE("words too long to mean anything are left out", "[ask][words]") {
  const std::string longest(ask::limits::word_bytes_max, 'a');
  CHECK(words_of(longest) == longest);
  CHECK(words_of(longest + "a b") == "b");
  std::string chain = "x";
  for (int i = 0; i < 1000; ++i) chain += "_y";
  ask::word_reader reader(chain);
  std::size_t parts = 0;
  for (ask::word next; reader.next(next);) {
    REQUIRE(next.text.size() <= ask::limits::word_bytes_max);
    if (!next.is_compound) ++parts;
  }
  CHECK(parts == 1001);
}

TEST_CASE("malformed bytes separate words", "[ask][words]") {
  CHECK(words_of("a\xff\xfe"
                 "b \xC3") == "a b");
}

TEST_CASE("terms are stems without stop words", "[ask][terms]") {
  CHECK(terms_of("How are the connections connected?") == "connect/connectionsconnect");
  CHECK(terms_of("indexes indexing indexed") == "index/indexesindex/indexingindex");
  CHECK(terms_of("who is who") == "");
}

TEST_CASE("identifiers and numbers are not stemmed", "[ask][terms]") {
  ask::term_finder finder;
  const auto terms = ask::question_terms("max_connections 1000s", finder);
  REQUIRE(terms.size() == 4);
  CHECK(terms[0].text == "max");
  CHECK(terms[0].weight == 0.5);
  CHECK(terms[1].text == "connect");
  CHECK(terms[2].text == "max_connections");
  CHECK(terms[2].weight == 1.0);
  CHECK(terms[3].text == "1000s");
}

TEST_CASE("two neighbouring words have what they make as one for an alternative", "[ask][terms]") {
  CHECK(terms_of("shut down") == "shut/shutdown down/shutdown");
  CHECK(terms_of("back up now") == "back/backup now");
  CHECK(terms_of("file, system") == "file/filesystem system/filesystem");
}

TEST_CASE("a question of any length has a bounded number of terms", "[ask][terms]") {
  std::string question;
  for (int i = 0; i < 10'000; ++i) question += "w" + std::to_string(i) + " ";
  ask::term_finder finder;
  CHECK(ask::question_terms(question, finder).size() == ask::limits::question_terms_max);
}
