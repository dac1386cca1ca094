/// All that goes to stderr, so that a progress line and whole lines don't get into each other.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "sage/base/error.hpp"
#include "sage/observability/log.hpp"

namespace sage::apps {

/// Writes whole lines and one progress line. Thread-safe.
class console {
 public:
  console(std::string program, log_level least, log_form form);

  /// "program: error: text". One JSON line, with operator and instance, when logs are JSON.
  void error(const sage::error& problem, std::string_view job = {});
  /// "program: text"; nothing when logs are JSON or off.
  void note(const std::string& text);
  /// Log lines of any part of the program.
  [[nodiscard]] logger& log() noexcept { return log_; }

  /// Shows `line` in the place of the progress line before. Empty removes it.
  void show_progress(std::string line);

 private:
  void write(std::string_view text);

  std::string program_;
  log_form form_;
  bool silent_;
  std::mutex mutex_;
  std::string progress_;
  logger log_;
};

}  // namespace sage::apps
