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

TEST_CASE("sage lists, verifies and prunes checkpoints", "[system][sage]") {
  const scratch_folder folder;
  const std::string input = folder.write("input.txt", "one two two\n");
  const std::string directory = folder.path("checkpoints");
  REQUIRE(
      run("word_count", {"run", "--input", input, "--output", folder.path("out.csv"), "--checkpoint-dir", directory})
          .exit_code == 0);
  const finished_process listed = run("sage", {"checkpoints", "list", directory});
  CHECK(listed.exit_code == 0);
  CHECK(contains(listed.out, "word_count"));
  CHECK(contains(listed.out, "complete, the job had ended"));
  const finished_process whole = run("sage", {"checkpoints", "verify", directory});
  CHECK(whole.exit_code == 0);
  CHECK(contains(whole.out, "whole"));
  const finished_process books = run("sage", {"ledger", "--checkpoint", directory});
  INFO(books.out << books.err);
  CHECK(books.exit_code == 0);
  CHECK(books.out.find("word_count, checkpoint ") == 0);
  CHECK(books.out.find("count") != std::string::npos);
  CHECK(books.out.find("WRONG") == std::string::npos);
  CHECK(run("sage", {"ledger"}).exit_code == 2);
  CHECK(run("sage", {"ledger", "--checkpoint", folder.path("nowhere")}).exit_code == 1);
  const finished_process nobody = run("sage", {"ledger", "--at", "127.0.0.1:1"});
  CHECK(nobody.exit_code == 1);
  CHECK(nobody.err.find("is the job running, with --operations?") != std::string::npos);
  CHECK(run("sage", {"checkpoints", "prune", directory}).out == "nothing to remove\n");
  REQUIRE(run_shell("f=$(ls " + directory + "/checkpoint-*/*.snapshot | head -n 1); printf x >> $f").exit_code == 0);
  const finished_process damaged = run("sage", {"checkpoints", "verify", directory});
  CHECK(damaged.exit_code == 1);
  CHECK(contains(damaged.out, "damaged: "));
  const finished_process refused = run("word_count", {"run", "--input", input, "--output", folder.path("again.csv"),
                                                      "--checkpoint-dir", directory, "--restore", "latest"});
  CHECK(refused.exit_code == 1);
  CHECK(contains(refused.err, "no checkpoint is whole"));
  CHECK(run("sage", {"checkpoints", "list", folder.path("nowhere")}).exit_code == 1);
  CHECK(run("sage", {"checkpoints", "lits", directory}).exit_code == 2);
  CHECK(run("sage", {"checkpoints", "prune", directory, "--keep", "0"}).exit_code == 2);
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
