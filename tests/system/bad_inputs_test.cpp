// Input that is missing, unreadable or not what it should be: one clear error of the real programs, nothing under the
// final name.
#include <cstdlib>

#include <sys/stat.h>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/gzip_text.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

const std::string columns = "time,service,level,status,duration_ms,bytes\n";

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Runs a program that must fail with one line on stderr, and returns that.
std::string error_of(const std::string& program, texts arguments, const std::string& output = {}) {
  if (program == "ask") {
    arguments.insert(arguments.begin(), {"run", "--question", "what", "--docs"});
  } else {
    arguments.insert(arguments.begin(), {"run", "--output", output, "--input"});
  }
  const finished_process ended = run(program, arguments);
  CAPTURE(program, arguments, ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(ended.out.empty());
  CHECK(std::count(ended.err.begin(), ended.err.end(), '\n') == 1);
  const std::string prefix = program + ": error: ";
  CHECK(ended.err.starts_with(prefix));
  return ended.err.substr(std::min(prefix.size(), ended.err.size()));
}

}  // namespace

TEST_CASE("inputs that can't be opened are named, whatever the program", "[system][bad_input]") {
  const scratch_folder folder;
  ::mkdir(folder.path("empty.csv").c_str(), 0700);
  const texts before = folder.names();
  for (const std::string program : {"word_count", "log_stats", "ask"}) {
    CAPTURE(program);
    const std::string missing = error_of(program, {folder.path("none.csv")}, folder.path("out"));
    CHECK(contains(missing, folder.path("none.csv") + ": can't find: No such file or directory (check the path)"));
    CHECK(contains(error_of(program, {folder.path("empty.csv")}, folder.path("out")), "the folder has no files"));
    CHECK(contains(error_of(program, {folder.path("*.nothing.csv")}, folder.path("out")),
                   "no file matches the pattern"));
    CHECK(folder.names() == before);
  }
}

TEST_CASE("what may not be read is an error, not nothing", "[system][bad_input]") {
  const scratch_folder folder;
  const std::string input = folder.write("secret.csv", columns);
  ::chmod(input.c_str(), 0);
  const texts arguments{"run", "--input", input, "--output", "-"};
  finished_process ended;
  if (::geteuid() == 0) {
    // Root may read everything, unless it gives up that right.
    texts without{"--bounding-set=-dac_override,-dac_read_search", std::string(SAGE_BIN_DIR) + "/log_stats"};
    without.insert(without.end(), arguments.begin(), arguments.end());
    ended = run("/usr/bin/setpriv", without);
  } else {
    ended = run("log_stats", arguments);
  }
  CHECK(ended.exit_code == 1);
  CHECK(contains(ended.err, input + ": can't "));
  CHECK(contains(ended.err, ": Permission denied (check the permissions, also of the folders above)\n"));
}

