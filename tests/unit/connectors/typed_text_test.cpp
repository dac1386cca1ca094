#include <optional>

#include "sage/connectors/file/csv.hpp"
#include "sage/connectors/file/json_lines.hpp"
#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/gzip_text.hpp"
#include "tests/source_harness.hpp"

using namespace sage;

namespace {

struct trade {
  std::string name;
  int count = 0;
  std::optional<double> price;
  bool operator==(const trade&) const = default;
};
SAGE_DESCRIBE(trade, name, count, price)

using trades = std::vector<trade>;

std::vector<trade> read_csv(const std::string& text, file::csv_options format = {}) {
  testing::memory_files files({{"t.csv", text}});
  return test::read_all(file::csv<trade>("t.csv", format).from_files(files));
}

error problem_of_csv(const std::string& text, file::csv_options format = {}) {
  return test::error_of([&] { read_csv(text, format); });
}

template <class T, class Sink>
std::string written(const Sink& sink, testing::memory_files& files, const std::vector<T>& records) {
  context self = test::make_context();
  const std::unique_ptr<sink_writer<T>> writer = sink.make_writer();
  writer->open(self);
  const auto made = batch<T>::make(self.pool(), records.size());
  for (const T& one : records) made->push_back(one);
  writer->write(*made, false);
  writer->prepare(0);
  writer->commit(0);
  return files.content("out");
}

const trades some{{"plain", 1, 1.5}, {"a \"quoted\", one", 2, std::nullopt}, {"two\nlines", -3, 0.1}, {"", 4, 5}};

}  // namespace

TEST_CASE("rows are read by the names in the header", "[connectors][csv]") {
  CHECK(read_csv("name,count,price\na,1,1.5\nb,2,\n") == trades{{"a", 1, 1.5}, {"b", 2, std::nullopt}});
  CHECK(read_csv("count,unknown,name\n1,x,a") == trades{{"a", 1, std::nullopt}});
  CHECK(read_csv("\xef\xbb\xbfname,count\r\na,1\r\n\r\n") == trades{{"a", 1, std::nullopt}});
  CHECK(read_csv("").empty());
  CHECK(read_csv("name,count\n").empty());
  CHECK(read_csv("a;1;2\n", {.header = false, .separator = ';'}) == trades{{"a", 1, 2}});
}

TEST_CASE("cells in quotes may hold line ends, in whatever pieces they are read", "[connectors][csv]") {
  const std::string text = "name,count\n\"two\nlines\",1\n\"\"\"\n\"\"\",2\nplain,3\n\"a,\r\n\",4";
  const trades expected{{"two\nlines", 1, {}}, {"\"\n\"", 2, {}}, {"plain", 3, {}}, {"a,\r\n", 4, {}}};
  testing::memory_files files({{"f", text}, {"packed", test::gzip(text)}});
  for (const std::size_t block_bytes : {1, 2, 3, 7, 64, 4096}) {
    files.how.read_bytes_max = block_bytes + 1;
    CHECK(test::read_all(file::csv<trade>("f").from_files(files).block_bytes(block_bytes).split_bytes(5)) ==
          expected);
    CHECK(test::read_all(file::csv<trade>("packed").from_files(files).block_bytes(block_bytes), 1) == expected);
  }
}

TEST_CASE("without line ends in cells a file of CSV is read in ranges", "[connectors][csv]") {
  std::string text = "name,count\n";
  trades expected;
  for (int i = 0; i < 30; ++i) {
    text += "row" + std::to_string(i) + "," + std::to_string(i) + "\n";
    expected.push_back({"row" + std::to_string(i), i, {}});
  }
  testing::memory_files files({{"f", text}});
  const file::csv_options lines_only{.quoted_newlines = false};
  CHECK(file::csv<trade>("f").from_files(files).split_bytes(50).plan().splits.size() == 1);
  CHECK(file::csv<trade>("f", lines_only).from_files(files).split_bytes(50).plan().splits.size() > 5);
  for (std::uint64_t split_bytes = 1; split_bytes < text.size() + 2; split_bytes += 3) {
    REQUIRE(test::read_all(file::csv<trade>("f", lines_only).from_files(files).split_bytes(split_bytes)) == expected);
  }
}

TEST_CASE("a file of CSV can be read from any position on", "[connectors][csv]") {
  const std::string text = "name,count\n\"a\nb\",1\nc,2\n";
  testing::memory_files files({{"f", text}, {"packed", test::gzip(text)}});
  for (const char* name : {"f", "packed"}) {
    const auto source = file::csv<trade>(name).from_files(files);
    const split part = source.plan().splits.front();
    CHECK(test::read_split(source, part, 11) == trades{{"a\nb", 1, {}}, {"c", 2, {}}});
    CHECK(test::read_split(source, part, 19) == trades{{"c", 2, {}}});
  }
}

