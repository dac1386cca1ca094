#include "tests/system/process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sage::testing {

namespace {

constexpr unsigned seconds_max = 60;

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  return ends;
}

}  // namespace

process::process(const std::string& program, std::vector<std::string> arguments, const variables& environment) {
  std::string path = SAGE_BIN_DIR "/";
  if (program.starts_with('/')) path.clear();
  path += program;
  arguments.insert(arguments.begin(), path);
  std::vector<std::string> variables;
  for (const char* kept : {"PATH", "HOME", "TMPDIR", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS"}) {
    if (const char* value = std::getenv(kept)) variables.push_back(std::string(kept) + "=" + value);
  }
  for (const auto& [name, value] : environment) variables.push_back(name + "=" + value);
  std::vector<char*> argument_pointers = pointers(arguments);
  std::vector<char*> variable_pointers = pointers(variables);
  const auto out = make_pipe();
  const auto err = make_pipe();
  id_ = ::fork();
  if (id_ < 0) throw std::runtime_error("no process");
  if (id_ == 0) {
    ::dup2(::open("/dev/null", O_RDONLY), STDIN_FILENO);
    ::dup2(out[1], STDOUT_FILENO);
    ::dup2(err[1], STDERR_FILENO);
    ::signal(SIGPIPE, SIG_DFL);
    ::alarm(seconds_max);  // outlives exec: nothing hangs for ever
    ::execve(path.c_str(), argument_pointers.data(), variable_pointers.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

process::~process() {
  if (id_ > 0) {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void process::send(int signal) const {
  ::kill(id_, signal);
}

void process::close_stdout() {
  ::close(out_);
  out_ = -1;
}

bool process::read_more() {
  std::array<pollfd, 2> sources{{{out_, POLLIN, 0}, {err_, POLLIN, 0}}};
  if (out_ < 0 && err_ < 0) return false;
  while (::poll(sources.data(), sources.size(), -1) < 0 && errno == EINTR) {
  }
  const auto take = [](pollfd& source, int& fd, std::string& to) {
    if (fd < 0 || source.revents == 0) return;
    std::array<char, 4096> block{};
    const ssize_t count = ::read(fd, block.data(), block.size());
    if (count > 0) {
      to.append(block.data(), static_cast<std::size_t>(count));
    } else {
      ::close(fd);
      fd = -1;
    }
  };
  take(sources[0], out_, seen_.out);
  take(sources[1], err_, seen_.err);
  return true;
}

bool process::wait_for(const std::string& text) {
  while (seen_.out.find(text) == std::string::npos && seen_.err.find(text) == std::string::npos) {
    if (!read_more()) return false;
  }
  return true;
}

finished_process process::wait() {
  while (read_more()) {
  }
  int status = 0;
  rusage used{};
  while (::wait4(id_, &status, 0, &used) < 0 && errno == EINTR) {
  }
  id_ = -1;
  seen_.peak_bytes = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
  seen_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return seen_;
}

finished_process run(const std::string& program, std::vector<std::string> arguments,
                     const process::variables& environment) {
  return process(program, std::move(arguments), environment).wait();
}

finished_process run_shell(const std::string& script) {
  return run("/bin/sh", {"-c", script}, {{"bin", SAGE_BIN_DIR}});
}

scratch_folder::scratch_folder() {
  std::string pattern = std::filesystem::temp_directory_path().string() + "/sage_test_XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = pattern;
}

scratch_folder::~scratch_folder() {
  std::error_code ignored;  // what can't be removed is the system's to clean
  std::filesystem::remove_all(path_, ignored);
}

std::string scratch_folder::write(const std::string& name, const std::string& text) const {
  std::ofstream file(path(name), std::ios::binary);
  file << text;
  if (!file.flush()) throw std::runtime_error("can't write " + path(name));
  return path(name);
}

std::string scratch_folder::read(const std::string& name) const {
  std::ifstream file(path(name), std::ios::binary);
  if (!file) throw std::runtime_error("can't read " + path(name));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> scratch_folder::names() const {
  std::vector<std::string> all;
  for (const auto& entry : std::filesystem::directory_iterator(path_))
    all.push_back(entry.path().filename().string());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace sage::testing
