// What an app may do beside its pipeline, with the small app of apps/greeter.cpp.
#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

finished_process greeter(texts arguments, const process::variables& environment = {}) {
  return run("test_greeter", std::move(arguments), environment);
}

}  // namespace

TEST_CASE("an app opens what it needs before its job, and may end it while it runs", "[system][app]") {
  const finished_process ended = greeter({"run", "--name", "ada"});
  CHECK(ended.exit_code == 0);
  CHECK(ended.out == "hello ada\n");
  CHECK(ended.err.empty());
  CHECK(greeter({"run", "--engine", "reference"}).out == "hello world\n");
  // `graph` runs nothing, so it needs nothing.
  CHECK(greeter({"graph", "--fail", "prepare"}).exit_code == 0);
}

TEST_CASE("what goes wrong beside the job ends it, with one line and 1", "[system][app]") {
  const std::vector<std::pair<std::string, std::string>> failures{
      {"prepare", "no paper"}, {"running", "nobody is there"}, {"strangely", "something odd"}};
  for (const auto& [where, message] : failures) {
    CAPTURE(where);
    const finished_process ended = greeter({"run", "--fail", where});
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.empty());
    CHECK(ended.err == "greeter: error: " + message + "\n");
  }
}

TEST_CASE("an app has commands of its own", "[system][app]") {
  CHECK(greeter({"names", "add", "ben"}).out == "added ben beside world\n");
  CHECK(greeter({"names", "add", "ben", "--name", "ada"}).out == "added ben beside ada\n");
  CHECK(greeter({"names", "add", "ben"}, {{"SAGE_NAME", "carla"}}).out == "added ben beside carla\n");
  const finished_process help = greeter({"--help"});
  CHECK(help.out.find("greeter names add NAME [options]") != std::string::npos);
  CHECK(help.out.find("names add  says that a name was added") != std::string::npos);
  CHECK(greeter({"names", "add", "--help"}).out == help.out);
  const std::vector<std::pair<texts, std::string>> wrong{
      {{"names", "add"}, "the value behind 'names add' is missing (write greeter names add NAME)"},
      {{"names", "add", "--name", "x"}, "the value behind 'names add' is missing"},
      {{"names", "add", "a", "b"}, "unexpected argument 'b'"},
      {{"names", "add", "a", "--nmae", "b"}, "unknown option --nmae (did you mean '--name'?)"},
      {{"names", "add", "no-one"}, "that is no one"},
      {{"names", "ad", "a"}, "unknown command 'names'"},
  };
  for (const auto& [arguments, message] : wrong) {
    CAPTURE(arguments);
    const finished_process ended = greeter(arguments);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(ended.err.find(message) != std::string::npos);
  }
  const finished_process failed = greeter({"names", "add", "nobody"});
  CHECK(failed.exit_code == 1);
  CHECK(failed.err == "greeter: error: that is nobody\n");
}
