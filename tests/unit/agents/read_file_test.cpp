// Files of one folder and no others, however a model writes their names.
#include "sage/agents/tools/read_file.hpp"

#include <filesystem>

#include <sys/stat.h>

#include "sage/base/utf8.hpp"
#include "tests/catch.hpp"
#include "tests/scratch_folder.hpp"

using namespace sage;
using Catch::Matchers::Contains;

namespace {

/// A root with files, and a secret beside it.
struct rooted {
  test::scratch_folder folder;
  tool_ref tool;

  rooted() {
    folder.write("secret.txt", "SECRET");
    folder.write("root/a.txt", "hello");
    folder.write("root/deep/er/b.txt", "below");
    folder.write("root/.hidden", "SECRET");
    folder.write("root/empty", "");
    std::filesystem::create_symlink("../secret.txt", folder / "root/link.txt");
    std::filesystem::create_symlink(folder.path(), folder / "root/up");
    std::filesystem::create_symlink("a.txt", folder / "root/inner_link");
    tools::read_file_options options;
    options.root = folder / "root";
    options.file_bytes_max = 100;
    tool = tools::read_file(options);
  }
  tool_result read(const std::string& path) const {
    return tool->invoke(to_json(std::map<std::string, std::string>{{"path", path}}));
  }
};

}  // namespace

TEST_CASE("files below the root are read", "[agents][read_file]") {
  const rooted it;
  CHECK(it.read("a.txt") == tool_result{tool_outcome::done, "hello"});
  CHECK(it.read("deep/er/b.txt").text == "below");
  CHECK(it.read("empty") == tool_result{tool_outcome::done, ""});
  CHECK(it.tool->execution() == tool_execution::blocking);
}

TEST_CASE("no path leads out of the root", "[agents][read_file]") {
  const rooted it;
  const std::vector<std::string> bad = {
      "../secret.txt",
      "deep/../../secret.txt",
      "deep/../a.txt",
      "..",
      ".",
      "./a.txt",
      "",
      "/",
      "/etc/passwd",
      it.folder / "secret.txt",
      "//a.txt",
      "deep//er/b.txt",
      "link.txt",
      "inner_link",
      "up/secret.txt",
      "up/root/a.txt",
      ".hidden",
      "deep",
      "deep/",
      "a.txt/",
      "a.txt/x",
      "missing",
      std::string("a.txt\0.png", 10),
      std::string(5000, 'a'),
      std::string(300, 'a'),
      "..\\secret.txt",
      "%2e%2e/secret.txt",
      "\xe2\x80\xa5/secret.txt",
  };
  for (const auto& path : bad) {
    const tool_result result = it.read(path);
    INFO(path.substr(0, 100) << " gave " << result.text);
    CHECK(result.outcome == tool_outcome::failed);
    CHECK_THAT(result.text, !Contains("SECRET") && !Contains("hello"));
  }
}

TEST_CASE("devices, pipes and what is no text are refused without waiting", "[agents][read_file]") {
  const rooted it;
  REQUIRE(::mkfifo((it.folder / "root/pipe").c_str(), 0600) == 0);
  CHECK_THAT(it.read("pipe").text, Contains("only regular files"));
  it.folder.write("root/binary", std::string("ELF\0\1\2", 6));
  CHECK_THAT(it.read("binary").text, Contains("not a text file"));
  it.folder.write("root/latin", "caf\xe9");
  CHECK_THAT(it.read("latin").text, Contains("not a text file"));
  tools::read_file_options options;
  options.root = "/dev";
  CHECK_THAT(tools::read_file(options)->invoke(R"({"path":"zero"})").text, Contains("only regular files"));
}

TEST_CASE("a long file is read in parts of whole characters", "[agents][read_file]") {
  const rooted it;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xe4\xb8\xad";
  it.folder.write("root/long.txt", text);
  std::string all;
  std::uint64_t offset = 0;
  for (int part = 0; part < 10; ++part) {
    const tool_result result = it.tool->invoke("{\"path\":\"long.txt\",\"offset\":" + std::to_string(offset) + "}");
    INFO(result.text);
    REQUIRE(result.outcome == tool_outcome::done);
    REQUIRE(is_utf8(result.text));
    const std::size_t note = result.text.find("\n[there is more");
    all += result.text.substr(0, note);
    if (note == std::string::npos) break;
    offset = std::stoull(result.text.substr(result.text.rfind(' ') + 1));
  }
  CHECK(all == text);
  CHECK(it.tool->invoke(R"({"path":"long.txt","offset":301})").outcome == tool_outcome::failed);
  CHECK(it.tool->invoke(R"({"path":"long.txt","offset":18446744073709551615})").outcome != tool_outcome::done);
  CHECK(it.tool->invoke(R"({"path":"long.txt","offset":18446744073709551616})").outcome == tool_outcome::refused);
  CHECK(it.tool->invoke(R"({"path":"long.txt","offset":-1})").outcome == tool_outcome::refused);
}

TEST_CASE("a root that is replaced meanwhile changes nothing", "[agents][read_file]") {
  const rooted it;
  std::filesystem::rename(it.folder / "root", it.folder / "old");
  std::filesystem::create_directory_symlink(it.folder.path(), it.folder / "root");
  CHECK(it.read("secret.txt").outcome == tool_outcome::failed);
  CHECK(it.read("a.txt").text == "hello");
}

TEST_CASE("a root must be there", "[agents][read_file]") {
  tools::read_file_options options;
  options.root = "/no/such/folder";
  CHECK_THROWS_AS(tools::read_file(options), error);
}
