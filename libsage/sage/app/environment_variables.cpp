#include "sage/app/environment_variables.hpp"

#include <cstdlib>
#include <string_view>

extern "C" char** environ;  // NOLINT: the C library's name

namespace sage::apps {

std::map<std::string, std::string> sage_variables() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const std::size_t equals = line.find('=');
    if (!line.starts_with("SAGE_") || equals == std::string_view::npos || equals + 1 == line.size()) continue;
    all.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return all;
}

std::string temporary_folder() {
  const char* wanted = std::getenv("TMPDIR");
  return wanted != nullptr && *wanted != '\0' ? wanted : "/tmp";
}

}  // namespace sage::apps
