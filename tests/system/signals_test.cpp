// SIGINT, SIGTERM and a closed stdout, in every phase of a program.
#include <signal.h>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

// Hours of work in small batches, so that a drain has something to stop.
texts endless(const char* engine) {
  return {"run", "--count",  "1000000000", "--slow",      "5",   "--batch-size",
          "4",   "--engine", engine,       "--log-level", "info"};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the first signal drains: what was read is finished, and the exit code is 0", "[system][signals]") {
  for (const char* engine : {"actors", "reference"}) {
    for (const int signal : {SIGINT, SIGTERM}) {
      CAPTURE(engine, signal);
      process program("test_counter", endless(engine));
      REQUIRE(program.wait_for("working"));
      program.send(signal);
      const finished_process ended = program.wait();
      CHECK(ended.exit_code == 0);
      CHECK(ended.out.starts_with("sum "));
      CHECK(contains(ended.err, ": finishing what was read; a second signal gives up\n"));
      CHECK(contains(ended.err, "job ended state=done"));
    }
  }
}

TEST_CASE("the second signal cancels, and the exit code is 1", "[system][signals]") {
  for (const char* engine : {"actors", "reference"}) {
    CAPTURE(engine);
    // A batch takes a second: the drain can't be through before the second signal.
    process program("test_counter", {"run", "--count", "1000000000", "--slow", "20", "--batch-size", "50", "--engine",
                                     engine, "--log-level", "info"});
    REQUIRE(program.wait_for("working"));
    program.send(SIGINT);
    REQUIRE(program.wait_for("finishing what was read"));
    program.send(SIGTERM);
    const finished_process ended = program.wait();
    CHECK(ended.exit_code == 1);
    CHECK(ended.out.empty());
    CHECK(contains(ended.err, "SIGTERM: giving up\n"));
    CHECK(contains(ended.err, "counter: error: the job was cancelled\n"));
  }
}

TEST_CASE("a signal before the job ends the program", "[system][signals]") {
  process program("test_counter", {"run", "--count", "10", "--wait-in-build"});
  REQUIRE(program.wait_for("building"));
  program.send(SIGINT);
  const finished_process ended = program.wait();
  CHECK(ended.exit_code == 1);
  CHECK(contains(ended.err, "counter: SIGINT: ended before the job began\n"));
}

TEST_CASE("a signal after the job asks the app to stop, a second one ends it", "[system][signals]") {
  process program("test_counter", {"run", "--count", "10", "--wait-after"});
  REQUIRE(program.wait_for("sum 45"));
  program.send(SIGTERM);
  const finished_process ended = program.wait();
  CHECK(ended.exit_code == 0);
  CHECK(ended.out == "sum 45\nbye\n");
}

TEST_CASE("a closed stdout ends quietly", "[system][signals]") {
  for (const char* engine : {"actors", "reference"}) {
    CAPTURE(engine);
    process program("test_counter", {"run", "--count", "100000000", "--print", "--engine", engine});
    REQUIRE(program.wait_for("\n1\n"));
    program.close_stdout();
    const finished_process ended = program.wait();
    CHECK(ended.exit_code == 0);
    CHECK(ended.err.empty());
  }
  process help("test_counter", {"--help"});
  help.close_stdout();
  CHECK(help.wait().exit_code == 0);
}

TEST_CASE("a full stdout is an error", "[system][signals]") {
  const auto full = [](const char* command) {
    return run("/bin/sh", {"-c", "exec \"$0\" \"$@\" > /dev/full", std::string(SAGE_BIN_DIR) + "/test_counter",
                           command, "--count", "3"});
  };
  const finished_process ended = full("run");
  CHECK(ended.exit_code == 1);
  CHECK(ended.err == "counter: error: stdout: can't write: No space left on device\n");
  CHECK(full("graph").exit_code == 1);
}
