#include "sage/connectors/file/lines.hpp"

#include <random>
#include <sstream>

#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/source_harness.hpp"

using namespace sage;
using lines = std::vector<std::string>;

namespace {

// What the lines of a text are, said in the simplest way.
lines lines_of(const std::string& text) {
  lines all;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) all.push_back(line);
  return all;
}

const std::vector<std::string>& texts() {
  static const std::vector<std::string> all{
      "",       "\n",     "a",           "a\n",          "\n\n\n",         "a\nb",
      "a\nb\n", "\na",    "one\n\ntwo",  "x\r\ny\r\n",   "long line\na\n", "\r\n",
      "a\n\n",  "ab\ncd", "abc\n\n\nde", "aaaaaaaaaaaa", "aaaaaaaaaaa\n"};
  return all;
}

}  // namespace

TEST_CASE("the lines are the same for all split and block sizes", "[connectors][lines]") {
  for (const std::string& text : texts()) {
    testing::memory_files files({{"f", text}});
    for (std::uint64_t split_bytes = 1; split_bytes <= text.size() + 1; ++split_bytes) {
      for (const std::size_t block_bytes : {1, 2, 3, 5, 8, 64}) {
        const auto strings = file::lines("f").from_files(files).split_bytes(split_bytes).block_bytes(block_bytes);
        const auto views = file::slices("f").from_files(files).split_bytes(split_bytes).block_bytes(block_bytes);
        REQUIRE(test::read_all(strings) == lines_of(text));
        REQUIRE(test::read_all(views, 3) == lines_of(text));
      }
    }
  }
}

TEST_CASE("the lines are the same however few bytes a read brings", "[connectors][lines]") {
  const std::string text = "one\ntwo two\n\nthree three three\nend";
  testing::memory_files files({{"f", text}});
  for (std::size_t bytes = 1; bytes < 12; ++bytes) {
    files.how.read_bytes_max = bytes;
    for (const std::size_t block_bytes : {1, 4, 16, 4096}) {
      CHECK(test::read_all(file::slices("f").from_files(files).split_bytes(5).block_bytes(block_bytes)) ==
            lines_of(text));
    }
  }
}

TEST_CASE("splits cover a file once, are of about the same size, and know their file", "[connectors][lines]") {
  testing::memory_files files({{"f", std::string(1000, 'x')}});
  const source_plan plan = file::lines("f").from_files(files).split_bytes(300).plan();
  REQUIRE(plan.splits.size() == 4);
  CHECK(plan.bytes_total == 1000);
  CHECK(plan.blocking);
  std::uint64_t at = 0;
  for (const split& part : plan.splits) {
    CHECK(part.name == "f");
    CHECK(part.begin == at);
    CHECK(part.end - part.begin == 250);
    at = part.end;
  }
  CHECK(at == 1000);
}

TEST_CASE("a line belongs to the range that its first byte is in", "[connectors][lines]") {
  testing::memory_files files({{"f", "aaaa\nbb\ncc\n"}});  // lines begin at 0, 5 and 8
  const auto source = file::lines("f").from_files(files);
  const auto read = [&](std::uint64_t begin, std::uint64_t end) {
    return test::read_split(source, split{"f", begin, end}, begin);
  };
  CHECK(read(0, 1) == lines{"aaaa"});
  CHECK(read(1, 5).empty());
  CHECK(read(5, 6) == lines{"bb"});
  CHECK(read(5, 8) == lines{"bb"});
  CHECK(read(4, 9) == lines{"bb", "cc"});
  CHECK(read(9, 11).empty());
}

