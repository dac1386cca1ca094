/// `dlq`: what is in a directory of dead letters, and what is to become of it.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "sage/app/command_text.hpp"

namespace sage::apps {

/// Lets a person change a text; returns what it has become.
using text_editor = std::function<std::string(const std::string& text)>;

/// `arguments` are those behind `dlq`: list DIR, show DIR N, edit DIR N [--set FIELD=VALUE]..., replay DIR
/// N...|--all, purge DIR N...|--replayed|--all; `program` is named in messages. Works beside a job that is running.
/// Throws errc::configuration for wrong usage, errc::not_found for letters that aren't there, errc::invalid_argument
/// for what can't be done with them.
[[nodiscard]] command_outcome dlq_command(const std::string& program, std::span<const std::string> arguments,
                                          const text_editor& edit);

}  // namespace sage::apps
