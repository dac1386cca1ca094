// Output that can't be written, and standard streams that are closed.
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A line of its own for each of `count` words.
std::string words(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += "word" + std::to_string(i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("an output that can't be made is named with what to do", "[system][bad_output]") {
  const scratch_folder folder;
  const std::string input = folder.write("in.txt", "a b\n");
  ::mkdir(folder.path("folder").c_str(), 0700);
  const texts before = folder.names();
  const std::vector<std::pair<std::string, std::string>> outputs{
      {folder.path("none/out.csv"), ": the folder isn't there (make it first)"},
      {folder.path("folder"), ": is a folder (name a file in it)"},
      {folder.path("in.txt/out.csv"), ": the folder isn't there (make it first)"},
      {folder.path(std::string(300, 'n')), ": File name too long"},
      {"", "an empty path for the output (name a file)"},
      {"/dev/full", "/dev/full: can't write: No space left on device (free some space, or write elsewhere)"},
  };
  for (const auto& [output, message] : outputs) {
    CAPTURE(output);
    const finished_process ended = run("word_count", {"run", "--input", input, "--output", output});
    CHECK(ended.exit_code == 1);
    CHECK(ended.err.starts_with("word_count: error: output[0]: "));
    CHECK(contains(ended.err, message));
    CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
    CHECK(folder.names() == before);
  }
}

TEST_CASE("a disk that is full in the middle leaves what was there before", "[system][bad_output]") {
  const scratch_folder folder;
  const std::string input = folder.write("in.txt", words(20'000));
  const std::string output = folder.write("out.csv", "as before");
  // The limit of a file's size stands in for the disk's: both are told by write(2).
  const finished_process ended =
      run_shell("ulimit -f 64; exec \"$bin/word_count\" run --input " + input + " --output " + output);
  CHECK(ended.exit_code == 1);
  CHECK(ended.err ==
        "word_count: error: output[0]: " + output +
            ": can't write: File too large (raise the limit of the file size (ulimit -f), or write elsewhere)\n");
  CHECK(folder.read("out.csv") == "as before");
  CHECK(folder.names() == texts{"in.txt", "out.csv"});
}

TEST_CASE("an input may be its own output", "[system][bad_output]") {
  const scratch_folder folder;
  const std::string both = folder.write("both.txt", "a a\n");
  CHECK(run("word_count", {"run", "--input", both, "--output", both}).exit_code == 0);
  CHECK(folder.read("both.txt") == "a,2\n");
  CHECK(folder.names() == texts{"both.txt"});
}

TEST_CASE("named pipes and /dev/stdin are read, named pipes written", "[system][bad_output]") {
  const scratch_folder folder;
  REQUIRE(::mkfifo(folder.path("in").c_str(), 0600) == 0);
  REQUIRE(::mkfifo(folder.path("out").c_str(), 0600) == 0);
  const finished_process ended =
      run_shell("cd " + folder.path("") + " && echo a a > in & cd " + folder.path("") + " && cat out & cd " +
                folder.path("") + " && \"$bin/word_count\" run --input in --output out && wait");
  CHECK(ended.err.empty());
  CHECK(ended.out == "a,2\n");
  CHECK(run_shell("echo b | \"$bin/word_count\" run --input /dev/stdin --output -").out == "b,1\n");
  CHECK(run_shell("echo b | \"$bin/word_count\" run --input - --output /dev/stdout").out == "b,1\n");
}

TEST_CASE("closed standard streams are errors where they are used, and nothing else gets their numbers",
          "[system][bad_output]") {
  const scratch_folder folder;
  const std::string input = folder.write("in.txt", "a\n");
  const finished_process no_input = run_shell("exec \"$bin/word_count\" run --input - --output - <&-");
  CHECK(no_input.exit_code == 1);
  CHECK(no_input.err == "word_count: error: lines[0]: stdin: can't read: Bad file descriptor\n");
  const finished_process no_output = run_shell("exec \"$bin/word_count\" run --input " + input + " --output - >&-");
  CHECK(no_output.exit_code == 1);
  CHECK(no_output.err == "word_count: error: output[0]: stdout: can't write: Bad file descriptor\n");
  const finished_process help = run_shell("exec \"$bin/log_stats\" --help >&-");
  CHECK(help.exit_code == 1);
  CHECK(help.err == "log_stats: error: stdout: can't write: Bad file descriptor\n");
  const std::string output = folder.path("out.csv");
  const finished_process none =
      run_shell("exec \"$bin/word_count\" run --input " + input + " --output " + output + " <&- >&- 2>&-");
  CHECK(none.exit_code == 0);
  CHECK(folder.read("out.csv") == "a,1\n");
}

TEST_CASE("a reader that has seen enough ends every program quietly", "[system][bad_output]") {
  const scratch_folder folder;
  const std::string text = folder.write("in.txt", words(200'000));
  const std::string questions = folder.write("questions.txt", words(20'000));
  for (const texts& call : {texts{"word_count", "run", "--input", text, "--output", "-"},
                            texts{"ask", "run", "--docs", text, "--questions", questions}}) {
    CAPTURE(call.front());
    process program(call.front(), {call.begin() + 1, call.end()});
    REQUIRE(program.wait_for(call.front() == "ask" ? "Question: " : "word"));
    program.close_stdout();
    const finished_process ended = program.wait();
    CHECK(ended.exit_code == 0);
    CHECK(!contains(ended.err, "error"));
  }
  CHECK(run_shell("\"$bin/ask\" run --docs " + text + " --question word1 2>&1 >&- | grep -c error").out == "1\n");
}

TEST_CASE("signals end programs that wait for input, for a reader, or for room", "[system][bad_output]") {
  const scratch_folder folder;
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  const std::string text = folder.write("in.txt", words(100'000));
  // Waits for a reader: a drain can't help, giving up does.
  process no_reader("word_count", {"run", "--input", text, "--output", folder.path("pipe"), "--log-level", "info"});
  REQUIRE(no_reader.wait_for("job started"));
  no_reader.send(SIGINT);
  REQUIRE(no_reader.wait_for("finishing what was read"));
  no_reader.send(SIGTERM);
  const finished_process gave_up = no_reader.wait();
  CHECK(gave_up.exit_code == 1);
  CHECK(contains(gave_up.err, "word_count: error: the job was cancelled\n"));
  // Waits for input that never comes: a drain keeps what came.
  const finished_process drained =
      run_shell("cd " + folder.path("") +
                " && exec 3<>pipe && echo a a >&3 && { \"$bin/word_count\" run --input pipe --output out "
                "--progress on 2> log & } && program=$! && until grep -q ': 1 records' log; do sleep 0.05; done; "
                "kill -INT $program; wait $program");
  CHECK(drained.exit_code == 0);
  CHECK(folder.read("out") == "a,2\n");
}
