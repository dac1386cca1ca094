#include "tests/bench/kit/resources.hpp"

#include <fstream>
#include <thread>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

namespace sage::bench {

namespace {

double seconds_of(clockid_t which) {
  timespec now{};
  ::clock_gettime(which, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// The rest of the line of `file` that begins with `name`.
std::string line_of(const char* file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.compare(0, name.size(), name) != 0) continue;
    const std::size_t colon = line.find(':');
    const std::size_t begin = line.find_first_not_of(" \t", colon == std::string::npos ? name.size() : colon + 1);
    return begin == std::string::npos ? std::string() : line.substr(begin);
  }
  return {};
}

std::uint64_t number_of(const std::string& text) {
  return text.empty() ? 0 : std::stoull(text);
}

}  // namespace

double wall_seconds() {
  return seconds_of(CLOCK_MONOTONIC);
}
double cpu_seconds() {
  return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double machine_cpu_seconds() {
  std::ifstream in("/proc/stat");
  std::string cpu;
  double user = 0;
  double nice = 0;
  double system = 0;
  double idle = 0;
  double wait = 0;
  double irq = 0;
  double soft_irq = 0;
  double steal = 0;
  in >> cpu >> user >> nice >> system >> idle >> wait >> irq >> soft_irq >> steal;
  return (user + nice + system + irq + soft_irq + steal) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t status_field(const char* name) {
  return number_of(line_of("/proc/self/status", std::string(name) + ":"));
}
double resident_mib() {
  return static_cast<double>(status_field("VmRSS")) / 1024;
}
double peak_resident_mib() {
  return static_cast<double>(status_field("VmHWM")) / 1024;
}
std::uint64_t thread_count() {
  return status_field("Threads");
}

std::array<double, 3> load_averages() {
  std::array<double, 3> load{};
  std::ifstream in("/proc/loadavg");
  in >> load[0] >> load[1] >> load[2];
  return load;
}

std::string cpu_name() {
  return line_of("/proc/cpuinfo", "model name");
}
std::uint64_t core_count() {
  return std::thread::hardware_concurrency();
}
std::uint64_t memory_mib() {
  return number_of(line_of("/proc/meminfo", "MemTotal:")) / 1024;
}

}  // namespace sage::bench
