/// The commands of every app.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "sage/app/app.hpp"
#include "sage/app/console.hpp"

namespace sage::apps {

/// Exit codes, as `--help` lists them.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_wrong_usage = 2;

/// Runs the pipeline to its end. Returns the exit code.
[[nodiscard]] int run_command(const app& described, const options& given, console& to);

/// Prints the plan on stdout. Returns the exit code.
[[nodiscard]] int graph_command(const app& described, const options& given, console& to);

/// The options that `graph` has beyond those of `run`.
[[nodiscard]] std::span<const option_spec> graph_options();

/// Prints a result on stdout. False when it can't be written, which then has been reported; a reader that has gone
/// is no failure.
[[nodiscard]] bool print_result(const std::string& text, console& to);

/// Makes the environment that the settings ask for: `engine` decides.
[[nodiscard]] std::unique_ptr<environment> make_environment(const options& given);

}  // namespace sage::apps
