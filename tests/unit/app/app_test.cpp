#include "sage/app.hpp"

#include "sage/app/help.hpp"
#include "sage/app/settings.hpp"
#include "tests/catch.hpp"

using namespace sage;

namespace {

app sample() {
  app made("sample", "does something");
  made.help("At length.");
  made.example("sample run --output x", "does it once");
  made.option<std::string>("output", "where to").shown_as("FILE").required();
  made.option<std::vector<std::string>>("input", "what from").shown_as("PATH");
  made.option<std::size_t>("count", "how many").fallback(3).unit("records").between(1, 10);
  made.option<std::uint8_t>("small", "a small number");
  made.option<double>("ratio", "a share").fallback(0.5).between(0, 1);
  made.option<bool>("quiet", "say less");
  made.option<std::string>("form", "how it looks").choices({"text", "json"}).fallback("text");
  made.option<int>("even", "an even number").must([](int n) { return n % 2 == 0; }, "must be even");
  return made;
}

const option_spec& spec(const app& of, const std::string& name) {
  for (const option_spec& one : of.options_declared()) {
    if (one.name == name) return one;
  }
  throw std::logic_error("no option " + name);
}

bool accepts(const option_spec& of, const std::string& text) {
  return apps::parse_value(of, {text}).has_value();
}

}  // namespace

TEST_CASE("an app's declarations become specs with the limits of their types", "[app][options]") {
  const app made = sample();
  CHECK(spec(made, "output").required);
  CHECK(spec(made, "output").kind == option_kind::text);
  CHECK(spec(made, "input").kind == option_kind::texts);
  CHECK(spec(made, "quiet").kind == option_kind::flag);
  CHECK(spec(made, "quiet").fallback == option_value(false));
  CHECK(spec(made, "count").fallback == option_value(std::int64_t{3}));
  CHECK(accepts(spec(made, "count"), "10"));
  CHECK_FALSE(accepts(spec(made, "count"), "11"));
  CHECK_FALSE(accepts(spec(made, "count"), "-1"));
  CHECK(accepts(spec(made, "small"), "255"));
  CHECK_FALSE(accepts(spec(made, "small"), "256"));
  CHECK_FALSE(accepts(spec(made, "ratio"), "1.5"));
  CHECK_FALSE(accepts(spec(made, "form"), "xml"));
  CHECK(accepts(spec(made, "even"), "-4"));
  CHECK_FALSE(accepts(spec(made, "even"), "3"));
}

TEST_CASE("help names what the app does, its options, an example, every setting and the exit codes", "[app][help]") {
  const app made = sample();
  std::vector<option_spec> all(made.options_declared().begin(), made.options_declared().end());
  for (const option_spec& one : apps::settings_table()) all.push_back(one);
  const std::string help = apps::help_text(made, all);
  for (const option_spec& one : all) {
    CAPTURE(one.name);
    CHECK(help.find("  --" + one.name) != std::string::npos);
  }
  for (const char* part :
       {"sample: does something\n", "At length.\n", "  sample run --output FILE [options]\n",
        "  sample graph --output FILE [--format text|dot|mermaid|json] [--explain] [options]\n",
        "  # does it once\n  sample run --output x\n", "--input PATH...", "how many (records; default 3)",
        "where to (required)", "--form text|json", "--config FILE", "Exit code: 0 done or drained, 1 failed"}) {
    CAPTURE(part);
    CHECK(help.find(part) != std::string::npos);
  }
  std::size_t begin = 0;
  for (std::size_t end = help.find('\n'); end != std::string::npos; begin = end + 1, end = help.find('\n', begin)) {
    CHECK(end - begin <= 110);
  }
}
