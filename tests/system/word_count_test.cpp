// word_count against tr, sort and uniq, byte for byte.
#include <cstdint>
#include <string>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;

namespace {

// Words of all lengths, white space of all kinds, lines without words, no line end at the end.
std::string text_of(std::size_t words) {
  std::string text;
  std::uint64_t state = 42;
  const auto next = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  const char spaces[] = {' ', ' ', ' ', ' ', '\t', '\n', '\n', '\v', '\f', '\r'};
  for (std::size_t i = 0; i < words; ++i) {
    const std::uint64_t rank = next(5000) * next(5000) / 5000;
    text += "w" + std::to_string(rank);
    if (rank % 7 == 0) text += ",\"\xc3\xa4";
    if (rank % 501 == 0) text.append(rank, 'x');
    text += spaces[next(sizeof spaces)];
    if (next(20) == 0) text += "\n\n";
  }
  return text + "last";
}

std::string sorted_by(const std::string& command) {
  const finished_process ended = run("/bin/sh", {"-c", "LC_ALL=C; export LC_ALL; " + command});
  REQUIRE(ended.exit_code == 0);
  return ended.out;
}

TEST_CASE("word_count equals tr, sort and uniq at every parallelism, fused and not", "[system][word_count]") {
  const scratch_folder folder;
  const std::string input = folder.write("input.txt", text_of(200'000));
  const std::string expected = sorted_by("tr -s ' \\t\\n\\v\\f\\r' '\\n' < " + input +
                                         " | grep -v '^$' | sort | uniq -c | "
                                         "sed 's/^ *\\([0-9]*\\) \\(.*\\)$/\\2,\\1/' | sort");
  REQUIRE(!expected.empty());
  const std::vector<std::vector<std::string>> ways{
      {"--parallelism", "1"},    {"--parallelism", "2"},
      {"--parallelism", "4"},    {"--parallelism", "2", "--no-fusion"},
      {"--engine", "reference"}, {"--parallelism", "3", "--batch-size", "7"}};
  for (const auto& way : ways) {
    CAPTURE(way);
    const std::string output = folder.path("counts.txt");
    std::vector<std::string> arguments{"run", "--input", input, "--output", output};
    arguments.insert(arguments.end(), way.begin(), way.end());
    const finished_process ended = run("word_count", arguments);
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    CHECK(sorted_by("sort " + output) == expected);
  }
}

TEST_CASE("word_count leaves nothing under the final name when it fails", "[system][word_count]") {
  const scratch_folder folder;
  const std::string input = folder.write("input.txt", "a b c\n");
  const finished_process missing =
      run("word_count", {"run", "--input", input, folder.path("none.txt"), "--output", folder.path("out.txt")});
  CHECK(missing.exit_code == 1);
  CHECK(missing.err.find("none.txt") != std::string::npos);
  const finished_process binary = run("word_count", {"run", "--input", folder.write("binary", std::string("a\0b", 3)),
                                                     "--output", folder.path("out.txt")});
  CHECK(binary.exit_code == 1);
  CHECK(binary.err.find("binary") != std::string::npos);
  const finished_process full = run("word_count", {"run", "--input", input, "--output", "/dev/full"});
  CHECK(full.exit_code == 1);
  CHECK(folder.names() == std::vector<std::string>{"binary", "input.txt"});
}

}  // namespace
