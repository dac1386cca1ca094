#include <algorithm>

#include "sage/connectors/file/content_reader.hpp"
#include "sage/connectors/file/text_options.hpp"

namespace sage::file {

source_plan plan_text(const paths& wanted, const text_options& options) {
  source_plan plan;
  plan.blocking = true;
  bool total_known = true;
  std::vector<found_file> found = find_files(*options.files, wanted).value();
  for (found_file& one : found) {
    const bool whole_only = one.status.kind != file_kind::regular || begins_like_gzip(*options.files, one.path);
    if (one.status.kind == file_kind::stream) plan.replayable = false;
    if (whole_only) {  // ends where it ends
      total_known = false;
      plan.splits.push_back(split{std::move(one.path)});
      continue;
    }
    const std::uint64_t bytes = one.status.bytes;
    plan.bytes_total += bytes;
    const std::uint64_t parts =
        options.records_span_lines
            ? 1
            : std::max<std::uint64_t>(bytes / options.split_bytes + (bytes % options.split_bytes != 0), 1);
    for (std::uint64_t i = 0; i < parts; ++i) {
      const auto border = [&](std::uint64_t k) { return bytes / parts * k + std::min(k, bytes % parts); };
      plan.splits.push_back(split{one.path, border(i), border(i + 1)});
    }
  }
  if (!total_known) plan.bytes_total = 0;
  return plan;
}

}  // namespace sage::file
