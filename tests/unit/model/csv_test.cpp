#include "sage/model/csv.hpp"

#include <string>

#include "tests/catch.hpp"
#include "tests/unit/model/sample_records.hpp"

using samples::log_line;

namespace {

std::vector<std::string> cells_of(std::string_view line, const sage::csv_format& format = {}) {
  sage::csv_row row;
  sage::decode_problem problem;
  std::vector<std::string> cells;
  if (!row.parse(line, problem, format)) return {"error: " + std::string(problem.to_error().what())};
  for (const auto& cell : row) cells.push_back((cell.quoted ? "q:" : "") + std::string(cell.text));
  return cells;
}

template <class T>
std::string row_of(const T& record, const sage::csv_format& format = {}) {
  std::string row;
  sage::append_csv_row(row, record, format);
  return row;
}

template <class T>
std::string error_of(std::string_view line) {
  const auto record = sage::from_csv_row<T>(line);
  return record ? "no error" : record.error().what();
}

struct item {
  std::string name;
  std::optional<std::string> note;
  std::optional<int> count;
  bool sold = false;
  std::vector<int> sizes;
  bool operator==(const item&) const = default;
};
SAGE_DESCRIBE(item, name, note, count, sold, sizes)

struct one_text {
  std::string text;
};
SAGE_DESCRIBE(one_text, text)

using strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a row is taken apart as RFC 4180 says", "[model][csv]") {
  CHECK(cells_of("a,b,c") == strings{"a", "b", "c"});
  CHECK(cells_of("a,b,c\r\n") == strings{"a", "b", "c"});
  CHECK(cells_of("a,b,c\n") == strings{"a", "b", "c"});
  CHECK(cells_of("") == strings{""});
  CHECK(cells_of(",") == strings{"", ""});
  CHECK(cells_of("\"\",") == strings{"q:", ""});
  CHECK(cells_of("\"a,b\",\"c\nd\",\"say \"\"hi\"\"\"") == strings{"q:a,b", "q:c\nd", "q:say \"hi\""});
  CHECK(cells_of("\"\"\"\",\"\"\"\"\"\"") == strings{"q:\"", "q:\"\""});
  CHECK(cells_of(" a , b ") == strings{" a ", " b "});
  CHECK(cells_of("a;'b;c'", {';', '\''}) == strings{"a", "q:b;c"});
  const std::string wide(100, 'x');
  CHECK(cells_of(wide + "," + wide + ",\"" + wide + "\"\"" + wide + "\",z") ==
        strings{wide, wide, "q:" + wide + "\"" + wide, "z"});
}

TEST_CASE("a row with its quotes in the wrong places is refused with the column", "[model][csv]") {
  CHECK(cells_of("a,b\"c")[0].starts_with("error: 1:4: column 2: a quote inside a cell without quotes"));
  CHECK(cells_of("a,\"b\"c")[0].starts_with("error: 1:6: column 2: text behind a closing quote"));
  CHECK(cells_of("\"a\nb,c")[0].starts_with("error: 1:1: column 1: a quote that is never closed"));
  CHECK(cells_of("\"a\nb\",c\"")[0].starts_with("error: 2:5: column 2: a quote inside a cell without quotes"));
}

TEST_CASE("a row ends at the first line end outside quotes, however the text arrives", "[model][csv]") {
  const std::string text = "a,\"b\nc\",\"d\"\"\n\"\"\"\nnext,row\n";
  const std::size_t first = text.find("next");
  for (std::size_t cut = 0; cut < first; ++cut) {
    sage::csv_row_scanner scanner;
    REQUIRE(scanner.find_end(text.substr(0, cut)) == std::string::npos);
    CHECK(scanner.find_end(std::string_view(text).substr(cut)) == first - cut);
    CHECK_FALSE(scanner.in_quotes());
  }
  sage::csv_row_scanner open;
  CHECK(open.find_end("\"never closed\n\n") == std::string::npos);
  CHECK(open.in_quotes());
}

TEST_CASE("a described record is a row with one column per field", "[model][csv]") {
  CHECK(sage::csv_header<log_line>() == "time,service,severity,status,duration_ms,bytes");
  CHECK(sage::csv_header<log_line>({';', '"'}) == "time;service;severity;status;duration_ms;bytes");
  CHECK(row_of(log_line{"t", "a,b", samples::level::warn, 200, 0.5, -1}) == "t,\"a,b\",warn,200,0.5,-1");
  CHECK(row_of(item{"x", "", 5, true, {1, 2}}) == "x,\"\",5,true,\"[1,2]\"");
  CHECK(row_of(item{"", std::nullopt, std::nullopt, false, {}}) == ",,,false,[]");
  CHECK(row_of(one_text{""}) == "\"\"");  // not an empty line
  CHECK(row_of(one_text{"say \"hi\"\r"}) == "\"say \"\"hi\"\"\r\"");
}

