/// Runs one call of a tool, wherever the tool wants to run.
#pragma once

#include <string>

#include "sage/agents/tools/tool.hpp"
#include "sage/functions/context.hpp"
#include "sage/functions/tasks/task.hpp"

namespace sage {

/// Calls what computes at once, what blocks on a thread for blocking code, and awaits what is a coroutine. A stop
/// destroys a coroutine at once, also while something beside it blocks, and asks what blocks by its stop token; a
/// call beyond `tool_limits::time_ms_max` ends in the same way, and as a failure that the model is told.
///
/// Fails  errc::limit when too many calls wait for a thread; what the tool fails with is its result
[[nodiscard]] task<tool_result> run_tool(tool_ref called, std::string arguments, context& self);

}  // namespace sage
