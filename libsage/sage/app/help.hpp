/// The texts that teach: help of an app, and its usage lines.
#pragma once

#include <span>
#include <string>

#include "sage/app/app.hpp"

namespace sage::apps {

/// All of `--help`: what the app does, its commands with an example, its options, the settings, the exit codes.
[[nodiscard]] std::string help_text(const app& described, std::span<const option_spec> all);

/// "word_count 0.1.0 (SAGE 0.1.0)".
[[nodiscard]] std::string version_text(const std::string& program);

}  // namespace sage::apps
