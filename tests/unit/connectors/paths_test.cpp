#include "sage/connectors/file/paths.hpp"

#include <filesystem>

#include "sage/testing/memory_files.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;

namespace {

std::vector<std::string> names_of(file_system& files, const file::paths& wanted) {
  std::vector<std::string> names;
  for (const file::found_file& one : file::find_files(files, wanted).value()) names.push_back(one.path);
  return names;
}

error problem_of(file_system& files, const file::paths& wanted) {
  return file::find_files(files, wanted).error();
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a folder is all files below it, sorted, without hidden ones", "[connectors][paths]") {
  testing::memory_files files({{"logs/b.txt", ""},
                               {"logs/a.txt", ""},
                               {"logs/deep/er/c.txt", ""},
                               {"logs/.hidden", ""},
                               {"logs/.git/config", ""},
                               {"other/d.txt", ""}});
  CHECK(names_of(files, "logs") == names{"logs/a.txt", "logs/b.txt", "logs/deep/er/c.txt"});
  CHECK(names_of(files, "logs/") == names{"logs/a.txt", "logs/b.txt", "logs/deep/er/c.txt"});
}

TEST_CASE("several paths keep their order", "[connectors][paths]") {
  testing::memory_files files({{"z", ""}, {"a", ""}, {"m/2", ""}, {"m/1", ""}});
  CHECK(names_of(files, {"z", "m", "a"}) == names{"z", "m/1", "m/2", "a"});
  CHECK(names_of(files, std::vector<std::string>{"a", "z"}) == names{"a", "z"});
  CHECK(names_of(files, {"-", "a"}) == names{"-", "a"});
}

TEST_CASE("a pattern stays within its folders", "[connectors][paths]") {
  testing::memory_files files({{"logs/a.log", ""},
                               {"logs/b.log.gz", ""},
                               {"logs/c.txt", ""},
                               {"logs/old/d.log", ""},
                               {"logs/.e.log", ""},
                               {"logs2/f.log", ""}});
  CHECK(names_of(files, "logs/*.log") == names{"logs/a.log"});
  CHECK(names_of(files, "logs/*.log*") == names{"logs/a.log", "logs/b.log.gz"});
  CHECK(names_of(files, "logs/.*.log") == names{"logs/.e.log"});
  CHECK(names_of(files, "log*/*.log") == names{"logs/a.log", "logs2/f.log"});
  CHECK(names_of(files, "logs*/old/?.log") == names{"logs/old/d.log"});
  CHECK(names_of(files, "*/a.log") == names{"logs/a.log"});
}

TEST_CASE("two stars are any folders, none too, and bring no file twice", "[connectors][paths]") {
  testing::memory_files files(
      {{"d/a.html", ""}, {"d/x/b.html", ""}, {"d/x/y/c.html", ""}, {"d/x/y/c.txt", ""}, {"d/.z/e.html", ""}});
  CHECK(names_of(files, "d/**/*.html") == names{"d/a.html", "d/x/b.html", "d/x/y/c.html"});
  CHECK(names_of(files, "d/**/y/*.html") == names{"d/x/y/c.html"});
  CHECK(names_of(files, "**/**/c.*") == names{"d/x/y/c.html", "d/x/y/c.txt"});
  CHECK(names_of(files, "d/**") == names{"d/a.html", "d/x/b.html", "d/x/y/c.html", "d/x/y/c.txt"});
}

TEST_CASE("absolute patterns begin at the root", "[connectors][paths]") {
  testing::memory_files files({{"/var/log/a.log", ""}, {"/var/log/b.txt", ""}});
  CHECK(names_of(files, "/var/*/*.log") == names{"/var/log/a.log"});
  CHECK(names_of(files, "/var//log/*.log") == names{"/var/log/a.log"});
}

TEST_CASE("a file whose name looks like a pattern is a file", "[connectors][paths]") {
  testing::memory_files files({{"a[1].txt", ""}, {"a1.txt", ""}});
  CHECK(names_of(files, "a[1].txt") == names{"a[1].txt"});
}

TEST_CASE("what isn't there is one error with advice", "[connectors][paths]") {
  testing::memory_files files({{"d/.hidden", ""}, {"a", ""}});
  CHECK(problem_of(files, "missing.txt").code() == errc::not_found);
  const error no_match = problem_of(files, "d/*.txt");
  CHECK(no_match.code() == errc::not_found);
  CHECK(no_match.where() == "d/*.txt");
  CHECK_FALSE(no_match.advice().empty());
  CHECK(problem_of(files, "nowhere/*.txt").code() == errc::not_found);
  const error empty_folder = problem_of(files, "d");
  CHECK(empty_folder.code() == errc::not_found);
  CHECK(empty_folder.where() == "d");
  CHECK(problem_of(files, "").code() == errc::invalid_argument);
  CHECK(problem_of(files, std::vector<std::string>{}).code() == errc::invalid_argument);
}

TEST_CASE("links to files are files; links to folders don't make a circle; dangling ones are left out",
          "[connectors][paths]") {
  const test::scratch_folder folder;
  folder.write("real/a.txt", "a");
  std::filesystem::create_symlink(folder / "real/a.txt", folder / "real/link.txt");
  std::filesystem::create_directory_symlink(folder / "real", folder / "real/round");
  std::filesystem::create_symlink(folder / "nowhere", folder / "real/dangling");
  CHECK(names_of(system_files(), folder / "real") == names{folder / "real/a.txt", folder / "real/link.txt"});
  CHECK(names_of(system_files(), folder / "real/**/*.txt") == names{folder / "real/a.txt", folder / "real/link.txt"});
  // Named by the user, the link to the folder is followed.
  CHECK(names_of(system_files(), folder / "real/round") ==
        names{folder / "real/round/a.txt", folder / "real/round/link.txt"});
}
