#include "sage/app/command_text.hpp"

#include <charconv>
#include <ctime>

#include "sage/base/error.hpp"
#include "sage/base/file_system.hpp"

namespace sage::apps {

std::string utc_text(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, size);
}

std::string padded(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(text.size() < width ? width - text.size() : 1, ' ');
}

std::uint64_t number_from_one(const std::string& text, const std::string& what, const std::string& usage) {
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc{} && end == text.data() + text.size() && number > 0) return number;
  throw error(errc::configuration, what + " wants a number from 1 on, not '" + text.substr(0, 80) + "'", {}, usage);
}

void require_directory(const std::string& path, const std::string& what) {
  const auto there = system_files().status(path);
  if (!there) throw there.error();
  if (there->kind != file_kind::directory) {
    throw error(errc::invalid_argument, "is no directory", path, "name one that holds " + what);
  }
}

}  // namespace sage::apps
