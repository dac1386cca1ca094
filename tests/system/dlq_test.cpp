// The commands of dead letters, by app and by `sage`: from the broken record to the corrected result.
#include <string>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;
using texts = std::vector<std::string>;

namespace {

const std::string columns = "time,service,level,status,duration_ms,bytes\n";
const std::string header = "service,count,errors,bytes,duration_ms_min,duration_ms_mean,duration_ms_max\n";

bool says(const finished_process& of, const std::string& text) {
  return of.out.find(text) != std::string::npos || of.err.find(text) != std::string::npos;
}

finished_process dlq(texts arguments) {
  arguments.insert(arguments.begin(), "dlq");
  return run("sage", std::move(arguments));
}

// Two broken records of three, kept in the folder.
std::string broken(const scratch_folder& folder) {
  const std::string letters = folder.path("dead");
  const std::string bad =
      folder.write("bad.csv", columns + "t,a,info,200,-5,1\nt,a,info,200,1,1\nt,b,info,200,-7,10\n");
  const finished_process kept = run("log_stats", {"run", "--input", bad, "--output", "-", "--dlq", letters});
  CHECK(kept.exit_code == 0);
  CHECK(kept.out == header + "a,1,0,1,1,1.000,1\n");
  CHECK(says(kept, "log_stats dlq list " + letters));
  return letters;
}

}  // namespace

TEST_CASE("a broken record is kept, shown, corrected, tried again, and purged", "[system][dlq]") {
  const scratch_folder folder;
  const std::string letters = broken(folder);
  const finished_process listed = run("log_stats", {"dlq", "list", letters});
  CHECK(listed.exit_code == 0);
  CHECK(says(listed, "duration_ms is -5"));
  CHECK(says(listed, "2 letters: 2 waiting, 0 marked, 0 replayed"));
  CHECK(says(dlq({"show", letters, "2"}), R"("service":"b")"));
  CHECK(says(dlq({"edit", letters, "1", "--set", "duration_ms=3"}), R"("duration_ms":3)"));
  CHECK(says(dlq({"list", letters, "--operator", "nobody"}), "2 letters"));
  CHECK_FALSE(says(dlq({"list", letters, "--operator", "nobody"}), "waiting  "));
  CHECK(dlq({"replay", letters, "1"}).exit_code == 0);
  CHECK(says(dlq({"list", letters, "--state", "marked"}), "marked*"));

  const std::string none = folder.write("none.csv", columns);
  const finished_process again = run("log_stats", {"run", "--input", none, "--output", "-", "--dlq", letters});
  CHECK(again.exit_code == 0);
  CHECK(again.out == header + "a,1,0,1,3,3.000,3\n");
  CHECK(says(dlq({"list", letters}), "2 letters: 1 waiting, 0 marked, 1 replayed"));
  CHECK(says(dlq({"purge", letters, "--replayed"}), "1 letter purged"));
  CHECK(says(dlq({"purge", letters, "--all"}), "1 letter purged"));
  CHECK(says(dlq({"list", letters}), "0 letters"));
}

TEST_CASE("an editor may change a record, or fail and change nothing", "[system][dlq]") {
  const scratch_folder folder;
  const std::string letters = broken(folder);
  const auto edit = [&](const std::string& editor) {
    return run("sage", {"dlq", "edit", letters, "2"}, {{"EDITOR", editor}});
  };
  CHECK(says(edit("sed -i s/-7/8/"), R"("duration_ms":8)"));
  CHECK(says(dlq({"show", letters, "2"}), R"({"service":"b","level":"info","status":200,"duration_ms":8)"));
  CHECK(says(edit("true"), "nothing was changed"));
  const finished_process failed = edit("false");
  CHECK(failed.exit_code == 1);
  CHECK(says(failed, "the editor has failed, so nothing was changed"));
  const finished_process broken_text = edit("sed -i s/{/[/");
  CHECK(broken_text.exit_code == 1);
  CHECK(says(dlq({"show", letters, "2"}), R"("duration_ms":8)"));
}

TEST_CASE("wrong usage of dlq gets one clear error", "[system][dlq]") {
  const scratch_folder folder;
  const std::string letters = broken(folder);
  const auto refused = [](texts arguments, int code, const std::string& text) {
    const finished_process came = dlq(std::move(arguments));
    INFO(came.err);
    CHECK(came.exit_code == code);
    CHECK(says(came, text));
  };
  refused({}, 2, "what to do with the dead letters is missing");
  refused({"lst", letters}, 2, "did you mean 'list'?");
  refused({"list"}, 2, "the directory is missing");
  refused({"list", folder.path("nowhere")}, 1, "can't find");
  refused({"list", letters, "--state", "lost"}, 2, "no letter is 'lost'");
  refused({"show", letters, "x"}, 2, "a letter wants a number from 1 on, not 'x'");
  refused({"show", letters, "9"}, 1, "there is no dead letter 9");
  refused({"edit", letters, "1", "--set", "colour=red"}, 1, "there is service, level, status, duration_ms, bytes");
  refused({"edit", letters, "1", "--set", "status=red"}, 1, "is a number, 'red' isn't");
  refused({"edit", letters, "1", "--set", "status"}, 2, "--set wants FIELD=VALUE");
  refused({"replay", letters, "1", "9"}, 1, "there is no dead letter 9");
  refused({"replay", letters}, 2, "the letters are missing");
  refused({"purge", letters, "--everything"}, 2, "a letter wants a number");
  CHECK(says(dlq({"list", letters}), "2 waiting, 0 marked"));
  const finished_process nowhere =
      run("log_stats", {"run", "--input", "x.csv", "--output", "-", "--default-on-error", "dead-letter"});
  CHECK(nowhere.exit_code == 2);
  CHECK(says(nowhere, "say --dlq DIR"));
}
