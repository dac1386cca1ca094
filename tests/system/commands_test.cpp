// Exit codes and messages of every app's commands, with the small app of apps/counter.cpp.
#include <nlohmann/json.hpp>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

finished_process counter(texts arguments, const process::variables& environment = {}) {
  return run("test_counter", std::move(arguments), environment);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("wrong usage ends with 2 and one line that says what is wrong", "[system][commands]") {
  const std::vector<std::pair<texts, std::string>> calls{
      {{}, "the command is missing (write counter run ...; counter --help shows what there is)"},
      {{"rnu"}, "unknown command 'rnu' (did you mean 'run'?)"},
      {{"--count", "3"}, "the command is missing before --count (write counter run --count ...)"},
      {{"run"}, "--count is missing (write --count N: how many numbers)"},
      {{"graph"}, "--count is missing (write --count N: how many numbers)"},
      {{"run", "--coutn", "3"}, "unknown option --coutn (did you mean '--count'?)"},
      {{"run", "--count", "many"}, "--count: 'many' is not a whole number"},
      {{"run", "--count", "-1"}, "--count: -1 is below 0"},
      {{"run", "--count=-1"}, "--count: -1 is below 0"},
      {{"run", "--count"}, "--count: needs a value (write --count N)"},
      {{"run", "--count", "3", "4"}, "unexpected argument '4'"},
      {{"run", "--count", "3", "--count", "4"}, "--count: is given twice (give it once)"},
      {{"run", "--count", "3", "--throw-at", "3"}, "--throw-at must be below --count"},
      {{"run", "--count", "3", "--on-throw", "flie"},
       "--on-throw: 'flie' is not one of fail, drop (did you mean 'fail'?)"},
      {{"run", "--count", "3", "--engine", "actor"},
       "--engine: 'actor' is not one of actors, reference (did you mean 'actors'?)"},
      {{"run", "--count", "3", "--disable-pass", "chain-fusoin"}, "did you mean 'chain-fusion'?"},
      {{"run", "--count", "3", "--caf.logger.verbosity=trace"},
       "--caf.logger.verbosity is not among the settings of CAF"},
      {{"run", "--count", "3", "--threads", "2", "--caf.scheduler.max-threads=1"}, "they are the same setting"},
      {{"run", "--count", "3", "--format", "dot"}, "unknown option --format"},
      {{"graph", "--count", "3", "--format", "svg"}, "--format: 'svg' is not one of text, dot, mermaid, json"},
      {{"run", "--config", "there/is/none.yaml"}, "there/is/none.yaml: "},
  };
  for (const auto& [arguments, message] : calls) {
    CAPTURE(arguments);
    const finished_process ended = counter(arguments);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(ended.err.starts_with("counter: error: "));
    CHECK(contains(ended.err, message));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  }
}

TEST_CASE("help and version go to stdout and end with 0", "[system][commands]") {
  const finished_process help = counter({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.err.empty());
  CHECK(contains(help.out, "counter run --count N [options]"));
  for (const texts& other : {texts{"help"}, {"-h"}, {"run", "--help"}, {"graph", "--help"}}) {
    CHECK(counter(other).out == help.out);
  }
  const finished_process version = counter({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(contains(version.out, "counter (SAGE "));
  CHECK(counter({"version"}).out == version.out);
}

TEST_CASE("a run prints its result on stdout and nothing on stderr", "[system][commands]") {
  for (const char* engine : {"actors", "reference"}) {
    CAPTURE(engine);
    const finished_process ended = counter({"run", "--count", "1000", "--engine", engine});
    CHECK(ended.exit_code == 0);
    CHECK(ended.out == "sum 499500\n");
    CHECK(ended.err.empty());
  }
  CHECK(counter({"run", "--count", "1000", "--no-fusion", "--batch-size", "7"}).out == "sum 499500\n");
  CHECK(counter({"run", "--count", "0"}).out == "sum 0\n");
}

TEST_CASE("a job that fails ends with 1 and one line that names operator, instance and cause", "[system][commands]") {
  for (const char* engine : {"actors", "reference"}) {
    CAPTURE(engine);
    const finished_process ended = counter({"run", "--count", "100", "--throw-at", "7", "--engine", engine});
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.empty());
    CHECK(ended.err == "counter: error: work[0]: the number 7 is bad\n");
  }
}

TEST_CASE("records that were dropped are told of", "[system][commands]") {
  const finished_process ended = counter({"run", "--count", "100", "--throw-at", "7", "--on-throw", "drop"});
  CHECK(ended.exit_code == 0);
  CHECK(ended.out == "sum 4943\n");
  CHECK(contains(ended.err, "[counter/work[0]] records were given up on by error policy dropped=1 dead_lettered=0"));
}

TEST_CASE("logs tell of the beginning and the end of a job", "[system][commands]") {
  const finished_process human = counter({"run", "--count", "100", "--log-level", "info", "--engine", "reference"});
  CHECK(contains(human.err, "[counter] job started engine=reference operators=3 "));
  CHECK(contains(human.err, "[counter] job ended state=done "));
  CHECK(contains(human.err, " records_read=100 records_written=100 dropped=0 dead_lettered=0\n"));

  const finished_process json =
      counter({"run", "--count", "100", "--throw-at", "7", "--log-level", "info", "--log-format", "json"});
  CHECK(json.exit_code == 1);
  std::istringstream lines(json.err);
  std::vector<nlohmann::json> parsed;
  for (std::string line; std::getline(lines, line);) parsed.push_back(nlohmann::json::parse(line));
  REQUIRE(parsed.size() == 3);
  CHECK(parsed[1]["state"] == "failed");
  CHECK(parsed[2]["level"] == "error");
  CHECK(parsed[2]["job"] == "counter");
  CHECK(parsed[2]["operator"] == "work");
  CHECK(parsed[2]["instance"] == 0);
  CHECK(parsed[2]["code"] == "user_function");
}

TEST_CASE("metrics are written at the end, also of a job that failed", "[system][commands]") {
  const scratch_folder folder;
  CHECK(counter({"run", "--count", "100", "--metrics", folder.path("m.json")}).exit_code == 0);
  auto metrics = nlohmann::json::parse(folder.read("m.json"));
  CHECK(metrics["version"] == 1);
  CHECK(metrics["state"] == "done");
  CHECK(metrics["operators"][0]["records_out"] == 100);
  CHECK(counter({"run", "--count", "100", "--throw-at", "7", "--metrics", folder.path("m.json")}).exit_code == 1);
  metrics = nlohmann::json::parse(folder.read("m.json"));
  CHECK(metrics["state"] == "failed");
  CHECK(folder.names() == texts{"m.json"});  // nothing temporary stays

  const finished_process nowhere = counter({"run", "--count", "100", "--metrics", folder.path("no/such/m.json")});
  CHECK(nowhere.exit_code == 1);
  CHECK(nowhere.err.starts_with("counter: error: "));
  CHECK(contains(nowhere.err, "no/such/m.json"));
}

TEST_CASE("options come from the command line, the environment, the file, the default, in this order",
          "[system][commands]") {
  const scratch_folder folder;
  const std::string file = folder.write("c.yaml", "count: 10\nengine: reference\nlabels: [a, b]\n");
  CHECK(counter({"run", "--config", file}).out == "sum 45\n");
  CHECK(counter({"run"}, {{"SAGE_CONFIG", file}}).out == "sum 45\n");
  CHECK(counter({"run", "--config", file}, {{"SAGE_COUNT", "4"}}).out == "sum 6\n");
  CHECK(counter({"run", "--config", file, "--count", "3"}, {{"SAGE_COUNT", "4"}}).out == "sum 3\n");

  const finished_process dumped = counter({"run", "--config", file, "--dump-config"}, {{"SAGE_COUNT", "4"}});
  CHECK(dumped.exit_code == 0);
  CHECK(contains(dumped.out, "# environment: SAGE_COUNT\n"));
  CHECK(contains(dumped.out, "# file: " + file + ":2:9\n"));
  const std::string again = folder.write("again.yaml", dumped.out);
  CHECK(counter({"run", "--config", again}).out == "sum 6\n");
}

TEST_CASE("a wrong configuration file ends with 2 and its place", "[system][commands]") {
  const scratch_folder folder;
  const auto error_of = [&folder](const std::string& text) {
    const std::string file = folder.write("c.yaml", text);
    const finished_process ended = counter({"run", "--config", file});
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    const std::string begin = "counter: error: " + file + ":";
    CHECK(ended.err.starts_with(begin));
    return ended.err.substr(std::min(begin.size(), ended.err.size()));
  };
  CHECK(error_of("count: 10\nparalelism: 2\n") == "2:1: unknown option paralelism (did you mean 'parallelism'?)\n");
  CHECK(error_of("count: 10\ncount: 11\n") == "2:1: 'count' is there twice (keep one)\n");
  CHECK(error_of("count: ten\n") == "1:8: count: 'ten' is not a whole number\n");
  CHECK(error_of("count: [1]\n") == "1:8: count must be a whole number, not a list\n");
  CHECK(contains(error_of("count: [x\n"), "is not YAML"));
}

TEST_CASE("a misspelt variable is doubted", "[system][commands]") {
  const finished_process ended = counter({"run", "--count", "3"}, {{"SAGE_BATCHSIZE", "2"}});
  CHECK(ended.exit_code == 0);
  CHECK(contains(ended.err, "SAGE_BATCHSIZE is none of SAGE's; did you mean SAGE_BATCH_SIZE?"));
}

TEST_CASE("graph shows the plan in four forms without running it", "[system][commands]") {
  const finished_process text = counter({"graph", "--count", "10", "--explain"});
  CHECK(text.exit_code == 0);
  CHECK(text.out.starts_with("counter: 3 operators in 1 actor, 0 channels\n"));
  CHECK(contains(text.out, "\npasses\n"));
  CHECK(counter({"graph", "--count", "10", "--no-fusion"}).out.starts_with("counter: 3 operators in 3 actors"));
  CHECK(counter({"graph", "--count", "10", "--format", "dot"}).out.starts_with("digraph \"counter\" {"));
  CHECK(counter({"graph", "--count", "10", "--format", "mermaid"}).out.starts_with("flowchart LR\n"));
  CHECK(nlohmann::json::parse(counter({"graph", "--count", "10", "--format", "json"}).out)["version"] == 1);
}

TEST_CASE("the progress line is shown when asked for and not in a file", "[system][commands]") {
  const texts slow{"run", "--count", "200", "--slow", "10", "--batch-size", "5"};
  texts shown = slow;
  shown.insert(shown.end(), {"--progress", "on"});
  const finished_process with = counter(shown);
  CHECK(with.exit_code == 0);
  CHECK(contains(with.err, "\r\x1b[Kcounter: "));
  CHECK(contains(with.err, " records, "));
  CHECK(with.err.ends_with("\r\x1b[K"));  // and then taken away
  CHECK(with.out == "sum 19900\n");
  CHECK(counter(slow).err == "working\n");
}

TEST_CASE("a function that doesn't return is reported by name, and ends the process where that is wanted",
          "[system][commands]") {
  const finished_process stuck = run(
      "test_counter", {"run", "--count", "1", "--slow", "50000", "--stuck-after", "100ms", "--stuck-limit", "1s"});
  INFO(stuck.err);
  CHECK(stuck.exit_code == 1);
  CHECK(contains(stuck.err, "a function hasn't returned for 0 s"));
  CHECK(contains(stuck.err, "numbers+work+sum[0]"));
  CHECK(contains(stuck.err, "it can't be stopped inside the process"));
}

TEST_CASE("an explained graph says what holds when the job is taken up again", "[system][commands]") {
  const finished_process text = counter({"graph", "--count", "10", "--explain"});
  CHECK(contains(text.out, "\nwith checkpoints\n  numbers  read again from a position\n"));
  CHECK(contains(text.out, "output at least once"));
  CHECK(contains(text.out, "overall: state exactly once; what such a sink wrote"));
  const finished_process files =
      run("word_count", {"graph", "--input", SAGE_SOURCE_DIR "/README.md", "--output", "x.csv", "--explain"});
  CHECK(contains(files.out, "overall: every record counts exactly once"));
  const finished_process pipe = run_shell("echo a | $bin/word_count graph --input - --output x.csv --explain");
  CHECK(contains(pipe.out, "can't be read again: goes on with what comes"));
}
