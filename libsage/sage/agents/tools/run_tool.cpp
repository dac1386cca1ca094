#include "sage/agents/tools/run_tool.hpp"

#include <chrono>
#include <stop_token>
#include <utility>

#include "sage/agents/stop_guard.hpp"
#include "sage/base/error.hpp"
#include "sage/functions/tasks/blocking.hpp"
#include "sage/functions/tasks/join.hpp"
#include "sage/functions/tasks/stoppable.hpp"

namespace sage {

namespace {

// Tool and arguments are this frame's own: behind a time-out it outlives whoever has asked.
task<tool_result> block(tool_ref called, std::string arguments) {
  // A stop doesn't wait for the tool: it is told, and its frame stays until it has returned.
  std::stop_source stop;
  agents::stop_guard guard(stop);
  co_await guard;
  const auto work = [&] { return called->invoke(arguments, stop.get_token()); };
  tool_result outcome = co_await run_blocking(work);
  co_return outcome;
}

task<tool_result> go(tool_ref called, std::string arguments, context& self) {
  std::stop_source stop;
  agents::stop_guard guard(stop);
  co_await guard;
  tool_result outcome = co_await called->start(arguments, self, stop.get_token());
  co_return outcome;
}

task<tool_result> start(tool_ref called, std::string arguments, context& self) {
  if (called->execution() == tool_execution::blocking) return block(std::move(called), std::move(arguments));
  return go(std::move(called), std::move(arguments), self);
}

task<tool_result> start_within(tool_ref called, std::string arguments, context& self) {
  const std::chrono::milliseconds time_max(called->limits().time_ms_max);
  tool_result outcome;
  try {
    if (time_max.count() == 0) {
      outcome = co_await start(std::move(called), std::move(arguments), self);
    } else {
      outcome = co_await with_timeout(start(std::move(called), std::move(arguments), self), time_max);
    }
  } catch (const error& late) {
    if (late.code() != errc::timeout) throw;
    outcome.outcome = tool_outcome::failed;
    outcome.text = "the tool failed: no result within " + std::to_string(time_max.count()) + " ms";
  }
  co_return outcome;
}

}  // namespace

task<tool_result> run_tool(tool_ref called, std::string arguments, context& self) {
  if (called->execution() == tool_execution::immediate) co_return called->invoke(arguments);
  functions::stoppable<tool_result> started(start_within(std::move(called), std::move(arguments), self));
  tool_result outcome = co_await started;
  co_return outcome;
}

}  // namespace sage
