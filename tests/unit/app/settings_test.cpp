#include "sage/app/settings.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include "sage/app/configuration.hpp"
#include "sage/app/yaml_file.hpp"
#include "tests/catch.hpp"

using namespace sage;
using apps::configuration_sources;
using apps::given_option;
using apps::settings_table;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(std::string(SAGE_SOURCE_DIR) + "/" + path);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

options with(std::vector<given_option> typed) {
  configuration_sources sources;
  sources.command_line = std::move(typed);
  return apps::resolve(settings_table(), sources).value();
}

// What the file and the page say of a setting's value.
std::string facts(const option_spec& spec) {
  std::string text;
  if (spec.kind == option_kind::flag) {
    text = "true or false";
  } else if (!spec.choices.empty() && spec.kind == option_kind::text) {
    for (const std::string& choice : spec.choices) text += (text.empty() ? "" : ", ") + choice;
  } else {
    text = spec.unit.empty() ? std::string(apps::kind_name(spec.kind)) : spec.unit;
  }
  return text;
}

}  // namespace

TEST_CASE("every setting has a name of its own, one line, a default and limits", "[app][settings]") {
  std::set<std::string> names;
  for (const option_spec& spec : settings_table()) {
    CAPTURE(spec.name);
    CHECK(names.insert(spec.name).second);
    CHECK_FALSE(spec.brief.empty());
    CHECK(spec.brief.find('\n') == std::string::npos);
    REQUIRE(spec.fallback.has_value());
    CHECK_FALSE(spec.required);
    const bool is_number = std::holds_alternative<std::int64_t>(*spec.fallback);
    CHECK(is_number == (spec.least.has_value() && spec.most.has_value()));
    // The default keeps the rules that it is the default of.
    const std::string shown = apps::show_value(spec, *spec.fallback);
    if (!shown.empty()) CHECK(apps::parse_value(spec, {shown}).value() == *spec.fallback);
  }
}

TEST_CASE("config/sage.yaml lists every setting with default, unit and one line, as the code has them",
          "[app][settings]") {
  const std::string text = text_of("config/sage.yaml");
  std::string expected;
  for (const option_spec& spec : settings_table()) {
    expected += "\n# " + spec.brief + " (" + facts(spec) + ")\n" + spec.name + ": " +
                apps::yaml_value(spec, *spec.fallback) + "\n";
  }
  const std::size_t begin = text.find("\n\n");
  REQUIRE(begin != std::string::npos);
  CHECK(text.substr(begin + 1) == expected);

  // It can be loaded as it is, and changes nothing.
  configuration_sources sources;
  sources.file = apps::parse_yaml(text, "config/sage.yaml", settings_table()).value();
  CHECK(sources.file.size() == settings_table().size());
  const options all = apps::resolve(settings_table(), sources).value();
  for (const resolved_option& one : all.all()) CHECK(one.value == one.spec.fallback);
}

TEST_CASE("docs/reference/settings.md lists every setting as the code has it", "[app][settings]") {
  const std::string text = text_of("docs/reference/settings.md");
  std::string expected;
  for (const option_spec& spec : settings_table()) {
    const std::string fallback = apps::yaml_value(spec, *spec.fallback);
    expected += "| `" + spec.name + "` | " + facts(spec) + " | `" + fallback + "` | " + spec.brief + " |\n";
  }
  CHECK(text.find(expected) != std::string::npos);
}

TEST_CASE("settings become the options of the environment", "[app][settings]") {
  const options given = with({{"parallelism", {"3"}, "--parallelism"},
                              {"batch-size", {"64"}, "--batch-size"},
                              {"no-fusion", {"true"}, "--no-fusion"},
                              {"disable-pass", {"chain-fusion", "dead-branches"}, "--disable-pass"},
                              {"window-batches", {"8"}, "--window-batches"},
                              {"window-bytes", {"1MiB"}, "--window-bytes"},
                              {"stop-deadline", {"100ms"}, "--stop-deadline"},
                              {"blocking-threads-max", {"3"}, "--blocking-threads-max"},
                              {"seed", {"42"}, "--seed"}});
  const environment_options made = apps::environment_settings(given).value();
  CHECK(made.parallelism == 3);
  CHECK(made.batch_size == 64);
  CHECK(made.disabled_passes == std::vector<std::string>{"chain-fusion", "dead-branches", "router-fusion"});
  CHECK(made.flow.window_batches == 8);
  CHECK(made.flow.window_bytes == 1 << 20);
  CHECK(made.stop_deadline == 100'000'000);
  CHECK(made.blocking_threads_max == 3);
  CHECK(made.seed == 42);
}

TEST_CASE("the defaults of the table are those of the environment and the engine", "[app][settings]") {
  const environment_options made = apps::environment_settings(with({})).value();
  const environment_options bare;
  CHECK(made.parallelism == bare.parallelism);
  CHECK(made.batch_size == bare.batch_size);
  CHECK(made.disabled_passes == bare.disabled_passes);
  CHECK(made.flow.window_batches == bare.flow.window_batches);
  CHECK(made.flow.window_bytes == bare.flow.window_bytes);
  CHECK(made.stop_deadline == bare.stop_deadline);
  CHECK(made.blocking_threads_max == bare.blocking_threads_max);
  CHECK(made.seed == bare.seed);
  const runtime::local_engine_options engine = apps::engine_settings(with({})).value();
  const runtime::local_engine_options plain;
  CHECK(engine.threads == plain.threads);
  CHECK(engine.scheduler == plain.scheduler);
  CHECK(engine.throughput == plain.throughput);
}

TEST_CASE("settings of CAF reach the engine, and contradict ours aloud", "[app][settings]") {
  const options given = with({{"caf.scheduler.policy", {"stealing"}, "--caf.scheduler.policy"},
                              {"caf.scheduler.max-throughput", {"5"}, "--caf.scheduler.max-throughput"},
                              {"caf.scheduler.max-threads", {"2"}, "--caf.scheduler.max-threads"}});
  const runtime::local_engine_options made = apps::engine_settings(given).value();
  CHECK(made.scheduler == "stealing");
  CHECK(made.throughput == 5);
  CHECK(made.threads == 2);
  const auto both = apps::engine_settings(with(
      {{"threads", {"3"}, "--threads"}, {"caf.scheduler.max-threads", {"2"}, "SAGE_CAF_SCHEDULER_MAX_THREADS"}}));
  REQUIRE_FALSE(both.has_value());
  CHECK(std::string(both.error().what()) ==
        "--threads and SAGE_CAF_SCHEDULER_MAX_THREADS: threads is 3 and caf.scheduler.max-threads is 2 (they are the "
        "same setting: give one of them)");
}
