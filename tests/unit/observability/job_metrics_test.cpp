#include "sage/observability/job_metrics.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "tests/catch.hpp"

namespace {

// A job with an operator and an actor whose names have everything that needs care.
sage::job_metrics example() {
  sage::job_metrics metrics;
  metrics.job = "a \"job\"\\\n\xff";
  metrics.state = "running";
  metrics.seconds = 1.5;
  sage::operator_metrics one;
  one.name = "map";
  one.kind = "map";
  one.actor = "map[0]";
  one.records_in = 18446744073709551615u;
  one.service_ns = 1'500'000'001;
  metrics.operators.push_back(one);
  sage::instance_metrics actor;
  actor.name = "map[0]";
  actor.busy_ratio = 0.25;
  for (const std::uint64_t ns : {0, 1000, 1023, 1024, 5000, 1'000'000}) actor.wait.add(ns);
  actor.wait.add(200'000'000'000);  // beyond the last bound
  metrics.instances.push_back(actor);
  return metrics;
}

struct family {
  std::string type, help;
  std::vector<std::pair<std::string, std::string>> samples;  // name with labels, value
};

// Reads the text format and holds it to its grammar: one HELP, one TYPE, then the samples of that family alone.
std::map<std::string, family> parse(const std::string& text) {
  std::map<std::string, family> all;
  std::istringstream lines(text);
  std::string current;
  REQUIRE(text.ends_with("\n"));
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    if (line.starts_with("# HELP ")) {
      const std::size_t space = line.find(' ', 7);
      current = line.substr(7, space - 7);
      REQUIRE(all.count(current) == 0);
      all[current].help = line.substr(space + 1);
      REQUIRE(std::getline(lines, line));
      REQUIRE(line.starts_with("# TYPE " + current + " "));
      all[current].type = line.substr(8 + current.size());
      continue;
    }
    const std::size_t brace = line.find('{');
    const std::size_t close = line.rfind("} ");
    REQUIRE(brace != std::string::npos);
    REQUIRE(close != std::string::npos);
    const std::string name = line.substr(0, brace);
    const bool part = all[current].type == "histogram" &&
                      (name == current + "_bucket" || name == current + "_sum" || name == current + "_count");
    REQUIRE((name == current || part));
    all[current].samples.emplace_back(line.substr(0, close + 1), line.substr(close + 2));
  }
  return all;
}

std::string value_of(const std::map<std::string, family>& all, const std::string& name, const std::string& part) {
  for (const auto& [labels, value] : all.at(name).samples) {
    if (labels.find(part) != std::string::npos) return value;
  }
  return "absent";
}

TEST_CASE("the Prometheus text keeps to the format, whatever names are", "[observability][metrics]") {
  const auto all = parse(example().to_prometheus());
  const std::string job = "job=\"a \\\"job\\\"\\\\\\n\xef\xbf\xbd\"";
  CHECK(value_of(all, "sage_operator_records_in_total", job + ",operator=\"map\",instance=\"0\"") ==
        "18446744073709551615");
  CHECK(value_of(all, "sage_operator_service_seconds_total", job) == "1.500000001");
  CHECK(value_of(all, "sage_instance_busy_ratio", job + ",actor=\"map[0]\"") == "0.25");
  CHECK(value_of(all, "sage_job_state", "state=\"running\"") == "1");
  CHECK(value_of(all, "sage_job_seconds", job) == "1.5");
}

TEST_CASE("Prometheus histograms are cumulative, in seconds, and count everything", "[observability][metrics]") {
  const auto all = parse(example().to_prometheus());
  const std::string wait = "sage_instance_wait_seconds";
  CHECK(value_of(all, wait, "le=\"0.000001023\"") == "3");
  CHECK(value_of(all, wait, "le=\"0.000004095\"") == "4");
  CHECK(value_of(all, wait, "le=\"0.000016383\"") == "5");
  CHECK(value_of(all, wait, "le=\"0.001048575\"") == "6");
  CHECK(value_of(all, wait, "le=\"68.719476735\"") == "6");
  CHECK(value_of(all, wait, "le=\"+Inf\"") == "7");
  CHECK(value_of(all, wait, wait + "_count") == "7");
  CHECK(value_of(all, wait, wait + "_sum") == "200.001008047");
  std::uint64_t before = 0;
  for (const auto& [labels, value] : all.at(wait).samples) {
    if (labels.find("_bucket") == std::string::npos) continue;
    CHECK(std::stoull(value) >= before);
    before = std::stoull(value);
  }
  CHECK(before == 7);
}

TEST_CASE("the JSON of metrics is JSON, whatever names are", "[observability][metrics]") {
  const auto metrics = nlohmann::json::parse(example().to_json());
  CHECK(metrics["version"] == 1);
  CHECK(metrics["job"] == "a \"job\"\\\n\xef\xbf\xbd");
  CHECK(metrics["operators"][0]["records_in"] == 18446744073709551615u);
  CHECK(metrics["instances"][0]["wait_ns"]["count"] == 7);
}

TEST_CASE("quantiles are of the nearest rank", "[observability][metrics]") {
  sage::histogram h;
  CHECK(h.quantile(0.5) == 0);
  h.add(1000);
  h.add(100'000);
  CHECK(h.quantile(0.5) == 1023);
  CHECK(h.quantile(0.99) == 100'000);
  for (int i = 0; i < 198; ++i) h.add(1000);
  CHECK(h.quantile(0.99) == 1023);
  CHECK(h.quantile(1.0) == 100'000);
}

// The cells of the rows of every table of the page, trimmed, without the ` around names.
std::vector<std::vector<std::string>> rows_of_the_page() {
  std::ifstream page(std::string(SAGE_SOURCE_DIR) + "/docs/reference/metrics.md");
  REQUIRE(page.good());
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("| `")) continue;
    std::vector<std::string> cells;
    std::istringstream in(line.substr(1));
    for (std::string cell; std::getline(in, cell, '|');) {
      cell.erase(0, cell.find_first_not_of(' '));
      cell.erase(cell.find_last_not_of(' ') + 1);
      if (cell.starts_with('`') && cell.ends_with('`')) cell = cell.substr(1, cell.size() - 2);
      cells.push_back(cell);
    }
    REQUIRE(cells.size() == 5);
    rows.push_back(cells);
  }
  return rows;
}

void add_keys(std::set<std::string>& to, const nlohmann::json& object, const std::string& prefix) {
  for (const auto& [key, value] : object.items()) {
    to.insert(prefix + key);
    if (value.is_array()) add_keys(to, value.at(0), prefix + key + "[].");
  }
}

TEST_CASE("the page about metrics lists exactly what there is", "[observability][metrics]") {
  std::set<std::string> keys, described_keys;
  add_keys(keys, nlohmann::json::parse(example().to_json()), "");
  const auto families = parse(example().to_prometheus());
  std::set<std::string> names, described_names;
  for (const auto& [name, one] : families) names.insert(name);
  for (const auto& row : rows_of_the_page()) {
    CAPTURE(row);
    CHECK(described_keys.insert(row[0]).second);
    if (row[1].empty()) continue;
    CHECK(described_names.insert(row[1]).second);
    REQUIRE(families.count(row[1]) == 1);
    CHECK(families.at(row[1]).type == row[2]);
    CHECK(families.at(row[1]).help == row[4]);
  }
  CHECK(described_keys == keys);
  CHECK(described_names == names);
}

}  // namespace
