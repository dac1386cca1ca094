/// Runs a program and tells what it used.
#pragma once

#include <string>
#include <vector>

namespace sage::bench {

/// What the system accounts to an ended process.
struct child_usage {
  int exit_code = -1;
  double wall_s = 0;
  double cpu_s = 0;     ///< user and system, of all its threads and the children it waited for
  double peak_mib = 0;  ///< most memory it ever had resident; of the largest, where it had children
};

/// Runs `program` (found as execvp finds it) to its end; its output goes nowhere. Ends this process when it can't be
/// started.
[[nodiscard]] child_usage run_child(std::vector<std::string> command);

}  // namespace sage::bench