TEST_CASE("a line of JSON that breaks off is named by its own number", "[connectors][json]") {
  testing::memory_files files({{"f.jsonl", "{\"name\":\"a\"}\n{\"name\":\"b\"\n{\"name\":\"c\"}\n"}});
  const auto problem = test::error_of([&] { test::read_all(file::json_lines<trade>("f.jsonl").from_files(files)); });
  CHECK(problem.where() == "f.jsonl:2:12");
}

TEST_CASE("JSON Lines may have to name every field that isn't optional", "[connectors][json]") {
  testing::memory_files files({{"f.jsonl", "{\"name\":\"a\",\"count\":1,\"x\":0}\n{\"name\":\"b\"}\n"}});
  const auto source = file::json_lines<trade>("f.jsonl").from_files(files);
  CHECK(test::read_all(source) == trades{{"a", 1, std::nullopt}, {"b", 0, std::nullopt}});
  const auto problem =
      test::error_of([&] { test::read_all(file::json_lines<trade>("f.jsonl").all_fields().from_files(files)); });
  CHECK(problem.where() == "f.jsonl:2:12");
  CHECK(problem.message() == "count: field is missing");
}

TEST_CASE("a bad row tells people what to do where it knows nothing better", "[connectors][csv]") {
  testing::memory_files files({{"t.csv", "name,count\na,x\n"}});
  const auto source = file::csv<trade>("t.csv").from_files(files).on_bad_row(sage::fail, "mend it");
  CHECK(test::error_of([&] { test::read_all(source); }).advice() == "mend it");
}

TEST_CASE("a bad row is named by file, line, column and field", "[connectors][csv]") {
  const auto wrong_type = problem_of_csv("name,count\n\"a\nb\",1\n\nc,many\n");
  CHECK(wrong_type.code() == errc::parse);
  CHECK(wrong_type.where() == "t.csv:5:3");
  CHECK(wrong_type.message().find("count") != std::string::npos);
  CHECK(problem_of_csv("name,count\na,1\nb\n").where() == "t.csv:3:1");
  CHECK(problem_of_csv("name,count\na,1\nb,2,3\n").where() == "t.csv:3:1");
  const auto unclosed = problem_of_csv("name,count\n\"a,1\nb,2\n");
  CHECK(unclosed.where() == "t.csv:2:1");
}

TEST_CASE("a bad header is an error, whatever the policy for rows is", "[connectors][csv]") {
  testing::memory_files files({{"t.csv", "name,number\na,1\n"}});
  const auto problem =
      test::error_of([&] { test::read_all(file::csv<trade>("t.csv").from_files(files).on_bad_row(sage::drop)); });
  CHECK(problem.code() == errc::parse);
  CHECK(problem.where() == "t.csv:1:1");
  CHECK(problem.message().find("\"count\"") != std::string::npos);
}