TEST_CASE("content that isn't what it should be is named with its place", "[system][bad_input]") {
  const scratch_folder folder;
  const std::string packed = sage::test::gzip(columns + std::string(20'000, 'x'));
  std::string broken = packed;
  broken[packed.size() / 2] = static_cast<char>(broken[packed.size() / 2] ^ 0x55);
  const auto json = [](const std::string& more) {
    return "{\"service\":\"a\",\"level\":\"info\",\"status\":200,\"duration_ms\":1,\"bytes\":2}\n" + more;
  };
  struct bad {
    std::string program, name, content, message;
  };
  const std::string to_do = " (correct it, or leave such records out with --on-error drop)\n";
  const std::vector<bad> all{
      {"word_count", "binary", std::string("a\0b", 3), "binary: isn't text: a NUL byte at byte 1"},
      {"word_count", "utf16",
       std::string("\xff\xfe"
                   "a\0",
                   4),
       "isn't text: a NUL byte at byte 3 (convert it (UTF-16"},
      {"word_count", "short.gz", packed.substr(0, packed.size() - 9), "short.gz: gzip: it ends too early"},
      {"word_count", "broken.gz", broken, "broken.gz: gzip: "},
      {"word_count", "more.gz", packed + "garbage", "more.gz: gzip: incorrect header check"},
      {"word_count", "fake.gz", "\x1f\x8b what", "fake.gz: gzip: unknown compression method"},
      {"ask", "short.gz", packed.substr(0, packed.size() - 9), "short.gz: gzip: it ends too early"},
      {"log_stats", "binary.csv", std::string("a\0b", 3), "binary.csv: isn't text"},
      {"log_stats", "short.csv.gz", packed.substr(0, 20), "short.csv.gz: gzip: it ends too early"},
      {"log_stats", "few.csv", columns + "t,a,info,200,1\n", "few.csv:2:1: expected 6 cells, got 5" + to_do},
      {"log_stats", "many.csv", columns + "t,a,info,200,1,2,3\n", "many.csv:2:1: expected 6 cells, got 7" + to_do},
      {"log_stats", "type.csv", columns + "\nt,a,info,x,1,2\n",
       "type.csv:3:10: column 4 (status): expected a number, got \"x\"" + to_do},
      {"log_stats", "fraction.csv", columns + "t,a,info,200,1,1.5\n",
       "fraction.csv:2:16: column 6 (bytes): expected a whole number, got 1.5" + to_do},
      {"log_stats", "negative.csv", columns + "t,a,info,200,1,-1\n", "column 6 (bytes): -1 is out of range"},
      {"log_stats", "huge.csv", columns + "t,a,info,200,1,99999999999999999999\n", "column 6 (bytes): "},
      {"log_stats", "level.csv", columns + "t,a,loud,200,1,2\n",
       "level.csv:2:5: column 3 (level): \"loud\" is none of trace, debug, info, warn, error, fatal" + to_do},
      {"log_stats", "quote.csv", columns + "t,\"a,info,200,1,2\n",
       "quote.csv:2:3: column 2: a quote that is never closed"},
      {"log_stats", "header.csv", "service,level\na,info\n",
       "header.csv:1:1: no column \"status\" (the columns are: service, level)\n"},
      {"log_stats", "twice.csv", "service,level,level\n", "twice.csv:1:1: column \"level\" is there twice"},
      {"log_stats", "cut.jsonl", json("{\"service\":\"a\"\n") + json(""), "cut.jsonl:2:15: expected ',' or '}'"},
      {"log_stats", "missing.jsonl", json("{\"service\":\"a\"}\n"),
       "missing.jsonl:2:15: level: field is missing" + to_do},
      {"log_stats", "type.jsonl", "\n\n{\"status\":\"x\"}\n",
       "type.jsonl:3:11: status: expected a number, got a string" + to_do},
      {"log_stats", "list.jsonl", "[1]\n", "list.jsonl:1:1: expected an object, got a list" + to_do},
      {"log_stats", "latin.jsonl", "{\"service\":\"\xe4\"}\n",
       "latin.jsonl:1:13: service: the text is not valid UTF-8: byte 0xe4 (convert the input to UTF-8)\n"},
      {"log_stats", "deep.jsonl", std::string(100'000, '[') + "\n", "deep.jsonl:1:"},
  };
  for (const bad& one : all) {
    CAPTURE(one.name);
    const scratch_folder results;
    const std::string input = folder.write(one.name, one.content);
    const std::string output = results.write("out", "as before");
    const std::string message = error_of(one.program, {input}, output);
    CHECK(contains(message, one.message));
    CHECK(contains(message, one.name));
    CHECK(results.names() == texts{"out"});
    CHECK(results.read("out") == "as before");
  }
  // What is wrong with several records together has no line.
  const std::string largest =
      folder.write("sum.csv", columns + "t,a,info,1,1,18446744073709551615\nt,a,info,1,1,1\n");
  CHECK(contains(error_of("log_stats", {largest}, folder.path("out")),
                 "the sum of bytes needs more than 64 bits (look for values that can't be meant"));
}

TEST_CASE("records that are dropped are counted", "[system][bad_input]") {
  const scratch_folder folder;
  const std::string csv = folder.write("a.csv", columns + "t,a,info,200,1,2\nt,a,loud,200,1,2\nt,a,info\n");
  const std::string json = folder.write("a.jsonl", "{\n{\"service\":\"b\"}\nnull\n");
  const finished_process ended =
      run("log_stats", {"run", "--input", csv, json, "--output", "-", "--on-error", "drop"});
  CHECK(ended.exit_code == 0);
  CHECK(ended.out.ends_with("\na,1,0,2,1,1.000,1\n"));
  CHECK(contains(ended.err, "[log_stats/csv[0]] records were given up on by error policy dropped=2 "));
  CHECK(contains(ended.err, "[log_stats/json_lines[0]] records were given up on by error policy dropped=3 "));
}

TEST_CASE("gzip of several members, CRLF, byte order marks and empty files are ordinary", "[system][bad_input]") {
  const scratch_folder folder;
  const std::string row = "t,a,info,200,1,2\r\n";
  const texts inputs{
      folder.write("two.csv.gz", sage::test::gzip("\xef\xbb\xbf" + columns + row) + sage::test::gzip(row)),
      folder.write("crlf.csv", columns + row + "\r\n" + row),
      folder.write("empty.csv", ""),
      folder.write("empty.jsonl", "\n\r\n"),
      folder.write("empty.csv.gz", sage::test::gzip("")),
  };
  texts arguments{"run", "--output", "-", "--input"};
  arguments.insert(arguments.end(), inputs.begin(), inputs.end());
  const finished_process ended = run("log_stats", arguments);
  CHECK(ended.err.empty());
  CHECK(ended.out.ends_with("\na,4,0,8,1,1.000,1\n"));
}

TEST_CASE("a line of 1 GiB is refused in bounded memory", "[system][bad_input]") {
  const scratch_folder folder;
  // Text as far as files are looked at for NUL bytes, then a hole: takes no space and no time.
  const std::string input = folder.write("line.csv", std::string(16 << 10, 'x'));
  REQUIRE(::truncate(input.c_str(), 1 << 30) == 0);
  for (const std::string program : {"word_count", "log_stats"}) {
    for (const std::string& path : {input, std::string("-")}) {
      CAPTURE(program, path);
      const finished_process ended =
          run_shell("exec \"$bin/" + program + "\" run --input " + path + " --output - " +
                    (program == "log_stats" ? "--input-format jsonl" : "") + " < " + input);
      CHECK(ended.exit_code == 1);
      CHECK(contains(ended.err, ":1: a line is longer than 16777216 bytes ("));
      CHECK(ended.peak_bytes < (512u << 20));
    }
  }
  CHECK(contains(error_of("ask", {input}), "line.csv: has more than 67108864 bytes (leave it out, "));
}

TEST_CASE("a folder with a link to itself is read once, 100,000 files are read", "[system][bad_input]") {
  const scratch_folder folder;
  ::mkdir(folder.path("many").c_str(), 0700);
  REQUIRE(::symlink("../many", folder.path("many/again").c_str()) == 0);
  REQUIRE(::symlink("nowhere", folder.path("many/dangling").c_str()) == 0);
  for (const char* of_ten : {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"})
    folder.write("many/" + std::string(of_ten), "w\n");
  REQUIRE(run_shell("cd " + folder.path("many") + " && seq 10 99999 | xargs touch").exit_code == 0);
  const finished_process ended = run("word_count", {"run", "--input", folder.path("many"), "--output", "-"});
  CHECK(ended.err.empty());
  CHECK(ended.out == "w,10\n");
}

TEST_CASE("a misspelt option has its nearest name in every program", "[system][bad_input]") {
  const std::vector<std::pair<std::string, std::string>> options{
      {"word_count", "--inptu"}, {"log_stats", "--min-levle"}, {"ask", "--dosc"}};
  const texts nearest{"--input", "--min-level", "--docs"};
  for (std::size_t i = 0; i < options.size(); ++i) {
    const finished_process ended = run(options[i].first, {"run", options[i].second, "x"});
    CHECK(ended.exit_code == 2);
    CHECK(contains(ended.err, "unknown option " + options[i].second + " (did you mean '" + nearest[i] + "'?)\n"));
  }
  const finished_process format = run("log_stats", {"run", "--input", "a.txt", "--output", "-"});
  CHECK(format.exit_code == 2);
  CHECK(format.err ==
        "log_stats: error: --input: 'a.txt' doesn't end like CSV or JSON Lines "
        "(say which it is: --input-format csv or --input-format jsonl)\n");
}
