#include "sage/app/option_spec.hpp"

#include "tests/catch.hpp"

using namespace sage;
using apps::parse_value;

namespace {

option_spec of_kind(option_kind kind) {
  option_spec spec;
  spec.name = "x";
  spec.kind = kind;
  return spec;
}

template <class T>
std::optional<T> parsed(const option_spec& spec, const std::string& text) {
  const auto value = parse_value(spec, {text});
  if (!value) return std::nullopt;
  return std::get<T>(*value);
}

std::string problem(const option_spec& spec, const std::string& text) {
  const auto value = parse_value(spec, {text});
  return value ? "no problem" : value.error().what();
}

}  // namespace

TEST_CASE("flags are written in four ways each", "[app][options]") {
  const option_spec spec = of_kind(option_kind::flag);
  for (const char* yes : {"true", "yes", "on", "1"}) CHECK(parsed<bool>(spec, yes) == true);
  for (const char* no : {"false", "no", "off", "0"}) CHECK(parsed<bool>(spec, no) == false);
  CHECK(problem(spec, "maybe") == "'maybe' is neither true nor false");
}

TEST_CASE("whole numbers are read wholly or not at all", "[app][options]") {
  const option_spec spec = of_kind(option_kind::integer);
  CHECK(parsed<std::int64_t>(spec, "0") == 0);
  CHECK(parsed<std::int64_t>(spec, "-7") == -7);
  CHECK(parsed<std::int64_t>(spec, "9223372036854775807") == 9223372036854775807);
  for (const char* bad : {"", "x", "1x", "1.5", "9223372036854775808", " 1", "+1", "0x10"}) {
    CAPTURE(bad);
    CHECK_FALSE(parsed<std::int64_t>(spec, bad).has_value());
  }
  CHECK(problem(spec, "two") == "'two' is not a whole number");
}

TEST_CASE("numbers are finite", "[app][options]") {
  const option_spec spec = of_kind(option_kind::number);
  CHECK(parsed<double>(spec, "1.5") == 1.5);
  CHECK(parsed<double>(spec, "-2e3") == -2000);
  for (const char* bad : {"", "nan", "inf", "1,5", "1e999"}) {
    CAPTURE(bad);
    CHECK_FALSE(parsed<double>(spec, bad).has_value());
  }
}

TEST_CASE("sizes and durations have units", "[app][options]") {
  const option_spec bytes = of_kind(option_kind::bytes);
  CHECK(parsed<std::int64_t>(bytes, "65536") == 65536);
  CHECK(parsed<std::int64_t>(bytes, "64KiB") == 65536);
  CHECK(parsed<std::int64_t>(bytes, "4 MiB") == 4 << 20);
  CHECK(parsed<std::int64_t>(bytes, "1GB") == 1'000'000'000);
  for (const char* bad : {"", "MiB", "4mib", "4 MiB x", "99999999999GiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parsed<std::int64_t>(bytes, bad).has_value());
  }
  const option_spec time = of_kind(option_kind::duration);
  CHECK(parsed<std::int64_t>(time, "500ms") == 500'000'000);
  CHECK(parsed<std::int64_t>(time, "5s") == 5'000'000'000);
  CHECK(parsed<std::int64_t>(time, "2min") == 120'000'000'000);
  CHECK(parsed<std::int64_t>(time, "0") == 0);
  // A duration without a unit would be anybody's guess.
  CHECK(problem(time, "5") == "'5' is not a duration (write 500ms, 5s or 2min)");
}

TEST_CASE("what is shown of a size or duration can be read again", "[app][options]") {
  const option_spec bytes = of_kind(option_kind::bytes);
  const option_spec time = of_kind(option_kind::duration);
  for (const std::int64_t value :
       {0LL, 1LL, 1000LL, 1024LL, 65536LL, 4194304LL, 1000000LL, 123456789LL, 5000000000LL}) {
    CAPTURE(value);
    CHECK(parsed<std::int64_t>(bytes, apps::show_value(bytes, value)) == value);
    CHECK(parsed<std::int64_t>(time, apps::show_value(time, value)) == value);
  }
  CHECK(apps::show_value(bytes, std::int64_t{4 << 20}) == "4MiB");
  CHECK(apps::show_value(time, std::int64_t{5'000'000'000}) == "5s");
  CHECK(apps::show_value(time, std::int64_t{90'000'000'000}) == "90s");
}

TEST_CASE("choices, limits and laws are checked", "[app][options]") {
  option_spec spec = of_kind(option_kind::text);
  spec.choices = {"actors", "reference"};
  CHECK(parsed<std::string>(spec, "actors") == "actors");
  CHECK(problem(spec, "refrence") == "'refrence' is not one of actors, reference (did you mean 'reference'?)");
  option_spec number = of_kind(option_kind::integer);
  number.least = 1;
  number.most = 8;
  CHECK(problem(number, "0") == "0 is below 1");
  CHECK(problem(number, "9") == "9 is above 8");
  CHECK(problem(number, "8") == "no problem");
  number.check = [](const option_value& value) -> std::optional<std::string> {
    if (std::get<std::int64_t>(value) % 2 == 0) return std::nullopt;
    return "must be even";
  };
  CHECK(problem(number, "3") == "must be even, not '3'");
  CHECK(problem(number, "4") == "no problem");
}

TEST_CASE("a text from outside is cut and cleaned before it is shown in an error", "[app][options]") {
  const option_spec spec = of_kind(option_kind::integer);
  CHECK(problem(spec, "a\nb\x1b[31m") == "'a?b?[31m' is not a whole number");
  CHECK(problem(spec, std::string(10'000, 'x')).size() < 120);
}

TEST_CASE("the variable of an option is its name in capitals", "[app][options]") {
  CHECK(apps::variable_name("parallelism") == "SAGE_PARALLELISM");
  CHECK(apps::variable_name("batch-size") == "SAGE_BATCH_SIZE");
  CHECK(apps::variable_name("caf.scheduler.max-threads") == "SAGE_CAF_SCHEDULER_MAX_THREADS");
}
