#include "log_stats/input_format.hpp"

#include <algorithm>

#include <sage/sage.hpp>

namespace log_stats {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return text;
}

}  // namespace

inputs_by_format sort_inputs(const std::vector<std::string>& paths, std::string_view format) {
  inputs_by_format sorted;
  for (const std::string& path : paths) {
    std::string name = lower(path);
    if (name.ends_with(".gz")) name.resize(name.size() - 3);
    if (format == "csv" || (format == "auto" && name.ends_with(".csv"))) {
      sorted.csv.push_back(path);
    } else if (format == "jsonl" || name.ends_with(".jsonl") || name.ends_with(".ndjson") ||
               name.ends_with(".json")) {
      sorted.json_lines.push_back(path);
    } else {
      throw sage::error(sage::errc::configuration, "'" + path + "' doesn't end like CSV or JSON Lines", "--input",
                        "say which it is: --input-format csv or --input-format jsonl");
    }
  }
  return sorted;
}

}  // namespace log_stats
