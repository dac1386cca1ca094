#include <string>

#include <nlohmann/json.hpp>

#include "ask/answer.hpp"
#include "ask/index/index_writer.hpp"
#include "ask/sentence_evidence.hpp"
#include "tests/catch.hpp"

namespace {

ask::passage_index index_of(const std::vector<ask::passage>& passages) {
  ask::index_writer writer;
  for (const auto& entry : passages) writer.add(entry);
  return writer.finish();
}

const std::vector<ask::passage> harbor{
    {"a.html", "Manual", "Connections", 0,
     "Ships come and go. The port the server listens on is 4711 by default. A change needs a restart."},
    {"a.html", "Manual", "Stopping", 1, "Send the signal TERM. The server ends when all manifests are written."},
    {"b.txt", "History", "", 0, "The server was begun by two dock workers."},
};

}  // namespace

TEST_CASE("an answer names its sources and extracts the sentence that says it", "[ask][answer]") {
  const auto index = index_of(harbor);
  ask::term_finder terms;
  const auto given = ask::answer_question(index, " Which port does the server listen on? ", terms, 3);
  CHECK(given.question == "Which port does the server listen on?");
  REQUIRE(given.passages.size() == 3);
  const auto& best = given.passages[0];
  CHECK(best.path == "a.html");
  CHECK(best.title == "Manual");
  CHECK(best.section == "Connections");
  CHECK(best.ordinal == 0);
  CHECK(best.score > given.passages[1].score);
  CHECK(best.extract == std::vector<std::string>{"The port the server listens on is 4711 by default."});
  CHECK(best.text == harbor[0].text);
}

TEST_CASE("a question none of whose words is known has no passages", "[ask][answer]") {
  const auto index = index_of(harbor);
  ask::term_finder terms;
  for (const auto* question : {"", "zebra", "what is it", "?!"}) {
    const auto given = ask::answer_question(index, question, terms, 3);
    CHECK(given.passages.empty());
    CHECK(to_text(given).find("no document has any of these words") != std::string::npos);
  }
  CHECK(ask::answer_question(index, "port", terms, 0).passages.empty());
  CHECK(ask::answer_question({}, "port", terms, 3).passages.empty());
}

TEST_CASE("passages that say the same are given once, from the folder that is most in English", "[ask][answer]") {
  const std::string same = "The lantern on the pier is lit when the evening comes and fog is in the bay.";
  const auto index = index_of({{"cs/x.html", "Kniha", "", 0, same},
                               {"cs/y.html", "Kniha", "", 0, "Lucerna na molu sviti kdyz prijde vecer a mlha"},
                               {"en/x.html", "Book", "", 0, same},
                               {"en/y.html", "Book", "", 0, "The lantern was bought by the harbour in the spring."}});
  ask::term_finder terms;
  const auto given = ask::answer_question(index, "When is the lantern lit?", terms, 3);
  REQUIRE(given.passages.size() == 2);
  CHECK(given.passages[0].path == "en/x.html");
  CHECK(given.passages[0].also_in == std::vector<std::string>{"cs/x.html"});
  CHECK(given.passages[1].path == "en/y.html");
  CHECK(given.passages[1].also_in.empty());
}

TEST_CASE("who asks in English gets English before what has the same words in another language", "[ask][answer]") {
  const auto index =
      index_of({{"de/x.html", "Postfix", "", 0, "Postfix Mail Server Konfiguration Datei Abschnitt Dienst Rechner"},
                {"en/x.html", "Mail", "", 0, "The mail server that is installed by default is postfix."}});
  ask::term_finder terms;
  CHECK(ask::answer_question(index, "postfix mail server", terms, 2).passages.at(0).path == "de/x.html");
  CHECK(ask::answer_question(index, "How do I set up a mail server with postfix?", terms, 2).passages.at(0).path ==
        "en/x.html");
}

TEST_CASE("an extract has one to three sentences in the order of the text", "[ask][answer]") {
  const auto index = index_of({{"x", "", "", 0, "anchor chain rope winch filler"}, {"y", "", "", 0, "other text"}});
  ask::term_finder terms;
  const ask::weighted_question question(index, ask::question_terms("anchor, chain, rope, winch", terms));
  using sentences = std::vector<std::string>;
  CHECK(extract_sentences(question, "Nothing here. The winch turns and pulls. Then the anchor is up again.", terms) ==
        sentences{"The winch turns and pulls.", "Then the anchor is up again."});
  CHECK(extract_sentences(
            question, "The rope is here now. A chain is here now. One anchor is here now. That winch is here now.",
            terms)
            .size() == 3);
  CHECK(extract_sentences(question, "Nothing of it at all. Nor here.", terms).size() == 1);
  CHECK(extract_sentences(question, "", terms).empty());
}

TEST_CASE("an answer as JSON is one line with a version and everything about its passages", "[ask][answer][json]") {
  const auto index = index_of(harbor);
  ask::term_finder terms;
  const auto given = ask::answer_question(index, "Which \"port\"\ndoes it listen on?", terms, 2);
  const auto line = to_json(given);
  CHECK(line.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(line);
  CHECK(json.at("version") == 1);
  CHECK(json.at("question") == "Which \"port\"\ndoes it listen on?");
  REQUIRE(json.at("passages").size() == given.passages.size());
  const auto& best = json.at("passages").at(0);
  CHECK(best.at("rank") == 1);
  CHECK(best.at("path") == "a.html");
  CHECK(best.at("section") == "Connections");
  CHECK(best.at("score") == Approx(given.passages[0].score).margin(1e-4));
  CHECK(best.at("extract").at(0) == given.passages[0].extract.at(0));
  CHECK(best.at("also_in").empty());
}

TEST_CASE("a path that is no UTF-8 does not spoil the JSON", "[ask][answer][json]") {
  const auto index = index_of({{"caf\xE9.txt", "T", "", 0, "some words"}});
  ask::term_finder terms;
  const auto json = nlohmann::json::parse(to_json(ask::answer_question(index, "words", terms, 1)));
  CHECK(json.at("passages").at(0).at("path") == "caf�.txt");
}

TEST_CASE("an answer as text has the question, the section, the source and the extract", "[ask][answer]") {
  const auto index = index_of(harbor);
  ask::term_finder terms;
  const auto text = to_text(ask::answer_question(index, "signal TERM", terms, 1));
  CHECK(text.find("Question: signal TERM\n  1. Stopping\n     a.html  (score ") == 0);
  CHECK(text.find("Send the signal TERM.\n") != std::string::npos);
}