TEST_CASE("reading goes on at any position that was reached", "[connectors][lines]") {
  const std::string text = "one\ntwo\n\nthree\nfour five\nsix";
  testing::memory_files files({{"f", text}});
  const auto source = file::slices("f").from_files(files).split_bytes(9).block_bytes(4);
  for (const split& part : source.plan().splits) {
    const lines whole = test::read_split(source, part, part.begin);
    // Stop after each record, and begin again where that was.
    for (std::size_t stop = 0; stop <= whole.size(); ++stop) {
      context self = test::make_context(1);
      const auto reader = source.make_reader();
      reader->open(self);
      reader->start(part, part.begin);
      lines seen;
      while (seen.size() < stop) {
        const auto made = batch<slice>::make(self.pool(), 1);
        static_cast<void>(reader->read(*made, 1));
        for (const slice one : *made) seen.emplace_back(one);
      }
      for (std::string& rest : test::read_split(source, part, reader->position())) seen.push_back(std::move(rest));
      REQUIRE(seen == whole);
    }
  }
}

TEST_CASE("slices stay as they were read as long as their batch lives", "[connectors][lines]") {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "line " + std::to_string(i) + "\n";
  testing::memory_files files({{"f", text}});
  const auto source = file::slices("f").from_files(files).block_bytes(300);
  context self = test::make_context(16);
  std::vector<ref<batch<slice>>> batches;
  {
    const auto reader = source.make_reader();
    reader->open(self);
    reader->start(source.plan().splits.front(), 0);
    read_status status = read_status::more;
    while (status != read_status::end_of_split) {
      batches.push_back(batch<slice>::make(self.pool(), 16));
      status = reader->read(*batches.back(), 16);
    }
    reader->close();
  }
  lines seen;
  for (const auto& made : batches) {
    for (const slice one : *made) seen.emplace_back(one);
  }
  CHECK(seen == lines_of(text));
}

TEST_CASE("slices are read without an allocation per line", "[connectors][lines]") {
  std::string text;
  for (int i = 0; i < 100000; ++i)
    text += "a line of about seventy bytes, as they are found in logs and books " + std::to_string(i) + "\n";
  testing::memory_files files({{"f", text}});
  const auto source = file::slices("f").from_files(files);
  context self = test::make_context(1024);
  const auto reader = source.make_reader();
  reader->open(self);
  reader->start(source.plan().splits.front(), 0);
  std::size_t count = 0;
  for (read_status status = read_status::more; status != read_status::end_of_split;) {
    const auto made = batch<slice>::make(self.pool(), 1024);
    status = reader->read(*made, 1024);
    count += made->size();
  }
  CHECK(count == 100000);
  CHECK(self.pool()->allocations() <= 4);  // the blocks go round
}

TEST_CASE("bytes are kept as they are, a carriage return only when wanted", "[connectors][lines]") {
  testing::memory_files files({{"f", "a\r\n\xff\xfe z\r\n\r\nb\r"}});
  CHECK(test::read_all(file::lines("f").from_files(files)) == lines{"a\r", "\xff\xfe z\r", "\r", "b\r"});
  CHECK(test::read_all(file::lines("f").from_files(files).strip_carriage_return()) ==
        lines{"a", "\xff\xfe z", "", "b"});
}

TEST_CASE("a line of the allowed length passes, one byte more is an error with its number", "[connectors][lines]") {
  testing::memory_files files({{"f", "short\n" + std::string(99, 'x') + "\n" + std::string(100, 'y') + "\nend\n"}});
  for (const std::size_t block_bytes : {7, 64, 4096}) {
    const auto allowed = file::lines("f").from_files(files).line_bytes_max(101).block_bytes(block_bytes);
    CHECK(test::read_all(allowed).size() == 4);
    const auto problem = test::error_of(
        [&] { test::read_all(file::lines("f").from_files(files).line_bytes_max(100).block_bytes(block_bytes)); });
    CHECK(problem.code() == errc::limit);
    CHECK(problem.where() == "f:3");
    CHECK_FALSE(problem.advice().empty());
  }
}

