/// The tool that reads files, of one folder only.
#pragma once

#include <cstddef>
#include <string>

#include "sage/agents/tools/tool.hpp"

namespace sage::tools {

struct read_file_options {
  std::string root;  ///< the folder; nothing outside of it can be read
  std::string name = "read_file";
  std::size_t file_bytes_max = 16 * 1024;  ///< of one call; the rest by `offset`
};

/// {path: string, offset?: integer} -> the text. Links, "..", absolute paths, hidden files, devices and what isn't
/// UTF-8 text are refused. Throws errc::not_found when there is no such root.
[[nodiscard]] tool_ref read_file(const read_file_options& options);

}  // namespace sage::tools
