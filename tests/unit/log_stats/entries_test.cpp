#include <optional>

#include "log_stats/entry.hpp"
#include "log_stats/input_format.hpp"
#include "sage/model/csv.hpp"
#include "sage/model/json.hpp"
#include "tests/catch.hpp"

using log_stats::entry;
using log_stats::level;

namespace {

std::optional<level> level_of(std::string_view text) {
  level value{};
  return log_stats::sage_enum_from_text(text, value) ? std::optional(value) : std::nullopt;
}

TEST_CASE("levels are read in any case, with their synonyms", "[log_stats]") {
  CHECK(level_of("trace") == level::trace);
  CHECK(level_of("Debug") == level::debug);
  CHECK(level_of("INFO") == level::info);
  CHECK(level_of("warn") == level::warn);
  CHECK(level_of("WARNING") == level::warn);
  CHECK(level_of("eRROR") == level::error);
  CHECK(level_of("Fatal") == level::fatal);
  CHECK(level_of("Critical") == level::fatal);
  for (const char* none : {"", "inf", "information", "warn ", "3", "crit\xc4\xb0"}) CHECK(!level_of(none));
}

TEST_CASE("a level that is none, and a number, are errors with their place", "[log_stats]") {
  const auto json = [](const std::string& level_text) {
    return sage::from_json<entry>(R"({"service":"a","level":)" + level_text + "}");
  };
  CHECK(json("\"Critical\"").value().level == level::fatal);
  const std::string names = "trace, debug, info, warn, error, fatal";
  CHECK(std::string(json("\"loud\"").error().what()) == "1:24: level: \"loud\" is none of " + names);
  CHECK(json("30").error().message() == "level: expected a string, got a number");
  CHECK(sage::from_csv_row<entry>("a,Warning,200,1,2").value().level == level::warn);
  CHECK(std::string(sage::from_csv_row<entry>("a,30,200,1,2").error().what()) ==
        "1:3: column 2 (level): \"30\" is none of " + names);
}

TEST_CASE("inputs are told by their ending", "[log_stats]") {
  const auto sorted = log_stats::sort_inputs({"a.csv", "b.JSONL", "c.Csv.gz", "logs/*.ndjson.GZ", "d.json"}, "auto");
  CHECK(sorted.csv == std::vector<std::string>{"a.csv", "c.Csv.gz"});
  CHECK(sorted.json_lines == std::vector<std::string>{"b.JSONL", "logs/*.ndjson.GZ", "d.json"});
  CHECK(log_stats::sort_inputs({"a.csv", "-"}, "jsonl").json_lines.size() == 2);
  CHECK(log_stats::sort_inputs({"a.json", "-"}, "csv").csv.size() == 2);
  for (const char* unknown : {"-", "logs", "a.txt", "a.gz", "csv"}) {
    CHECK_THROWS_AS(log_stats::sort_inputs({unknown}, "auto"), sage::error);
  }
}

}  // namespace
