#include <cstdlib>
#include <string>

#include "sage/connectors/file/gzip_decoder.hpp"
#include "sage/connectors/file/lines.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/gzip_text.hpp"
#include "tests/source_harness.hpp"

using namespace sage;
using test::gzip;

namespace {

std::string many_lines(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "line number " + std::to_string(i * 2654435761u) + "\n";
  return text;
}

// Decodes in steps of the given sizes.
std::string decode(std::string_view packed, std::size_t given, std::size_t room) {
  file::gzip_decoder decoder;
  std::string text;
  std::string buffer(room, '\0');
  while (!packed.empty() || decoder.holds_output()) {
    std::string_view part = packed.substr(0, given);
    const std::size_t before = part.size();
    const std::size_t made = decoder.decode(part, buffer.data(), room).value();
    packed.remove_prefix(before - part.size());
    text.append(buffer, 0, made);
  }
  decoder.finish().value();
  return text;
}

}  // namespace

TEST_CASE("gzip is unpacked the same however its bytes arrive and leave", "[connectors][gzip]") {
  const std::string text = many_lines(300);
  const std::string packed = gzip(text);
  for (const std::size_t given : {1, 2, 7, 100, 1 << 20}) {
    for (const std::size_t room : {1, 3, 64, 1 << 20}) CHECK(decode(packed, given, room) == text);
  }
}

TEST_CASE("the members of a gzip file follow each other", "[connectors][gzip]") {
  const std::string packed = gzip("one\n") + gzip("") + gzip("two\nthr") + gzip("ee\n");
  CHECK(decode(packed, 1, 1) == "one\ntwo\nthree\n");
  CHECK(decode(packed, 1000, 1000) == "one\ntwo\nthree\n");
}

TEST_CASE("zeros behind gzip are padding, anything else is an error", "[connectors][gzip]") {
  CHECK(decode(gzip("a") + std::string(700, '\0'), 100, 100) == "a");
  const auto problem = test::error_of([] { decode(gzip("a") + "rest", 100, 100); });
  CHECK(problem.code() == errc::parse);
  CHECK(test::error_of([] { decode(gzip("a") + std::string(9, '\0') + "rest", 100, 100); }).code() == errc::parse);
}

TEST_CASE("gzip that ends too early is an error at every byte", "[connectors][gzip]") {
  const std::string packed = gzip(many_lines(20));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto problem = test::error_of([&] { decode(packed.substr(0, size), 50, 50); });
    REQUIRE(problem.code() == errc::parse);
  }
}

TEST_CASE("damaged gzip is an error or other text, never a crash", "[connectors][gzip]") {
  const std::string text = many_lines(50);
  const std::string packed = gzip(text);
  std::size_t errors = 0;
  for (std::size_t at = 0; at < packed.size(); ++at) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto problem = test::error_of([&] { decode(damaged, 64, 512); });
    if (problem.code() != errc::none) ++errors;
  }
  // Its check sum finds what the format doesn't; only a few bytes of the header may be anything.
  CHECK(errors >= packed.size() - 10);
}

TEST_CASE("files that begin like gzip are unpacked, whatever their name", "[connectors][gzip][lines]") {
  const std::string text = many_lines(5000);
  testing::memory_files files({{"packed.txt", gzip(text)}, {"plain.gz", "not packed\n"}});
  std::string joined;
  for (const std::string& line : test::read_all(file::lines("packed.txt").from_files(files))) joined += line + "\n";
  CHECK(joined == text);
  CHECK(test::read_all(file::lines("plain.gz").from_files(files)) == std::vector<std::string>{"not packed"});
}

TEST_CASE("a packed file is one split, of unknown size", "[connectors][gzip][lines]") {
  testing::memory_files files({{"a", gzip(many_lines(1000))}});
  const source_plan plan = file::lines("a").from_files(files).split_bytes(10).plan();
  REQUIRE(plan.splits.size() == 1);
  CHECK(plan.splits.front().begin == plan.splits.front().end);
  CHECK(plan.bytes_total == 0);
}

TEST_CASE("a packed file can be read from any position on", "[connectors][gzip][lines]") {
  const std::string text = "one\ntwo\nthree\n";
  testing::memory_files files({{"a", gzip(text)}});
  const auto source = file::lines("a").from_files(files);
  const split part = source.plan().splits.front();
  CHECK(test::read_split(source, part, 4) == std::vector<std::string>{"two", "three"});
  CHECK(test::read_split(source, part, 8) == std::vector<std::string>{"three"});
  CHECK(test::read_split(source, part, text.size()).empty());
}

TEST_CASE("a broken packed file is one error with file and place", "[connectors][gzip][lines]") {
  const std::string packed = gzip(many_lines(5000));
  testing::memory_files files({{"logs/a.gz", packed.substr(0, packed.size() / 2)}});
  const auto problem = test::error_of([&] { test::read_all(file::lines("logs/a.gz").from_files(files)); });
  CHECK(problem.code() == errc::parse);
  CHECK(problem.where() == "logs/a.gz");
  CHECK(problem.message().find(std::to_string(packed.size() / 2)) != std::string::npos);
  CHECK_FALSE(problem.advice().empty());
}
