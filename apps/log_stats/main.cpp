// log_stats: log records -> those that matter -> figures per service, in order.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <sage/app.hpp>
#include <sage/sage.hpp>

#include "log_stats/by_service.hpp"
#include "log_stats/entry.hpp"
#include "log_stats/input_format.hpp"
#include "log_stats/service_stats.hpp"

namespace {

using log_stats::entry;

sage::data_stream<entry> entries_of(sage::environment& env, const sage::options& given) {
  const auto inputs =
      log_stats::sort_inputs(given.get<std::vector<std::string>>("input"), given.get<std::string>("input-format"));
  const sage::error_policy on_bad_row = given.get<std::string>("on-error") == "drop" ? sage::drop : sage::fail;
  const char* const advice = "correct it, or leave such records out with --on-error drop";
  const auto csv = [&] {
    return env.from_source(sage::file::csv<entry>(inputs.csv).on_bad_row(on_bad_row, advice)).name("csv");
  };
  const auto json_lines = [&] {
    auto source = sage::file::json_lines<entry>(inputs.json_lines).all_fields().on_bad_row(on_bad_row, advice);
    return env.from_source(std::move(source)).name("json_lines");
  };
  if (inputs.json_lines.empty()) return csv();
  if (inputs.csv.empty()) return json_lines();
  return csv().union_with(json_lines()).name("entries");
}

sage::app app() {
  sage::app app("log_stats", "counts, errors, bytes and durations of log records, per service");
  app.help(
      "Reads records with the fields service, level, status, duration_ms and bytes; others, as time, are skipped.\n"
      "They come as CSV with a header or as JSON Lines, packed with gzip or not. Keeps those of at least "
      "--min-level\n"
      "and writes CSV, one row per service, ordered by the bytes of its name:\n"
      "  service,count,errors,bytes,duration_ms_min,duration_ms_mean,duration_ms_max\n"
      "Errors are records with a status of 500 or more. Durations may have decimals, kept to the nanosecond; their\n"
      "mean has three, halves rounded up. All sums are exact. The output appears under its name when it is "
      "complete.");
  app.example("log_stats run --input access.csv --output stats.csv", "one file");
  app.example("log_stats run --input 'logs/*.jsonl.gz' --output - --min-level warn",
              "all files of a folder, warnings and worse, to the terminal");
  app.option<std::vector<std::string>>("input", "files, folders or patterns; - is stdin").shown_as("PATH").required();
  app.option<std::string>("output", "where the rows go; - is stdout").shown_as("FILE").required();
  app.option<std::string>("min-level", "the least level that counts")
      .choices({"trace", "debug", "info", "warn", "error", "fatal"})
      .fallback("info");
  app.option<std::string>("input-format", "what the inputs are; auto goes by .csv, .jsonl, .ndjson, .json")
      .choices({"auto", "csv", "jsonl"})
      .fallback("auto");
  app.option<std::string>("on-error", "a broken record fails the job, or is dropped and counted")
      .choices({"fail", "drop"})
      .fallback("fail");
  app.check([](const sage::options& given) {
    static_cast<void>(
        log_stats::sort_inputs(given.get<std::vector<std::string>>("input"), given.get<std::string>("input-format")));
  });
  app.build([](sage::environment& env, const sage::options& given) {
    auto least = log_stats::level::info;
    static_cast<void>(log_stats::sage_enum_from_text(given.get<std::string>("min-level"), least));
    auto stats = entries_of(env, given)
                     .filter([least](const entry& one) { return one.level >= least; })
                     .name("level")
                     .key_by(&entry::service)
                     .aggregate(log_stats::sum_up{})
                     .name("stats");
    if (given.get<std::string>("on-error") == "drop") stats.on_error(sage::drop);
    stats.transform("by_service", [] { return std::make_unique<log_stats::by_service>(); })
        .parallelism(1)
        .sink(sage::file::csv_sink<log_stats::service_stats>(given.get<std::string>("output")))
        .name("output");
  });
  return app;
}

}  // namespace

int main(int argc, char** argv) {
  return sage::app_main(argc, argv, app);
}
