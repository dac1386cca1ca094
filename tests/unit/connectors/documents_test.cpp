#include "sage/connectors/file/documents.hpp"

#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/gzip_text.hpp"
#include "tests/source_harness.hpp"

using namespace sage;

TEST_CASE("a document is a whole file, whatever is in it", "[connectors][documents]") {
  std::string binary(300'000, '\0');
  binary += "\xff\n end";
  testing::memory_files files(
      {{"d/a", "text\n\nmore"}, {"d/b", binary}, {"d/c", ""}, {"d/d", test::gzip("unpacked")}});
  for (const std::size_t bytes : {7, 4096, 1 << 20}) {
    files.how.read_bytes_max = bytes;
    const auto all = test::read_all(file::documents("d").from_files(files));
    REQUIRE(all.size() == 4);
    CHECK((all[0].path == "d/a" && all[0].bytes == "text\n\nmore"));
    CHECK((all[1].path == "d/b" && all[1].bytes == binary));
    CHECK((all[2].path == "d/c" && all[2].bytes.empty()));
    CHECK((all[3].path == "d/d" && all[3].bytes == "unpacked"));
  }
}

TEST_CASE("each document is a split, and a position counts them", "[connectors][documents]") {
  testing::memory_files files({{"d/a", "1"}, {"d/b", "2"}});
  const auto source = file::documents("d").from_files(files);
  const source_plan plan = source.plan();
  REQUIRE(plan.splits.size() == 2);
  CHECK(plan.records_total == 2);
  CHECK(plan.blocking);
  CHECK(test::read_split(source, plan.splits[1], 0).size() == 1);
  CHECK(test::read_split(source, plan.splits[1], 1).empty());
}

TEST_CASE("a document that is too large is an error, packed or not", "[connectors][documents]") {
  testing::memory_files files({{"plain", std::string(1001, 'x')}, {"bomb", test::gzip(std::string(10u << 20, 'x'))}});
  CHECK(test::read_all(file::documents("plain").from_files(files).bytes_max(1001)).size() == 1);
  for (const char* name : {"plain", "bomb"}) {
    const auto problem =
        test::error_of([&] { test::read_all(file::documents(name).from_files(files).bytes_max(1000)); });
    CHECK(problem.code() == errc::limit);
    CHECK(problem.where() == name);
    CHECK_FALSE(problem.advice().empty());
  }
}

TEST_CASE("a broken packed document is an error with its path", "[connectors][documents]") {
  testing::memory_files files({{"d", test::gzip("some text").substr(0, 15)}});
  const auto problem = test::error_of([&] { test::read_all(file::documents("d").from_files(files)); });
  CHECK(problem.code() == errc::parse);
  CHECK(problem.where() == "d");
}
