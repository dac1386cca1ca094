/// `sage checkpoints`: what is in a folder of checkpoints, whether it is whole, and less of it.
#pragma once

#include <span>
#include <string>

#include "sage/app/command_text.hpp"

namespace sage::apps {

/// `arguments` are those behind `checkpoints`: list DIR, verify DIR, or prune DIR [--keep N]. Throws
/// errc::configuration for wrong usage, errc::not_found and errc::io for what can't be read, errc::invalid_argument
/// where a job is at work in a folder that is to be pruned.
[[nodiscard]] command_outcome checkpoints_command(std::span<const std::string> arguments);

}  // namespace sage::apps
