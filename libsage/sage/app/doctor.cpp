#include "sage/app/doctor.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include <sage/version.hpp>

#include "sage/app/environment_variables.hpp"
#include "sage/app/process_limits.hpp"
#include "sage/app/settings.hpp"
#include "sage/app/text_files.hpp"
#include "sage/base/file_system.hpp"
#include "sage/runtime/job.hpp"

// The versions of the libraries that were there when this file was compiled; libsage/CMakeLists.txt knows them.
#ifndef SAGE_LIBRARY_VERSIONS
#define SAGE_LIBRARY_VERSIONS ""
#endif

namespace sage::apps {

namespace {

constexpr std::uint64_t open_files_enough = 1024;
constexpr std::uint64_t memory_enough = 512u << 20;

std::string gibibytes(std::uint64_t bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / (1u << 30));
  return text;
}

// The number behind "NAME:" in /proc/meminfo, which counts in KiB.
std::optional<std::uint64_t> memory_of(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const std::size_t digits = text.find_first_of("0123456789", at);
  if (digits == std::string_view::npos) return std::nullopt;
  std::uint64_t kibibytes = 0;
  std::from_chars(text.data() + digits, text.data() + text.size(), kibibytes);
  return kibibytes * 1024;
}

finding memory() {
  constexpr std::size_t text_max = 64 << 10;
  const auto text = read_text_file("/proc/meminfo", text_max);
  const auto total = text ? memory_of(*text, "MemTotal:") : std::nullopt;
  const auto available = text ? memory_of(*text, "MemAvailable:") : std::nullopt;
  if (!total || !available) return {"machine", "memory", "unknown", ""};
  std::string value = gibibytes(*total) + ", " + gibibytes(*available) + " of it free";
  // A container may have less than its machine.
  std::uint64_t limit = *total;
  if (const auto group = read_text_file("/sys/fs/cgroup/memory.max", text_max)) {
    std::uint64_t bytes = 0;
    const auto read = std::from_chars(group->data(), group->data() + group->size(), bytes);
    if (read.ec == std::errc{} && bytes < *total) {
      limit = bytes;
      value += ", limited to " + gibibytes(bytes);
    }
  }
  const bool little = limit < memory_enough || *available < memory_enough / 4;
  return {"machine", "memory", value, little ? "little; lower --window-bytes and --parallelism" : ""};
}

// How many cores a container may use: the quota and the period of cgroup v2's cpu.max; nothing when it has no limit.
std::optional<double> cores_allowed() {
  const auto text = read_text_file("/sys/fs/cgroup/cpu.max", 4096);
  if (!text) return std::nullopt;
  std::uint64_t quota = 0, period = 0;
  const char* const end = text->data() + text->size();
  const auto first = std::from_chars(text->data(), end, quota);
  if (first.ec != std::errc{} || first.ptr == end) return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, period).ec != std::errc{} || period == 0) return std::nullopt;
  return static_cast<double>(quota) / static_cast<double>(period);
}

finding cores() {
  const std::size_t count = runtime::core_count();
  const auto allowed = cores_allowed();
  if (!allowed || *allowed >= static_cast<double>(count)) return {"machine", "cores", std::to_string(count), ""};
  char limit[32];
  std::snprintf(limit, sizeof limit, "%.1f", *allowed);
  const auto threads = std::max<std::size_t>(1, static_cast<std::size_t>(*allowed));
  return {"machine", "cores",
          std::to_string(count) + ", limited to " + limit + ": SAGE_THREADS=" + std::to_string(threads) +
              " keeps threads from taking turns",
          ""};
}

