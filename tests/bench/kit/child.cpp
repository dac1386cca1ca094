#include "tests/bench/kit/child.hpp"

#include <cstdio>
#include <cstdlib>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/kit/resources.hpp"

namespace sage::bench {

namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

}  // namespace

child_usage run_child(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& one : command) arguments.push_back(one.data());
  arguments.push_back(nullptr);
  const double begun = wall_seconds();
  const pid_t id = ::fork();
  if (id == 0) {
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage used{};
  if (id < 0 || ::wait4(id, &status, 0, &used) != id || (WIFEXITED(status) && WEXITSTATUS(status) == 127)) {
    std::fprintf(stderr, "bench: can't run %s\n", command[0].c_str());
    std::exit(2);
  }
  child_usage usage;
  usage.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  usage.wall_s = wall_seconds() - begun;
  usage.cpu_s = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  usage.peak_mib = static_cast<double>(used.ru_maxrss) / 1024;
  return usage;
}

}  // namespace sage::bench
