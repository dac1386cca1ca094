/// Looks at the build and the machine: what `sage doctor` says.
#pragma once

#include <string>
#include <vector>

namespace sage::apps {

/// One thing that was looked at.
struct finding {
  std::string group;    ///< "libraries", "machine", "features", "environment"
  std::string subject;  ///< "open files"
  std::string value;    ///< "1024"
  std::string problem;  ///< what is wrong and what to do; empty when nothing is
};

/// Looks at everything, in a fixed order. Makes and removes one file in the folder for temporary files.
[[nodiscard]] std::vector<finding> examine();

/// The findings as a text for people; the last line says how many problems there are.
[[nodiscard]] std::string report_of(const std::vector<finding>& findings);

}  // namespace sage::apps
