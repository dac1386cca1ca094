/// `sage ledger`: the books of a job that runs, or of a checkpoint.
#pragma once

#include <span>
#include <string>

#include "sage/app/command_text.hpp"

namespace sage::apps {

/// `arguments` are those behind `ledger`: --at HOST:PORT (the operations endpoint of a job) or --checkpoint DIR (its
/// newest whole checkpoint, or the one whose folder it is). The outcome is good when every operator's books balance.
/// Throws errc::configuration for wrong usage, errc::not_found, errc::io, errc::parse for what isn't there or can't
/// be read.
[[nodiscard]] command_outcome ledger_command(std::span<const std::string> arguments);

}  // namespace sage::apps