// What a job uses when nothing is said, and what the environment says.
void add_defaults(std::vector<finding>& to) {
  const std::string count = std::to_string(runtime::core_count());
  to.push_back({"a job would use", "threads", count + ", one per core (--threads)", ""});
  to.push_back(
      {"a job would use", "parallelism", "up to " + count + " instances of an operator (--parallelism)", ""});
  const auto variables = sage_variables();
  for (const auto& [name, value] : variables) {
    // An app's own option may be a secret; SAGE's settings are none.
    const auto& table = settings_table();
    const bool is_ours =
        name == "SAGE_CONFIG" || std::any_of(table.begin(), table.end(), [&wanted = name](const option_spec& one) {
          return variable_name(one.name) == wanted;
        });
    to.push_back({"environment", name, is_ours ? value : "is set, no setting of SAGE", ""});
  }
  if (variables.empty()) to.push_back({"environment", "SAGE_ variables", "none", ""});
}

finding open_files() {
  const auto limit = open_files_max();
  if (!limit) return {"machine", "open files", "unlimited", ""};
  return {"machine", "open files", "at most " + std::to_string(*limit),
          *limit < open_files_enough ? "few; raise the limit with: ulimit -n 4096" : ""};
}

finding temporary_files() {
  const std::string folder = temporary_folder();
  const std::string path = folder + "/sage_doctor_" + std::to_string(process_id());
  auto made = system_files().create(path);
  if (!made) return {"machine", "temporary files", folder, std::string("not writable: ") + made.error().what()};
  const auto written = (*made)->write("x", -1);
  const auto removed = system_files().remove(path);
  if (!written) return {"machine", "temporary files", folder, std::string("not writable: ") + written.error().what()};
  if (!removed)
    return {"machine", "temporary files", folder, std::string("not removable: ") + removed.error().what()};
  return {"machine", "temporary files", folder + ", writable", ""};
}

// "caf 0.17.6;boost 1.74.0" as findings.
void add_libraries(std::vector<finding>& to) {
  std::string_view all = SAGE_LIBRARY_VERSIONS;
  while (!all.empty()) {
    const std::string_view one = all.substr(0, all.find(','));
    all.remove_prefix(std::min(one.size() + 1, all.size()));
    const std::size_t space = one.find(' ');
    if (space == std::string_view::npos) continue;
    to.push_back({"libraries", std::string(one.substr(0, space)), std::string(one.substr(space + 1)), ""});
  }
}

finding feature(std::string name, bool on, std::string without) {
  return {"features", std::move(name), on ? "on" : "off: " + std::move(without), ""};
}

}  // namespace

std::vector<finding> examine() {
  std::vector<finding> all;
  all.push_back({"sage", "version", SAGE_VERSION_STRING, ""});
#if defined(__clang__)
  all.push_back({"sage", "compiler", "clang " __clang_version__, ""});
#else
  all.push_back({"sage", "compiler", "g++ " __VERSION__, ""});
#endif
  add_libraries(all);
  all.push_back(cores());
  all.push_back(memory());
  all.push_back(open_files());
  all.push_back(temporary_files());
#if SAGE_HAS_ZLIB
  all.push_back(feature("gzip input", true, ""));
#else
  all.push_back(feature("gzip input", false, "build with -DSAGE_WITH_ZLIB=ON"));
#endif
#if SAGE_HAS_YAML
  all.push_back(feature("YAML configurations", true, ""));
#else
  all.push_back(feature("YAML configurations", false, "build with -DSAGE_WITH_YAML=ON"));
#endif
  add_defaults(all);
  return all;
}

std::string report_of(const std::vector<finding>& findings) {
  constexpr std::size_t column = 24;
  std::string text;
  std::string group;
  std::size_t problems = 0;
  for (const finding& one : findings) {
    if (one.group != group) text += (text.empty() ? "" : "\n") + one.group + "\n";
    group = one.group;
    std::string line = "  " + one.subject;
    line.resize(std::max(column, line.size() + 1), ' ');
    text += line + one.value + "\n";
    if (one.problem.empty()) continue;
    ++problems;
    text += "    problem: " + one.problem + "\n";
  }
  if (problems == 0) return text + "\nall is well\n";
  return text + "\n" + std::to_string(problems) + (problems == 1 ? " problem\n" : " problems\n");
}

}  // namespace sage::apps
