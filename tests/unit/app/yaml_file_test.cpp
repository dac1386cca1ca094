#include "sage/app/yaml_file.hpp"

#include "tests/catch.hpp"

using namespace sage;
using texts = std::vector<std::string>;

namespace {

std::vector<option_spec> specs() {
  std::vector<option_spec> all;
  for (const auto& [name, kind] : {std::pair{"input", option_kind::texts},
                                   {"output", option_kind::text},
                                   {"parallelism", option_kind::integer},
                                   {"no-fusion", option_kind::flag},
                                   {"caf.scheduler.policy", option_kind::text},
                                   {"caf.scheduler.max-threads", option_kind::integer}}) {
    option_spec spec;
    spec.name = name;
    spec.kind = kind;
    all.push_back(std::move(spec));
  }
  return all;
}

auto parsed(const std::string& text) {
  return apps::parse_yaml(text, "a.yaml", specs());
}

std::string problem(const std::string& text) {
  const auto given = parsed(text);
  return given ? "no problem" : given.error().what();
}

}  // namespace

TEST_CASE("a configuration file gives options with the place of their values", "[app][yaml]") {
  const auto given = parsed(
      "# a comment\n"
      "input: [a.txt, 'b c.txt']\n"
      "output: counts.csv\n"
      "parallelism: 4\n"
      "no-fusion: true\n");
  REQUIRE(given.has_value());
  REQUIRE(given->size() == 4);
  CHECK((*given)[0].texts == texts{"a.txt", "b c.txt"});
  CHECK((*given)[0].place == "a.yaml:2:8");
  CHECK((*given)[1].texts == texts{"counts.csv"});
  CHECK((*given)[2].texts == texts{"4"});
  CHECK((*given)[2].place == "a.yaml:4:14");
  CHECK((*given)[3].texts == texts{"true"});
}

TEST_CASE("names with dots may be nested", "[app][yaml]") {
  const auto nested = parsed("caf:\n  scheduler: {policy: stealing, max-threads: 2}\n");
  REQUIRE(nested.has_value());
  REQUIRE(nested->size() == 2);
  CHECK((*nested)[0].name == "caf.scheduler.policy");
  CHECK((*nested)[1].name == "caf.scheduler.max-threads");
  const auto flat = parsed("caf.scheduler.policy: stealing\n");
  REQUIRE(flat.has_value());
  CHECK((*flat)[0].name == "caf.scheduler.policy");
}

TEST_CASE("an empty file and a null value say nothing", "[app][yaml]") {
  for (const char* text : {"", "# only a comment\n", "---\n", "output: null\n", "output:\n", "output: ~\n"}) {
    CAPTURE(text);
    const auto given = parsed(text);
    REQUIRE(given.has_value());
    CHECK(given->empty());
  }
}

TEST_CASE("an unknown key is an error with file, line, column and the nearest name", "[app][yaml]") {
  CHECK(problem("output: x\nparalelism: 4\n") ==
        "a.yaml:2:1: unknown option paralelism (did you mean 'parallelism'?)");
  CHECK(problem("  verbose: 4\n") == "a.yaml:1:3: unknown option verbose (--help lists the options)");
  CHECK(problem("caf: {logger: trace}\n") ==
        "a.yaml:1:7: caf.logger is not among the settings of CAF that can be set (these can: caf.scheduler.policy, "
        "caf.scheduler.max-threads)");
}

TEST_CASE("a key that is there twice is an error with file, line and column", "[app][yaml]") {
  CHECK(problem("output: x\nparallelism: 4\noutput: y\n") == "a.yaml:3:1: 'output' is there twice (keep one)");
  CHECK(problem("caf: {scheduler: {policy: a}}\ncaf.scheduler.policy: b\n") ==
        "a.yaml:2:1: 'caf.scheduler.policy' is there twice, once nested (keep one)");
}

TEST_CASE("a value of the wrong shape is an error with file, line and column", "[app][yaml]") {
  CHECK(problem("parallelism: [1, 2]\n") == "a.yaml:1:14: parallelism must be a whole number, not a list");
  CHECK(problem("output: {a: b}\n") == "a.yaml:1:9: output must be a text, not a mapping");
  CHECK(problem("input:\n  - a\n  - [b]\n") ==
        "a.yaml:3:5: input must be a list of texts, and this one is not a text");
  CHECK(problem("- a\n- b\n") == "a.yaml:1:1: is not a mapping (write one 'option: value' per line)");
  CHECK(problem("just text\n") == "a.yaml:1:1: is not a mapping (write one 'option: value' per line)");
  CHECK(problem("[a]: b\n") == "a.yaml:1:1: a key must be the name of an option");
}

TEST_CASE("broken YAML is an error with file, line and column", "[app][yaml]") {
  CHECK(problem("output: {x\n").starts_with("a.yaml:2:1: is not YAML"));
  CHECK(problem("a: b: c\n").starts_with("a.yaml:1:5: is not YAML"));
  CHECK(problem("input: [a, b\n").find("is not YAML") != std::string::npos);
}

TEST_CASE("no file can make the reader recurse without end", "[app][yaml]") {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += '[';
  CHECK(problem(deep) != "no problem");
  CHECK(problem("a: &a [*a]\n") != "no problem");
  std::string aliases = "a0: &a0 x\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    aliases += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + "," + last + "]\n";
  }
  CHECK(problem(aliases) != "no problem");
}
