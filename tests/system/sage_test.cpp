// The command line tool.
#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("sage shows help and version", "[system][sage]") {
  const finished_process help = run("sage", {"help"});
  CHECK(help.exit_code == 0);
  for (const char* program : {"sage doctor", "agent_service", "word_count run", "log_stats", "ask"})
    CHECK(contains(help.out, program));
  for (const texts& other : {texts{"--help"}, {"-h"}, {"doctor", "--help"}, {"help", "doctor"}}) {
    CHECK(run("sage", other).out == help.out);
  }
  CHECK(run("sage", {"version"}).out.starts_with("sage "));
  CHECK(run("sage", {"--version"}).out == run("sage", {"version"}).out);
}

TEST_CASE("sage says what is wrong with a command", "[system][sage]") {
  const std::vector<std::pair<texts, std::string>> calls{
      {{}, "sage: error: the command is missing (sage help shows the commands)\n"},
      {{"doctro"}, "sage: error: unknown command 'doctro' (did you mean 'doctor'?)\n"},
      {{"run"}, "sage: error: 'run' is a command of each pipeline's own program (word_count run --help)\n"},
      {{"doctor", "now"}, "sage: error: unexpected argument 'now' (sage help shows the commands)\n"},
  };
  for (const auto& [arguments, message] : calls) {
    const finished_process ended = run("sage", arguments);
    CHECK(ended.exit_code == 2);
    CHECK(ended.out.empty());
    CHECK(ended.err == message);
  }
}

TEST_CASE("sage doctor names what is wrong and ends with 1 for it", "[system][sage]") {
  const finished_process few = run_shell("ulimit -n 100; exec \"$bin/sage\" doctor");
  CHECK(few.exit_code == 1);
  CHECK(contains(few.out, "problem: few; raise the limit with: ulimit -n 4096\n"));
  const finished_process nowhere =
      run("sage", {"doctor"}, {{"TMPDIR", "/there/is/none"}, {"SAGE_THREADS", "3"}, {"SAGE_TOKEN", "x"}});
  CHECK(nowhere.exit_code == 1);
  CHECK(contains(nowhere.out, "problem: not writable: /there/is/none/"));
  CHECK(contains(nowhere.out,
                 "\nenvironment\n  SAGE_THREADS          3\n"
                 "  SAGE_TOKEN            is set, no setting of SAGE\n"));
}
