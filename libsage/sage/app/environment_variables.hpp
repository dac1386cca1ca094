/// The port to the process's environment variables.
#pragma once

#include <map>
#include <string>

namespace sage::apps {

/// All variables whose name begins with "SAGE_", by name. Empty ones are left out, as they say nothing.
[[nodiscard]] std::map<std::string, std::string> sage_variables();

/// Where temporary files go: TMPDIR, or "/tmp".
[[nodiscard]] std::string temporary_folder();

}  // namespace sage::apps
