/// Splits a command line into options and their texts. The only door of Boost.Program_options.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sage/app/option_spec.hpp"
#include "sage/base/result.hpp"

namespace sage::apps {

/// An option as somebody wrote it, before its value is read: on the command line, in the environment, in a file.
struct given_option {
  std::string name;
  std::vector<std::string> texts;
  std::string place;  ///< "--input", "SAGE_INPUT", "sage.yaml:3:1"
};

/// Reads `arguments` (without program and command). Each option appears at most once in the result; those of kind
/// `texts` may be repeated and take several values. Fails for an unknown option, naming the nearest one, for a
/// repeated one, for a missing value and for anything that is not an option.
[[nodiscard]] result<std::vector<given_option>> parse_command_line(std::span<const option_spec> specs,
                                                                   const std::vector<std::string>& arguments);

/// The error for a name that is no option: the nearest name, or for "caf." the list of allowed ones. `prefix` is
/// what stands before names where it was written: "--".
[[nodiscard]] error unknown_option(std::string_view name, std::span<const option_spec> specs,
                                   std::string_view prefix);

}  // namespace sage::apps