TEST_CASE("a quote that is never closed reaches the limit of a row, not of the memory", "[connectors][csv]") {
  testing::memory_files files({{"t.csv", "name,count\na,1\n\"b,2\n" + std::string(100'000, 'x') + "\n"}});
  const auto problem = test::error_of(
      [&] { test::read_all(file::csv<trade>("t.csv").from_files(files).line_bytes_max(5000).block_bytes(1000)); });
  CHECK(problem.code() == errc::limit);
  CHECK(problem.where() == "t.csv:3");
  CHECK(problem.advice().find("quote") != std::string::npos);
}

TEST_CASE("bad rows are dropped and counted, when that is wanted", "[connectors][csv][json]") {
  testing::memory_files files({{"f.csv", "name,count\na,1\nb,x\nc\nd,4\n"},
                               {"f.jsonl", "{\"name\":\"a\"}\n{\n{\"count\":\"x\"}\n{\"name\":\"d\"}\n"}});
  const auto read = [&](const auto& source, std::uint64_t& dropped) {
    context self = test::make_context();
    const auto reader = source.make_reader();
    reader->open(self);
    reader->start(source.plan().splits.front(), 0);
    std::string names;
    for (read_status status = read_status::more; status != read_status::end_of_split;) {
      const auto made = batch<trade>::make(self.pool(), 64);
      status = reader->read(*made, 64);
      for (const trade& one : *made) names += one.name;
    }
    dropped = reader->dropped();
    return names;
  };
  std::uint64_t dropped = 0;
  CHECK(read(file::csv<trade>("f.csv").from_files(files).on_bad_row(sage::drop), dropped) == "ad");
  CHECK(dropped == 2);
  CHECK(read(file::json_lines<trade>("f.jsonl").from_files(files).on_bad_row(sage::drop), dropped) == "ad");
  CHECK(dropped == 2);
}

TEST_CASE("a source has no record to retry or to dead-letter", "[connectors][csv]") {
  CHECK(test::error_of([] { file::csv<trade>("f").on_bad_row(sage::dead_letters); }).code() ==
        errc::invalid_argument);
  CHECK(test::error_of([] { file::csv<trade>("f").on_bad_row(sage::retry(3)); }).code() == errc::invalid_argument);
}

TEST_CASE("JSON Lines are read in ranges, blank lines are no records", "[connectors][json]") {
  std::string text = "\n";
  std::vector<int> expected;
  for (int i = 0; i < 40; ++i) {
    text +=
        "{\"name\": \"n\", \"count\": " + std::to_string(i) + ", \"more\": [1, {}]}\n" + (i % 7 == 0 ? " \r\n" : "");
    expected.push_back(i);
  }
  testing::memory_files files({{"f", text}});
  for (std::uint64_t split_bytes = 1; split_bytes < text.size() + 5; split_bytes += 17) {
    std::vector<int> counts;
    for (const trade& one : test::read_all(file::json_lines<trade>("f").from_files(files).split_bytes(split_bytes))) {
      counts.push_back(one.count);
    }
    REQUIRE(counts == expected);
  }
}

TEST_CASE("a bad line of JSON is named by file, line and column, in any range", "[connectors][json]") {
  testing::memory_files files({{"f", "{}\n{}\n\n{\"count\": 1}\n{\"count\": \"x\"}\n"}});
  for (const std::uint64_t split_bytes : {1, 5, 1000}) {
    const auto problem = test::error_of(
        [&] { test::read_all(file::json_lines<trade>("f").from_files(files).split_bytes(split_bytes)); });
    CHECK(problem.code() == errc::parse);
    CHECK(problem.where().starts_with("f:5:"));
    CHECK(problem.message().find("count") != std::string::npos);
  }
}

TEST_CASE("JSON without a type is dynamic values", "[connectors][json]") {
  testing::memory_files files({{"f", "{\"a\": [1, \"x\"]}\n3\n"}});
  const auto all = test::read_all(file::json_lines("f").from_files(files));
  REQUIRE(all.size() == 2);
  CHECK(to_json(all[0]) == "{\"a\":[1,\"x\"]}");
  CHECK(all[1] == dynamic_value(3));
}

TEST_CASE("what a sink writes, the source reads", "[connectors][csv][json]") {
  testing::memory_files files;
  static_cast<void>(written<trade>(file::csv_sink<trade>("out").to_files(files), files, some));
  CHECK(test::read_all(file::csv<trade>("out").from_files(files)) == some);
  static_cast<void>(written<trade>(file::json_lines_sink<trade>("out").to_files(files), files, some));
  CHECK(test::read_all(file::json_lines<trade>("out").from_files(files)) == some);
}

TEST_CASE("a sink of CSV begins with the names of the fields, unless they are unwanted", "[connectors][csv]") {
  testing::memory_files files;
  CHECK(written<trade>(file::csv_sink<trade>("out").to_files(files), files, {}) == "name,count,price\n");
  CHECK(written<trade>(file::csv_sink<trade>("out", {.separator = ';'}).to_files(files), files, {{"a", 1, 2.5}}) ==
        "name;count;price\na;1;2.5\n");
  CHECK(written<trade>(file::csv_sink<trade>("out").no_header().to_files(files), files, {{"a", 1, {}}}) == "a,1,\n");
}

TEST_CASE("the decoders are functions of a line", "[connectors][csv][json]") {
  CHECK(file::json_decoder<trade>{}("{\"name\":\"a\",\"count\":2}") == trade{"a", 2, {}});
  CHECK(test::error_of([] { file::json_decoder<trade>{}("{"); }).code() == errc::parse);
  CHECK(file::csv_decoder<trade>{}("a,2,0.5") == trade{"a", 2, 0.5});
  CHECK(file::csv_decoder<trade>{.format = {.separator = ';'}}("a;2;0.5") == trade{"a", 2, 0.5});
  CHECK(test::error_of([] { file::csv_decoder<trade>{}("a,x,"); }).code() == errc::parse);
}
