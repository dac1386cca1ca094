/// Reads a configuration file. The only door of yaml-cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sage/app/command_line.hpp"

namespace sage::apps {

/// Reads the options in `text`, a YAML mapping from option names to values, which may be nested at dots
/// (`caf: {scheduler: {policy: stealing}}`). Errors begin with `file`, line and column: broken YAML, a key that is no
/// option (with the nearest name), a key that is there twice, a value of the wrong shape. Each option that is null is
/// left out. Depth at most 8, of keys and of values.
[[nodiscard]] result<std::vector<given_option>> parse_yaml(std::string_view text, const std::string& file,
                                                           std::span<const option_spec> specs);

}  // namespace sage::apps
