#include "sage/app/command_line.hpp"

#include "sage/app/settings.hpp"
#include "tests/catch.hpp"

using namespace sage;
using apps::given_option;
using apps::parse_command_line;
using texts = std::vector<std::string>;

namespace {

std::vector<option_spec> specs() {
  std::vector<option_spec> all;
  const auto add = [&all](const char* name, option_kind kind, const char* placeholder) {
    option_spec spec;
    spec.name = name;
    spec.kind = kind;
    spec.placeholder = placeholder;
    all.push_back(std::move(spec));
  };
  add("input", option_kind::texts, "PATH");
  add("output", option_kind::text, "FILE");
  add("parallelism", option_kind::integer, "N");
  add("no-fusion", option_kind::flag, "");
  add("caf.scheduler.policy", option_kind::text, "NAME");
  return all;
}

std::string problem(const texts& arguments) {
  const auto given = parse_command_line(specs(), arguments);
  return given ? "no problem" : given.error().what();
}

}  // namespace

TEST_CASE("options are taken apart in all the usual forms", "[app][command_line]") {
  const auto given = parse_command_line(
      specs(), {"--input", "a", "b", "--output=out.csv", "--no-fusion", "--input", "c", "--parallelism", "2"});
  REQUIRE(given.has_value());
  REQUIRE(given->size() == 4);
  CHECK((*given)[0].name == "input");
  CHECK((*given)[0].texts == texts{"a", "b", "c"});
  CHECK((*given)[0].place == "--input");
  CHECK((*given)[1].texts == texts{"out.csv"});
  CHECK((*given)[2].name == "no-fusion");
  CHECK((*given)[2].texts == texts{"true"});
  CHECK((*given)[3].texts == texts{"2"});
}

TEST_CASE("a dash alone is a value, and a number may begin with one", "[app][command_line]") {
  const auto given = parse_command_line(specs(), {"--input", "-", "--output", "-", "--parallelism", "-1"});
  REQUIRE(given.has_value());
  CHECK((*given)[0].texts == texts{"-"});
  CHECK((*given)[1].texts == texts{"-"});
  CHECK((*given)[2].texts == texts{"-1"});
}

TEST_CASE("an unknown option is an error with the nearest name", "[app][command_line]") {
  CHECK(problem({"--outptu", "x"}) == "unknown option --outptu (did you mean '--output'?)");
  CHECK(problem({"--no-fusoin"}) == "unknown option --no-fusoin (did you mean '--no-fusion'?)");
  CHECK(problem({"--verbose"}) == "unknown option --verbose (--help lists the options)");
  CHECK(problem({"--paral", "2"}) == "unknown option --paral (--help lists the options)");  // no guessing
}

TEST_CASE("a setting of CAF that is not allowed is refused with the list", "[app][command_line]") {
  CHECK(
      problem({"--caf.logger.verbosity=trace"}) ==
      "--caf.logger.verbosity is not among the settings of CAF that can be set (these can: --caf.scheduler.policy)");
}

TEST_CASE("what is wrong with a command line is named", "[app][command_line]") {
  CHECK(problem({"--output"}) == "--output: needs a value (write --output FILE)");
  CHECK(problem({"--output="}) == "--output: needs a value (write --output FILE)");
  CHECK(problem({"--no-fusion=yes"}) == "--no-fusion: takes no value (write --no-fusion)");
  CHECK(problem({"--output", "a", "--output", "b"}) == "--output: is given twice (give it once)");
  CHECK(problem({"--output", "a", "b"}) ==
        "unexpected argument 'b' (values follow their option: --option VALUE; --help lists the options)");
  CHECK(problem({"stray"}) ==
        "unexpected argument 'stray' (values follow their option: --option VALUE; --help lists the options)");
}
