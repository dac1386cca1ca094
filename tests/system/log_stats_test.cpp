// log_stats against the same query in SQLite, byte for byte.
#include <array>
#include <cstdint>
#include <string>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

const std::string header = "service,count,errors,bytes,duration_ms_min,duration_ms_mean,duration_ms_max\n";

struct record {
  std::string service;
  std::string level;
  std::uint64_t status, duration_ms, bytes;
};

// Skewed services with names that need quotes, levels in all their spellings, rare huge values.
std::vector<record> records_of(std::size_t count, std::uint64_t seed) {
  const auto next = [&seed](std::uint64_t below) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (seed >> 33) % below;
  };
  const std::array<std::string, 8> odd{"caf\xc3\xa9", "a,b", "say \"hi\"", "\xe6\x97\xa5\xe6\x9c\xac", "",
                                       " pad ",       "A-Z", "two\nlines"};
  const std::array<const char*, 12> levels{"trace", "debug", "DEBUG",   "info",    "Info",  "INFO",
                                           "warn",  "WARN",  "warning", "Warning", "error", "FATAL"};
  const std::array<std::uint64_t, 6> statuses{200, 200, 404, 499, 500, 503};
  std::vector<record> all;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t rank = next(60) * next(60) / 60;
    all.push_back({rank < odd.size() ? odd[rank] : "service-" + std::to_string(rank), levels[next(levels.size())],
                   statuses[next(statuses.size())], next(100) == 0 ? next(1'000'000'000) : next(5000),
                   next(1000) == 0 ? 1'000'000'000'000 + next(1000) : next(100'000)});
  }
  return all;
}

std::string in_quotes(const std::string& text, const char* escape) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += escape;
    if (c == '\n' && *escape == '\\') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string as_csv(const std::vector<record>& all) {
  std::string text = "time,service,level,status,duration_ms,bytes\n";
  for (const record& one : all) {
    text += "2024-05-01T00:00:00Z," + in_quotes(one.service, "\"") + "," + one.level + "," +
            std::to_string(one.status) + "," + std::to_string(one.duration_ms) + "," + std::to_string(one.bytes) +
            "\n";
  }
  return text;
}

// The fields in another order, and one more.
std::string as_json_lines(const std::vector<record>& all) {
  std::string text;
  for (const record& one : all) {
    text += "{\"bytes\":" + std::to_string(one.bytes) + ",\"level\":\"" + one.level +
            "\",\"host\":{\"name\":\"a\"}," + "\"duration_ms\":" + std::to_string(one.duration_ms) +
            ",\"status\":" + std::to_string(one.status) + ",\"service\":" + in_quotes(one.service, "\\") +
            ",\"time\":\"2024-05-01T00:00:00Z\"}\n";
  }
  return text;
}

// What log_stats must write for a table `logs`, asked of SQLite: cells in quotes only where CSV needs them, as
// SQLite's own CSV mode is freer with quotes.
const std::string query = R"(
  SELECT CASE WHEN service GLOB '*[,"' || char(10) || char(13) || ']*'
              THEN '"' || replace(service, '"', '""') || '"' ELSE service END
         || ',' || count(*) || ',' || sum(CAST(status AS INTEGER) >= 500) || ',' || sum(CAST(bytes AS INTEGER))
         || ',' || min(CAST(duration_ms AS INTEGER)) || ',' || printf('%.3f', avg(CAST(duration_ms AS INTEGER)))
         || ',' || max(CAST(duration_ms AS INTEGER))
  FROM logs
  WHERE CASE lower(level) WHEN 'trace' THEN 0 WHEN 'debug' THEN 1 WHEN 'info' THEN 2 WHEN 'warn' THEN 3
        WHEN 'warning' THEN 3 WHEN 'error' THEN 4 WHEN 'fatal' THEN 5 WHEN 'critical' THEN 5 END >= LEAST
  GROUP BY service ORDER BY service;
)";

std::string asked_of_sqlite(const std::string& import, int least) {
  std::string asked = query;
  asked.replace(asked.find("LEAST"), 5, std::to_string(least));
  const finished_process ended = run("/usr/bin/sqlite3", {":memory:", "-cmd", ".bail on", "-cmd", ".mode list",
                                                          "-cmd", ".import --csv " + import + " logs", asked});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  return header + ended.out;
}

// Each line a text, taken apart by SQLite's own reader of JSON.
std::string json_asked_of_sqlite(const std::string& import, int least) {
  std::string asked =
      "CREATE TABLE logs AS SELECT json_extract(line, '$.service') service, json_extract(line, '$.level') level, "
      "json_extract(line, '$.status') status, json_extract(line, '$.duration_ms') duration_ms, "
      "json_extract(line, '$.bytes') bytes FROM lines;" +
      query;
  asked.replace(asked.find("LEAST"), 5, std::to_string(least));
  const finished_process ended =
      run("/usr/bin/sqlite3", {":memory:", "-cmd", "CREATE TABLE lines(line TEXT)", "-cmd", ".mode ascii", "-cmd",
                               ".separator \"\\037\" \"\\n\"", "-cmd", ".import " + import + " lines", "-cmd",
                               ".mode list", "-cmd", ".separator \"|\" \"\\n\"", asked});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  return header + ended.out;
}

std::string stats_of(texts arguments) {
  const scratch_folder folder;
  arguments.insert(arguments.begin(), {"run", "--output", folder.path("stats.csv")});
  const finished_process ended = run("log_stats", arguments);
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  CHECK(ended.out.empty());
  return folder.read("stats.csv");
}

TEST_CASE("log_stats equals the same query in SQLite at every parallelism, fused and not", "[system][log_stats]") {
  const scratch_folder folder;
  const auto records = records_of(30'000, 7);
  const std::string csv = folder.write("logs.csv", as_csv(records));
  const std::string json = folder.write("logs.jsonl", as_json_lines(records));
  const std::string expected = asked_of_sqlite(csv, 2);
  REQUIRE(std::count(expected.begin(), expected.end(), '\n') > 40);
  REQUIRE(json_asked_of_sqlite(json, 2) == expected);
  const std::vector<texts> ways{
      {"--parallelism", "1"},    {"--parallelism", "2"},
      {"--parallelism", "4"},    {"--parallelism", "4", "--no-fusion"},
      {"--engine", "reference"}, {"--parallelism", "3", "--batch-size", "1", "--window-batches", "1"}};
  for (const texts& way : ways) {
    for (const std::string& input : {csv, json}) {
      CAPTURE(way, input);
      texts arguments{"--input", input};
      arguments.insert(arguments.end(), way.begin(), way.end());
      CHECK(stats_of(arguments) == expected);
    }
  }
}

TEST_CASE("log_stats keeps what is at least the wanted level", "[system][log_stats]") {
  const scratch_folder folder;
  const std::string csv = folder.write("logs.csv", as_csv(records_of(2000, 8)));
  const texts levels{"trace", "debug", "info", "warn", "error", "fatal"};
  for (std::size_t least = 0; least < levels.size(); ++least) {
    CAPTURE(levels[least]);
    CHECK(stats_of({"--input", csv, "--min-level", levels[least]}) == asked_of_sqlite(csv, static_cast<int>(least)));
  }
}

TEST_CASE("log_stats takes several files of both formats as one", "[system][log_stats]") {
  const scratch_folder folder;
  const auto records = records_of(3000, 9);
  const std::string all = folder.write("all.csv", as_csv(records));
  const std::string front = folder.write("front.CSV", as_csv({records.begin(), records.begin() + 1000}));
  const std::string back = folder.write("back.ndjson", as_json_lines({records.begin() + 1000, records.end()}));
  for (const char* parallelism : {"1", "4"}) {
    CHECK(stats_of({"--input", front, back, "--parallelism", parallelism}) == asked_of_sqlite(all, 2));
  }
}

TEST_CASE("log_stats of nothing is a header, of one record one row", "[system][log_stats]") {
  const scratch_folder folder;
  const std::string columns = "time,service,level,status,duration_ms,bytes\n";
  CHECK(stats_of({"--input", folder.write("empty.csv", "")}) == header);
  CHECK(stats_of({"--input", folder.write("empty.jsonl", "")}) == header);
  CHECK(stats_of({"--input", folder.write("header.csv", columns)}) == header);
  CHECK(stats_of({"--input", folder.write("quiet.csv", columns + "t,a,debug,200,1,2\n")}) == header);
  CHECK(stats_of({"--input", folder.write("one.csv", columns + "t,a,info,500,17,2\n")}) ==
        header + "a,1,1,2,17,17.000,17\n");
  CHECK(stats_of({"--input", folder.write("odd.txt", "\xef\xbb\xbf" + columns + "t,a,info,500,17,2\r\n"),
                  "--input-format", "csv"}) == header + "a,1,1,2,17,17.000,17\n");
}

TEST_CASE("log_stats keeps the decimals of durations, and refuses those below 0", "[system][log_stats]") {
  const scratch_folder folder;
  const std::string columns = "time,service,level,status,duration_ms,bytes\n";
  const std::string rows = columns + "t,a,info,200,12.5,1\nt,a,info,200,0.25,1\nt,a,info,200,1e1,1\n";
  CHECK(stats_of({"--input", folder.write("decimals.csv", rows)}) == header + "a,3,0,3,0.25,7.583,12.5\n");

  const std::string bad = folder.write("negative.csv", rows + "t,a,info,200,-1,1\n");
  const finished_process failed = run("log_stats", {"run", "--input", bad, "--output", "-"});
  CHECK(failed.exit_code == 1);
  CHECK(failed.out.empty());
  CHECK(failed.err.find("duration_ms is -1") != std::string::npos);
  CHECK(stats_of({"--input", bad, "--on-error", "drop"}) == header + "a,3,0,3,0.25,7.583,12.5\n");
}

}  // namespace
