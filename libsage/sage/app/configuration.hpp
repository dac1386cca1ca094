/// Puts together what command line, environment, file and defaults say.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "sage/app/command_line.hpp"
#include "sage/app/options.hpp"

namespace sage::apps {

/// Where values come from, strongest first, each already taken apart.
struct configuration_sources {
  std::vector<given_option> command_line;
  std::map<std::string, std::string> variables;  ///< those that begin with SAGE_
  std::vector<given_option> file;
};

/// The value of every option of `specs` from the strongest source that has one. Weaker values are checked as well:
/// a broken file stays broken when an option happens to hide it. Fails at the first value that can't be read, with
/// its place.
[[nodiscard]] result<options> resolve(std::span<const option_spec> specs, const configuration_sources& sources);

/// Fails when an option that is required has no value, naming it.
[[nodiscard]] result<void> check_required(const options& all);

/// Variables that look like misspelt options: their name is near to that of one, but none. As one warning each.
[[nodiscard]] std::vector<std::string> doubtful_variables(std::span<const option_spec> specs,
                                                          const std::map<std::string, std::string>& variables);

/// The configuration as YAML, each value with its origin as a comment. Can be read again with --config.
[[nodiscard]] std::string dump_configuration(const std::string& program, const options& all);

}  // namespace sage::apps
