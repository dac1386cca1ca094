#include "ask/writing/citations.hpp"

#include <string>
#include <vector>

#include "ask/limits.hpp"
#include "ask/writing/prompt.hpp"
#include "tests/catch.hpp"

namespace {

ask::term_finder& terms() {
  static ask::term_finder finder;
  return finder;
}

ask::evidence connections() {
  return {"Manual", "Connections", "The port the server listens on is 4711 by default. A change needs a restart.",
          terms()};
}

std::vector<ask::evidence> manual() {
  return {connections(),
          {"Manual", "Stopping", "Send the signal TERM. The server ends when all manifests are written.", terms()}};
}

struct read_answer {
  std::string shown;
  std::vector<ask::citation> citations;
  std::size_t removed;
};

// In pieces of `bytes` bytes.
read_answer read(std::string_view text, std::size_t bytes) {
  ask::citation_reader reader(manual(), terms());
  std::string shown;
  for (std::size_t at = 0; at < text.size(); at += bytes) shown += reader.add(text.substr(at, bytes));
  shown += reader.finish();
  CHECK(shown == reader.text());
  return {shown, reader.citations(), reader.removed()};
}

read_answer read(std::string_view text) {
  auto whole = read(text, text.size() + 1);
  for (const std::size_t bytes : {1, 2, 3, 7}) {
    const auto pieces = read(text, bytes);
    CHECK(pieces.shown == whole.shown);
    CHECK(pieces.citations == whole.citations);
    CHECK(pieces.removed == whole.removed);
  }
  return whole;
}

}  // namespace

TEST_CASE("a citation of a passage that says it stays, with its claim", "[ask][citations]") {
  for (const auto* text : {"The server listens on port 4711 [1].", "The server listens on port 4711. [1]"}) {
    const auto given = read(text);
    CHECK(given.shown == text);
    REQUIRE(given.citations.size() == 1);
    CHECK(given.citations[0].number == 1);
    CHECK(given.citations[0].claim.starts_with("The server listens on port 4711"));
    CHECK(given.citations[0].is_supported);
  }
}

TEST_CASE("a citation that names no passage is removed and counted", "[ask][citations]") {
  const auto given = read("The port is 4711 [3]. It is [0] so [99999999999999999999999].");
  CHECK(given.shown == "The port is 4711 . It is  so .");
  CHECK(given.citations.empty());
  CHECK(given.removed == 3);
  CHECK(read("Port 4711 [1, 9].").shown == "Port 4711 [1].");
}

TEST_CASE("a citation of a passage that doesn't say it is flagged", "[ask][citations]") {
  CHECK(read("The server listens on port 5432 [1].").shown == "The server listens on port 5432 [1?].");
  CHECK(read("Bananas grow in warm countries [2].").shown == "Bananas grow in warm countries [2?].");
  CHECK(read("It says \"the signal TERM\" [2].").shown == "It says \"the signal TERM\" [2].");
  CHECK(read("It says \"signal the TERM\" [2].").shown == "It says \"signal the TERM\" [2?].");
  CHECK(read("It says “the signal KILL” [2].").shown == "It says “the signal KILL” [2?].");
  const auto given = read("The server listens on port 4711 [2]. The server ends on the signal TERM [2].");
  CHECK(given.shown == "The server listens on port 4711 [2?]. The server ends on the signal TERM [2].");
  REQUIRE(given.citations.size() == 2);
  CHECK_FALSE(given.citations[0].is_supported);
  CHECK(given.citations[1].is_supported);
}

TEST_CASE("each citation of a sentence is for the words before it, neighbours are for the same", "[ask][citations]") {
  const auto given = read("The port is 4711 [1] and TERM is the signal [2]. A restart is needed [1][2].");
  REQUIRE(given.citations.size() == 4);
  CHECK(given.citations[0].claim == "The port is 4711");
  CHECK(given.citations[1].claim == "and TERM is the signal");
  CHECK(given.citations[2].claim == "A restart is needed");
  CHECK(given.citations[3].claim == "A restart is needed");
  CHECK(given.citations[2].is_supported);
  CHECK_FALSE(given.citations[3].is_supported);
  CHECK(given.shown.ends_with("A restart is needed [1][2?]."));
}

TEST_CASE("a citation before its sentence is judged by what follows", "[ask][citations]") {
  const auto right = read("[1] The port is 4711. It is late.");
  REQUIRE(right.citations.size() == 1);
  CHECK(right.citations[0].claim == "The port is 4711.");
  CHECK(right.citations[0].is_supported);
  const auto wrong = read("[1] The port is 5432.");
  REQUIRE(wrong.citations.size() == 1);
  CHECK_FALSE(wrong.citations[0].is_supported);
  const auto alone = read("[1]");
  REQUIRE(alone.citations.size() == 1);
  CHECK_FALSE(alone.citations[0].is_supported);
}

TEST_CASE("brackets that are no citations are text", "[ask][citations]") {
  for (const auto* text : {"see [the manual]", "[", "[]", "[ ]", "[1", "an [optional] word", "use `ports[9]` here",
                           "[[x]]", "a [1a] b", "[1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20]"}) {
    const auto given = read(text);
    CHECK(given.shown == text);
    CHECK(given.citations.empty());
    CHECK(given.removed == 0);
  }
  CHECK(read("[[1]").shown == "[[1]");
}

TEST_CASE("what is no citation is shown at once, what may be one is held back", "[ask][citations]") {
  ask::citation_reader reader(manual(), terms());
  CHECK(reader.add("The port ") == "The port ");
  CHECK(reader.add("4711 [") == "4711 ");
  CHECK(reader.add("1") == "");
  CHECK(reader.add("]") == "[1]");
}

TEST_CASE("a claim is supported by its words, numbers and quotations, whatever their form", "[ask][citations]") {
  const auto passage = connections();
  CHECK(passage.supports("Servers are listening on PORT 4711", terms()));
  CHECK(passage.supports("", terms()));
  CHECK(passage.supports("\"THE PORT the server\"", terms()));
  CHECK(passage.supports("\"\"", terms()));
  CHECK(passage.supports("a mark \" without its partner changes the port", terms()));
  CHECK_FALSE(passage.supports("port 4712", terms()));
  CHECK_FALSE(passage.supports("The wine list is short", terms()));
}

TEST_CASE("a prompt shows the passages with their numbers, as many as fit", "[ask][citations]") {
  ask::answer found;
  found.question = "Which port?";
  found.passages.resize(3);
  found.passages[0].section = "Manual > Connections";
  found.passages[0].text = "It is 4711.";
  found.passages[1].path = "b.txt";
  found.passages[1].text = std::string(ask::limits::shown_bytes_max / 2, 'x');
  found.passages[2].text = std::string(ask::limits::shown_bytes_max / 2, 'y');
  const auto made = ask::make_prompt(found);
  CHECK(made.passages == 2);
  REQUIRE(made.request.messages.size() == 2);
  CHECK(made.request.messages[0].role == sage::chat_role::system);
  const auto& text = made.request.messages[1].text;
  CHECK(text.find("[1] Manual > Connections\nIt is 4711.") != std::string::npos);
  CHECK(text.find("[2] b.txt\nxxx") != std::string::npos);
  CHECK(text.find("[3]") == std::string::npos);
  CHECK(text.ends_with("Question: Which port?"));

  found.passages.front().text = std::string(3 * ask::limits::shown_bytes_max, 'z');
  const auto cut = ask::make_prompt(found);
  CHECK(cut.passages == 1);
  CHECK(cut.request.messages[1].text.size() < ask::limits::shown_bytes_max + 200);
}
