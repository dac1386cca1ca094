#include "sage/observability/log.hpp"

#include <thread>

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

using namespace sage;

namespace {

struct capture {
  std::vector<std::string> lines;
  logger::line_writer writer() {
    return [this](std::string_view line) { lines.emplace_back(line); };
  }
};

}  // namespace

TEST_CASE("a human log line has time, level, place, message and fields", "[observability][log]") {
  capture to;
  logger log(log_level::info, log_form::human, to.writer());
  log.write(log_level::warn, "two\nlines", {"job", "count", 3}, {{"dropped", std::uint64_t{7}}, {"why", "a b"}});
  REQUIRE(to.lines.size() == 1);
  // "2024-05-01 12:00:00.000 " and then:
  CHECK(to.lines[0].substr(24) == "warning [job/count[3]] two; lines dropped=7 why=a b\n");
  log.write(log_level::info, "plain");
  CHECK(to.lines[1].substr(24) == "info    plain\n");
}

TEST_CASE("a JSON log line is one object with the job, operator and instance", "[observability][log]") {
  capture to;
  logger log(log_level::trace, log_form::json, to.writer());
  log.write(log_level::error, "a \"quoted\"\nline\x01", {"the job", "count", 3},
            {{"seconds", 1.5}, {"dropped", std::uint64_t{7}}, {"path", "a\\b"}});
  log.write(log_level::info, "bare");
  REQUIRE(to.lines.size() == 2);
  CHECK(to.lines[0].back() == '\n');
  const auto line = nlohmann::json::parse(to.lines[0]);
  CHECK(line["version"] == 1);
  CHECK(line["level"] == "error");
  CHECK(line["job"] == "the job");
  CHECK(line["operator"] == "count");
  CHECK(line["instance"] == 3);
  CHECK(line["message"] == "a \"quoted\"\nline\x01");
  CHECK(line["seconds"] == 1.5);
  CHECK(line["dropped"] == 7);
  CHECK(line["path"] == "a\\b");
  const std::string time = line["time"];
  CHECK(time.size() == 24);
  CHECK(time.back() == 'Z');
  const auto bare = nlohmann::json::parse(to.lines[1]);
  CHECK_FALSE(bare.contains("job"));
  CHECK_FALSE(bare.contains("instance"));
}

TEST_CASE("a JSON log line is JSON when a path is not UTF-8", "[observability][log]") {
  capture to;
  logger log(log_level::info, log_form::json, to.writer());
  log.write(log_level::error,
            "b\xe4"
            "d.txt: can't open",
            {"job", "op\xff", 0}, {{"path", "\xc3"}});
  const auto line = nlohmann::json::parse(to.lines.at(0));
  CHECK(line["message"] ==
        "b\xef\xbf\xbd"
        "d.txt: can't open");
  CHECK(line["operator"] == "op\xef\xbf\xbd");
  CHECK(line["path"] == "\xef\xbf\xbd");
}

TEST_CASE("a logger shows lines of its level and above", "[observability][log]") {
  capture to;
  logger log(log_level::warn, log_form::human, to.writer());
  for (const log_level level :
       {log_level::trace, log_level::debug, log_level::info, log_level::warn, log_level::error}) {
    log.write(level, "x");
    CHECK(log.shows(level) == (level >= log_level::warn));
  }
  CHECK(to.lines.size() == 2);
  logger silent(log_level::off, log_form::human, to.writer());
  silent.write(log_level::error, "x");
  CHECK(to.lines.size() == 2);
}

TEST_CASE("lines of several threads stay whole", "[observability][log]") {
  capture to;
  {
    logger log(log_level::info, log_form::human, to.writer());
    std::vector<std::thread> writers;
    for (int i = 0; i < 4; ++i) {
      writers.emplace_back([&log] {
        for (int n = 0; n < 250; ++n) log.write(log_level::info, "a line of some length");
      });
    }
    for (std::thread& one : writers) one.join();
  }
  CHECK(to.lines.size() == 1000);
  for (const std::string& line : to.lines) REQUIRE(line.ends_with("info    a line of some length\n"));
}

TEST_CASE("the names of log levels are those of the setting", "[observability][log]") {
  CHECK(log_level_of("trace") == log_level::trace);
  CHECK(log_level_of("off") == log_level::off);
  CHECK_FALSE(log_level_of("verbose").has_value());
}
