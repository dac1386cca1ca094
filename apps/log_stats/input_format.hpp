/// Which inputs are CSV and which are JSON Lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace log_stats {

/// The inputs of each kind, in the given order.
struct inputs_by_format {
  std::vector<std::string> csv;
  std::vector<std::string> json_lines;
};

/// Tells each path or pattern by its ending: .csv; .jsonl, .ndjson, .json; the same with .gz behind it; in any case.
/// `format` is "auto", or "csv" or "jsonl" for all of them. Throws errc::configuration for a path that "auto" can't
/// tell.
[[nodiscard]] inputs_by_format sort_inputs(const std::vector<std::string>& paths, std::string_view format);

}  // namespace log_stats
