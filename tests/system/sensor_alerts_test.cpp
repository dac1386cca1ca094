// sensor_alerts against loops over all readings of each sensor, in order of time.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <sage/sage.hpp>

#include "sensor_alerts/pipeline.hpp"
#include "sensor_alerts/readings.hpp"
#include "tests/catch.hpp"
#include "tests/system/process.hpp"
#include "tests/system/rows.hpp"

using namespace sensor_alerts;
using sage::testing::finished_process;
using sage::testing::rows_of;
using sage::testing::run;
using sage::testing::scratch_folder;

namespace {

using by_sensor = std::map<std::string, std::vector<reading>>;

by_sensor in_time_order(std::uint64_t count, std::uint64_t seed) {
  by_sensor all;
  for (const reading& r : readings_of(count, 20, seed)) all[r.sensor].push_back(r);
  for (auto& [sensor, its] : all) {
    std::sort(its.begin(), its.end(), [](const reading& a, const reading& b) { return a.at_ms < b.at_ms; });
  }
  return all;
}

std::vector<session_row> sessions_of(const by_sensor& all, const limits& wanted) {
  std::vector<session_row> rows;
  for (const auto& [sensor, its] : all) {
    for (std::size_t i = 0; i < its.size(); ++i) {
      const reading& r = its[i];
      if (i == 0 || r.at_ms - its[i - 1].at_ms > wanted.gap_s * 1000) {
        rows.push_back({sensor, r.at_ms, r.at_ms, 0, r.celsius, r.celsius});
      }
      session_row& row = rows.back();
      row.last_ms = r.at_ms;
      ++row.readings;
      row.least = std::min(row.least, r.celsius);
      row.most = std::max(row.most, r.celsius);
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::vector<alert_row> alerts_of(const by_sensor& all, const limits& wanted) {
  std::vector<alert_row> rows;
  for (const auto& [sensor, its] : all) {
    std::size_t free = 0;  // from here on readings are in no alert of overheating
    for (std::size_t i = 0; i < its.size(); ++i) {
      const reading& r = its[i];
      if (i >= free + 2 && its[i - 2].celsius > wanted.hot_celsius && its[i - 1].celsius > wanted.hot_celsius &&
          r.celsius > wanted.hot_celsius && r.at_ms - its[i - 2].at_ms < overheating_ms) {
        rows.push_back({r.at_ms, sensor, "overheating", r.celsius});
        free = i + 1;
      }
      if (i > 0 && r.celsius > wanted.spike_factor * its[i - 1].celsius) {
        rows.push_back({r.at_ms, sensor, "spike", r.celsius});
      }
      if (i + 1 == its.size() || its[i + 1].at_ms - r.at_ms >= wanted.silence_s * 1000) {
        rows.push_back({r.at_ms, sensor, "silent", r.celsius});
      }
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

}  // namespace

TEST_CASE("sessions and alerts are those of a loop over all readings", "[system][sensor_alerts]") {
  scratch_folder folder;
  const std::string readings = folder.path("readings.jsonl");
  const finished_process made =
      run("sensor_alerts", {"generate", "--readings", "30000", "--seed", "5", "--output", readings});
  INFO(made.err);
  REQUIRE(made.exit_code == 0);
  const by_sensor all = in_time_order(30'000, 5);
  const limits wanted;
  const auto alerts = alerts_of(all, wanted);
  const auto count = [&](const std::string& kind) {
    return std::count_if(alerts.begin(), alerts.end(), [&](const alert_row& one) { return one.alert == kind; });
  };
  REQUIRE(count("overheating") > 50);
  REQUIRE(count("spike") > 50);
  REQUIRE(count("silent") > 50);
  struct way {
    const char* parallelism;
    const char* state;
  };
  for (const way how : {way{"1", "memory"}, way{"3", "memory"}, way{"2", "rocksdb"}}) {
    INFO("parallelism " << how.parallelism << ", state in " << how.state);
    const finished_process done =
        run("sensor_alerts", {"run", "--input", readings, "--output", folder.path("alerts.csv"), "--sessions",
                              folder.path("sessions.csv"), "--parallelism", how.parallelism, "--state", how.state});
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    CHECK(rows_of<session_row>(folder.path("sessions.csv")) == sessions_of(all, wanted));
    CHECK(rows_of<alert_row>(folder.path("alerts.csv")) == alerts);
  }
}

TEST_CASE("what sensor_alerts can't do is said in one line", "[system][sensor_alerts]") {
  const finished_process none = run("sensor_alerts", {"run", "--input", "x", "--output", "y"});
  CHECK(none.exit_code == 2);
  CHECK(none.err.find("--sessions") != std::string::npos);
  scratch_folder folder;
  const finished_process broken = sage::testing::run_shell(
      "printf '{\"sensor\":\"a\",\"at_ms\":\"noon\",\"celsius\":1}\\n' | \"$bin/sensor_alerts\" run --input - "
      "--output " +
      folder.path("a") + " --sessions " + folder.path("s"));
  CHECK(broken.exit_code == 1);
  CHECK(broken.err.find("at_ms") != std::string::npos);
}