TEST_CASE("an empty cell is an absent value and a quoted one the empty text", "[model][csv]") {
  CHECK(sage::from_csv_row<item>("x,,,false,[]").value() == item{"x", std::nullopt, std::nullopt, false, {}});
  CHECK(sage::from_csv_row<item>("x,\"\",7,TRUE,[1]").value() == item{"x", "", 7, true, {1}});
  CHECK(error_of<item>("x,,\"\",false,[]") == "1:4: column 3 (count): expected a number, got an empty cell");
}

TEST_CASE("numbers and booleans are read as spreadsheets write them", "[model][csv]") {
  const auto line = sage::from_csv_row<log_line>("t,s,info, 0200 ,+1.5e1,\"7\"");
  REQUIRE(line);
  CHECK(line->status == 200);
  CHECK(line->duration_ms == 15.0);
  CHECK(line->bytes == 7);
  CHECK(sage::from_csv_row<log_line>("t,s,info,0,-Infinity,0")->duration_ms ==
        -std::numeric_limits<double>::infinity());
  for (const char* yes : {"true", "TRUE", "True", "1"})
    CHECK(sage::from_csv_row<item>(",,," + std::string(yes) + ",[]")->sold);
  CHECK(error_of<item>(",,,yes,[]") == "1:4: column 4 (sold): expected true or false, got \"yes\"");
}

TEST_CASE("the wrong number or kind of cells is an error with row, column and field", "[model][csv]") {
  CHECK(error_of<log_line>("a,b,info,1,2") == "1:1: expected 6 cells, got 5");
  CHECK(error_of<log_line>("a,b,info,1,2,3,4") == "1:1: expected 6 cells, got 7");
  CHECK(error_of<log_line>("a,b,info,abc,2,3") == "1:10: column 4 (status): expected a number, got \"abc\"");
  CHECK(error_of<log_line>("a,b,info,12abc,2,3") == "1:10: column 4 (status): expected a number, got \"12abc\"");
  CHECK(error_of<log_line>("a,b,info,1.5,2,3") == "1:10: column 4 (status): expected a whole number, got 1.5");
  CHECK(error_of<log_line>("a,b,info,3000000000,2,3")
            .ends_with("column 4 (status): 3000000000 is out of range (-2147483648 to 2147483647)"));
  CHECK(error_of<log_line>("a,b,loud,1,2,3").starts_with("1:5: column 3 (severity): \"loud\" is none of debug"));
  CHECK(error_of<log_line>("a,b,info,1,inf,3") == "1:12: column 5 (duration_ms): expected a number, got \"inf\"");
  CHECK(error_of<item>("a,,,false,\"[1,x]\"")
            .starts_with("1:11: column 5 (sizes)[1]: expected a number, got character 'x'"));
  sage::csv_row row;
  sage::decode_problem problem;
  log_line line;
  REQUIRE(row.parse("\"two\nlines\",b,info,oh,2,3", problem));
  REQUIRE_FALSE(sage::decode_csv_row(row, sage::csv_columns_by_position<log_line>(), line, problem));
  CHECK(std::string(problem.to_error("logs.csv", 99).what()) ==
        "logs.csv:101:15: column 4 (status): expected a number, got \"oh\"");
}

TEST_CASE("columns are found by name in any order, others are ignored", "[model][csv]") {
  sage::csv_row header;
  sage::decode_problem problem;
  REQUIRE(
      header.parse("\xef\xbb\xbf"
                   "bytes,extra,time,severity,status,duration_ms,service",
                   problem));
  const auto columns = sage::csv_columns_by_name<log_line>(header);
  REQUIRE(columns);
  const auto line = sage::from_csv_row<log_line>("9,whatever,t,error,1,2,s", *columns);
  REQUIRE(line);
  CHECK(*line == log_line{"t", "s", samples::level::error, 1, 2, 9});
}

TEST_CASE("a header without a needed column lists what it has", "[model][csv]") {
  sage::csv_row header;
  sage::decode_problem problem;
  REQUIRE(header.parse("name,sold,size", problem));
  const auto columns = sage::csv_columns_by_name<item>(header);
  REQUIRE_FALSE(columns);
  CHECK(std::string(columns.error().what()) == "header: no column \"sizes\" (the columns are: name, sold, size)");
  const auto tolerant = sage::csv_columns_by_name<item>(header, sage::decode_mode::tolerant);
  REQUIRE(tolerant);
  CHECK(sage::from_csv_row<item>("n,1,ignored", *tolerant).value() ==
        item{"n", std::nullopt, std::nullopt, true, {}});
  REQUIRE(header.parse("name,sold,sizes,name", problem));
  CHECK(std::string(sage::csv_columns_by_name<item>(header).error().what()) ==
        "header: column \"name\" is there twice");
}

TEST_CASE("a row beyond the limits is refused", "[model][csv]") {
  sage::csv_row row;
  sage::decode_problem problem;
  sage::decode_limits limits;
  limits.bytes_max = 5;
  limits.elements_max = 3;
  CHECK(row.parse("a,b,c", problem, {}, limits));
  CHECK_FALSE(row.parse("a,b,cd", problem, {}, limits));
  CHECK(problem.code == sage::errc::limit);
  CHECK_FALSE(row.parse(",,,", problem, {}, limits));
  CHECK(problem.code == sage::errc::limit);
}
