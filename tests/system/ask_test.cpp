// ask over our own small documents, and over Debian's.
#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;

namespace {

struct expectation {
  std::string question;
  std::vector<std::string> paths;
  std::vector<std::string> words;
};

std::vector<std::string> parts(const std::string& text, char separator) {
  std::vector<std::string> all;
  std::istringstream in(text);
  for (std::string one; std::getline(in, one, separator);) all.push_back(one);
  return all;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

bool holds_any(const std::string& text, const std::vector<std::string>& wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& one) { return lower(text).find(lower(one)) != std::string::npos; });
}

std::vector<expectation> read_questions(const std::string& name) {
  std::vector<expectation> all;
  std::ifstream file(std::string(SAGE_SOURCE_DIR) + "/tests/ask/" + name);
  REQUIRE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto columns = parts(line, '\t');
    REQUIRE(columns.size() == 3);
    all.push_back({columns[0], parts(columns[1], '|'), parts(columns[2], '|')});
  }
  return all;
}

// How many questions the first passage answers: from a right source, with a right word in it.
std::size_t answered(const std::string& questions, std::vector<std::string> folders) {
  std::vector<std::string> arguments{"run", "--json", "--questions",
                                     std::string(SAGE_SOURCE_DIR) + "/tests/ask/" + questions, "--docs"};
  arguments.insert(arguments.end(), folders.begin(), folders.end());
  const finished_process ended = run("ask", arguments);
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  const auto expected = read_questions(questions);
  std::istringstream lines(ended.out);
  std::size_t right = 0;
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const auto given = nlohmann::json::parse(line);
    CHECK(given.at("version") == 1);
    REQUIRE(count < expected.size());
    CHECK(given.at("question") == expected[count].question);
    if (given.at("passages").empty()) continue;
    const auto& first = given.at("passages").front();
    const bool fits =
        holds_any(first.at("path"), expected[count].paths) && holds_any(first.at("text"), expected[count].words);
    UNSCOPED_INFO((fits ? "right: " : "wrong: ") << expected[count].question << " -> " << first.at("path"));
    right += fits ? 1 : 0;
  }
  REQUIRE(count == expected.size());
  return right;
}

bool exists(const std::string& path) {
  struct stat found {};
  return ::stat(path.c_str(), &found) == 0;
}

TEST_CASE("ask answers every question over its own small documents", "[system][ask]") {
  const std::string documents = std::string(SAGE_SOURCE_DIR) + "/tests/ask/documents";
  const std::size_t questions = read_questions("document_questions.txt").size();
  CHECK(answered("document_questions.txt", {documents}) == questions);
}

TEST_CASE("ask finds the right passage first for eight of ten questions over 100 MB of documentation",
          "[system][ask]") {
  std::vector<std::string> folders{"/usr/share/debian-reference", "/usr/share/doc/debian-handbook"};
  // Debian 12 has version 15, Debian 13 version 17.
  for (const char* version : {"15", "17"}) {
    const std::string folder = std::string("/usr/share/doc/postgresql-doc-") + version + "/html";
    if (exists(folder)) folders.push_back(folder);
  }
  if (folders.size() < 3) folders.push_back("/usr/share/doc/postgresql-doc-15/html");
  for (const std::string& folder : folders) {
    if (exists(folder)) continue;
    WARN("not here: " << folder << " (tools/setup test installs it, unless dpkg is told to leave out documentation)");
    SUCCEED("nothing to read");
    return;
  }
  const std::size_t questions = read_questions("questions.txt").size();
  CHECK(answered("questions.txt", folders) * 10 >= questions * 8);
}

TEST_CASE("ask says what it was asked when it finds nothing, and refuses two kinds of questions", "[system][ask]") {
  const std::string documents = std::string(SAGE_SOURCE_DIR) + "/tests/ask/documents";
  const finished_process ended = run("ask", {"run", "--docs", documents, "--question", "xyzzy plugh"});
  CHECK(ended.exit_code == 0);
  CHECK(ended.out.find("xyzzy plugh") != std::string::npos);
  const finished_process both = run("ask", {"run", "--docs", documents, "--question", "a", "--questions", "b"});
  CHECK(both.exit_code == 2);
}

}  // namespace