TEST_CASE("a huge line costs no more memory than its limit", "[connectors][lines]") {
  testing::memory_files files({{"f", "a\n" + std::string(8u << 20, 'x')}});
  const auto source = file::slices("f").from_files(files).line_bytes_max(100'000).block_bytes(64 << 10);
  context self = test::make_context();
  const auto reader = source.make_reader();
  reader->open(self);
  reader->start(source.plan().splits.front(), 0);
  const auto problem = test::error_of([&] {
    for (;;) {
      const auto made = batch<slice>::make(self.pool(), 64);
      if (reader->read(*made, 64) == read_status::end_of_split) break;
    }
  });
  CHECK(problem.code() == errc::limit);
  CHECK(problem.where() == "f:2");
  CHECK(reader->position() == 2);
}

TEST_CASE("an error in a later range names its line, too", "[connectors][lines]") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "line\n";
  testing::memory_files files({{"f", text + std::string(300, 'x') + "\n"}});
  const auto problem = test::error_of(
      [&] { test::read_all(file::lines("f").from_files(files).split_bytes(200).line_bytes_max(200)); });
  CHECK(problem.where() == "f:101");
}

TEST_CASE("what isn't text is refused with file and offset, unless it is wanted", "[connectors][lines]") {
  testing::memory_files files({{"f", std::string("abc\0def\n", 8)}, {"late", std::string(9000, 'x') + '\0' + "\n"}});
  const auto problem = test::error_of([&] { test::read_all(file::lines("f").from_files(files)); });
  CHECK(problem.code() == errc::parse);
  CHECK(problem.where() == "f");
  CHECK(problem.message().find("byte 3") != std::string::npos);
  CHECK(test::read_all(file::lines("f").from_files(files).allow_binary()) == lines{std::string("abc\0def", 7)});
  CHECK(test::read_all(file::lines("late").from_files(files)).size() == 1);
}

TEST_CASE("a file that became shorter is an error, not fewer lines", "[connectors][lines]") {
  testing::memory_files files({{"f", "one\ntwo\nthree\n"}});
  const auto source = file::lines("f").from_files(files);
  const split part = source.plan().splits.front();
  files.put("f", "one\n");
  CHECK(test::error_of([&] { test::read_split(source, part, 0); }).code() == errc::io);
}

TEST_CASE("a file that is gone when its turn comes is an error with its path", "[connectors][lines]") {
  testing::memory_files files({{"d/a", "one\n"}, {"d/b", "two\n"}});
  const auto source = file::lines("d").from_files(files);
  const source_plan plan = source.plan();
  REQUIRE(files.remove("d/b"));
  CHECK(test::read_split(source, plan.splits[0], 0) == lines{"one"});
  const auto problem = test::error_of([&] { test::read_split(source, plan.splits[1], 0); });
  CHECK(problem.code() == errc::not_found);
  CHECK(problem.where() == "d/b");
}

TEST_CASE("the standard input is a path", "[connectors][lines]") {
  testing::memory_files files({{"stdin", "a\nb"}});
  CHECK(test::read_all(file::stdin_lines().from_files(files)) == lines{"a", "b"});
}

TEST_CASE("options that would never get on are refused", "[connectors][lines]") {
  CHECK(test::error_of([] { file::lines("f").split_bytes(0); }).code() == errc::invalid_argument);
  CHECK(test::error_of([] { file::lines("f").block_bytes(0); }).code() == errc::invalid_argument);
  CHECK(test::error_of([] { file::lines("f").line_bytes_max(0); }).code() == errc::invalid_argument);
}

TEST_CASE("random texts have the same lines in random ranges", "[connectors][lines]") {
  std::mt19937_64 random(7);
  const auto below = [&](std::uint64_t bound) { return random() % bound; };
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const std::uint64_t size = below(200);
    for (std::uint64_t i = 0; i < size; ++i) text += below(5) == 0 ? '\n' : static_cast<char>('a' + below(26));
    testing::memory_files files({{"f", text}});
    files.how.read_bytes_max = 1 + below(50);
    const auto source = file::slices("f")
                            .from_files(files)
                            .split_bytes(1 + below(60))
                            .block_bytes(static_cast<std::size_t>(1 + below(40)));
    INFO("seed 7, round " << round);
    REQUIRE(test::read_all(source, static_cast<std::size_t>(1 + below(9))) == lines_of(text));
  }
}
