// sensor_alerts: sessions of readings, and alerts by patterns in them.
#include <string>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "sensor_alerts/pipeline.hpp"
#include "sensor_alerts/readings.hpp"

namespace {

void check_run(const sage::options& given) {
  for (const char* name : {"input", "sessions"}) {
    if (given.get<std::string>(name).empty()) {
      throw sage::error(sage::errc::configuration, "is missing", std::string("--") + name,
                        "'sensor_alerts run' reads --input and writes --output and --sessions");
    }
  }
}

sage::app app() {
  sage::app app("sensor_alerts", "alerts and sessions from the readings of sensors");
  app.help(
      "Reads JSON Lines with the fields sensor, at_ms and celsius, up to two seconds out of order. Writes two files "
      "of\n"
      "CSV: alerts, ordered by time, and sessions, ordered by sensor:\n"
      "  at_ms,sensor,alert,celsius\n"
      "  sensor,start_ms,last_ms,readings,least,most\n"
      "Alerts are 'overheating' (three readings in a row above --hot within half a minute), 'spike' (a reading more\n"
      "than --spike-factor times the one before) and 'silent' (no reading for --silence seconds).");
  app.example("sensor_alerts generate --readings 100000 --seed 1 --output readings.jsonl", "readings to try it with");
  app.example("sensor_alerts run --input readings.jsonl --output alerts.csv --sessions sessions.csv",
              "what was wrong, and when sensors were on");
  app.option<std::string>("input", "readings as JSON Lines; - is stdin").shown_as("FILE").fallback("");
  app.option<std::string>("output", "where alerts, or generated readings, go; - is stdout")
      .shown_as("FILE")
      .required();
  app.option<std::string>("sessions", "where sessions go").shown_as("FILE").fallback("");
  app.option<double>("hot", "degrees Celsius above which a reading is hot").fallback(60);
  app.option<double>("spike-factor", "how many times the reading before a spike is").fallback(2);
  app.option<std::uint32_t>("gap", "seconds without readings that end a session").fallback(30).between(1, 86'400);
  app.option<std::uint32_t>("silence", "seconds without readings that are an alert").fallback(60).between(1, 86'400);
  app.option<std::uint64_t>("readings", "how many to generate").fallback(100'000).between(1, 10'000'000);
  app.option<std::uint32_t>("sensors", "of how many sensors").fallback(20).between(1, 100'000);
  app.check(check_run);
  app.build([](sage::environment& env, const sage::options& given) {
    sensor_alerts::limits wanted;
    wanted.hot_celsius = given.get<double>("hot");
    wanted.spike_factor = given.get<double>("spike-factor");
    wanted.gap_s = given.get<std::uint32_t>("gap");
    wanted.silence_s = given.get<std::uint32_t>("silence");
    const auto readings =
        env.from_source(sage::file::json_lines<sensor_alerts::reading>(given.get<std::string>("input")).all_fields())
            .name("readings");
    sensor_alerts::declare(readings, wanted, given.get<std::string>("output"), given.get<std::string>("sessions"));
  });
  app.command("generate", "writes readings to the file of --output")
      .build([](sage::environment& env, const sage::options& given) {
        env.from_source(sage::collection(sensor_alerts::readings_of(given.get<std::uint64_t>("readings"),
                                                                    given.get<std::uint32_t>("sensors"),
                                                                    given.get<std::uint64_t>("seed"))))
            .name("readings")
            .parallelism(1)
            .sink(sage::file::json_lines_sink<sensor_alerts::reading>(given.get<std::string>("output")))
            .name("output");
      });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
