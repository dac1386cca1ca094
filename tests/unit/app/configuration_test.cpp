#include "sage/app/configuration.hpp"

#include "sage/app/settings.hpp"
#include "sage/app/yaml_file.hpp"
#include "tests/catch.hpp"

using namespace sage;
using apps::configuration_sources;
using apps::given_option;
using texts = std::vector<std::string>;

namespace {

std::vector<option_spec> specs() {
  option_spec input;
  input.name = "input";
  input.kind = option_kind::texts;
  input.placeholder = "PATH";
  input.brief = "what to read";
  input.required = true;
  option_spec limit;
  limit.name = "limit";
  limit.kind = option_kind::integer;
  limit.fallback = std::int64_t{7};
  limit.least = 1;
  option_spec note;
  note.name = "note";
  note.kind = option_kind::text;
  return {input, limit, note};
}

given_option given(const char* name, texts values, const char* place) {
  return given_option{name, std::move(values), place};
}

}  // namespace

TEST_CASE("the command line beats the environment, which beats the file, which beats the default", "[app][config]") {
  configuration_sources sources;
  const auto limit = [&sources] {
    const options all = apps::resolve(specs(), sources).value();
    return std::pair(all.get<int>("limit"), all.at("limit").place);
  };
  CHECK(limit() == std::pair(7, std::string("default")));
  sources.file = {given("limit", {"1"}, "a.yaml:2:8")};
  CHECK(limit() == std::pair(1, std::string("a.yaml:2:8")));
  sources.variables["SAGE_LIMIT"] = "2";
  CHECK(limit() == std::pair(2, std::string("SAGE_LIMIT")));
  sources.command_line = {given("limit", {"3"}, "--limit")};
  CHECK(limit() == std::pair(3, std::string("--limit")));
}

TEST_CASE("a list in the environment is separated by colons", "[app][config]") {
  configuration_sources sources;
  sources.variables["SAGE_INPUT"] = "a.txt:b c.txt::d";
  const options all = apps::resolve(specs(), sources).value();
  CHECK(all.get<texts>("input") == texts{"a.txt", "b c.txt", "d"});
  CHECK(all.is_given("input"));
  CHECK_FALSE(all.is_given("limit"));
  CHECK(all.has("limit"));
  CHECK_FALSE(all.has("note"));
}

TEST_CASE("a value that can't be read is an error with its place, even when a stronger one hides it",
          "[app][config]") {
  configuration_sources sources;
  sources.command_line = {given("limit", {"3"}, "--limit")};
  sources.variables["SAGE_LIMIT"] = "few";
  CHECK(std::string(apps::resolve(specs(), sources).error().what()) == "SAGE_LIMIT: 'few' is not a whole number");
  sources.file = {given("limit", {"0"}, "a.yaml:2:8")};
  CHECK(std::string(apps::resolve(specs(), sources).error().what()) == "a.yaml:2:8: limit: 0 is below 1");
}

TEST_CASE("a required option without a value is named", "[app][config]") {
  const options none = apps::resolve(specs(), {}).value();
  CHECK(std::string(apps::check_required(none).error().what()) ==
        "--input is missing (write --input PATH: what to read)");
  configuration_sources sources;
  sources.command_line = {given("input", {"a"}, "--input")};
  CHECK(apps::check_required(apps::resolve(specs(), sources).value()).has_value());
}

TEST_CASE("variables that look like misspelt options are doubted, others are left alone", "[app][config]") {
  const auto doubts = apps::doubtful_variables(
      specs(), {{"SAGE_LIMIT", "1"}, {"SAGE_LIMTI", "1"}, {"SAGE_CONFIG", "x"}, {"SAGE_HOME_OF_MINE", "x"}});
  REQUIRE(doubts.size() == 1);
  CHECK(doubts[0] == "the environment variable SAGE_LIMTI is none of SAGE's; did you mean SAGE_LIMIT?");
}

TEST_CASE("a dumped configuration says where values come from and can be read again", "[app][config]") {
  std::vector<option_spec> all = specs();
  for (const option_spec& spec : apps::settings_table()) all.push_back(spec);
  configuration_sources sources;
  sources.command_line = {given("input", {"a.txt", "with space", "-", "true", "q\"uote\\", "new\nline"}, "--input"),
                          given("window-bytes", {"2MiB"}, "--window-bytes"),
                          given("disable-pass", {"chain-fusion"}, "--disable-pass")};
  sources.variables["SAGE_LIMIT"] = "12";
  sources.file = {given("stop-deadline", {"250ms"}, "a.yaml:1:16")};
  const options first = apps::resolve(all, sources).value();
  const std::string dumped = apps::dump_configuration("tool", first);
  CAPTURE(dumped);
  const auto has_line = [&dumped](const std::string& begin, const std::string& end) {
    const std::size_t at = dumped.find("\n" + begin);
    return at != std::string::npos && dumped.substr(at + 1, dumped.find('\n', at + 1) - at - 1).ends_with(end);
  };
  CHECK(has_line("limit: 12 ", "# environment: SAGE_LIMIT"));
  CHECK(has_line("window-bytes: 2MiB ", "# command line: --window-bytes"));
  CHECK(has_line("stop-deadline: 250ms ", "# file: a.yaml:1:16"));
  CHECK(has_line("engine: actors ", "# default"));
  CHECK(has_line("note: null ", "# no value"));

  configuration_sources again;
  again.file = apps::parse_yaml(dumped, "dump.yaml", all).value();
  const options second = apps::resolve(all, again).value();
  for (const resolved_option& one : first.all()) {
    CAPTURE(one.spec.name);
    CHECK(second.at(one.spec.name).value == one.value);
  }
}

TEST_CASE("reading an option in another type than its own is refused", "[app][config]") {
  const options all = apps::resolve(specs(), {}).value();
  CHECK_THROWS_AS(all.get<std::string>("limit"), error);
  CHECK_THROWS_AS(all.get<int>("note"), error);
  CHECK_THROWS_AS(all.get<std::string>("note"), error);  // no value
  CHECK_THROWS_AS(all.get<int>("limti"), error);
  CHECK(all.get<texts>("input").empty());
  configuration_sources sources;
  sources.command_line = {given("limit", {"300"}, "--limit")};
  const options big = apps::resolve(specs(), sources).value();
  CHECK(big.get<std::int64_t>("limit") == 300);
  CHECK_THROWS_AS(big.get<std::uint8_t>("limit"), error);
}
