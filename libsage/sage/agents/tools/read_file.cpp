#include "sage/agents/tools/read_file.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sage/agents/tools/rooted_files.hpp"
#include "sage/base/utf8.hpp"

namespace sage::tools {

namespace {

struct file_query {
  std::string path;
  std::optional<std::uint64_t> offset;
};
SAGE_DESCRIBE(file_query, path, offset)
SAGE_EXPLAIN(file_query, {"path", "relative to the root, for example notes/today.txt"},
             {"offset", "byte to begin at, for files that are longer than one answer"})

/// Takes away what is left at either end of characters that were cut. Returns how many bytes in front.
std::size_t keep_whole_characters(std::string& bytes, bool cut_in_front, bool cut_behind) {
  const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  std::size_t first = 0;
  while (cut_in_front && first < 3 && first < bytes.size() && is_continuation(bytes[first])) ++first;
  bytes.erase(0, first);
  const std::size_t bad = cut_behind ? find_invalid_utf8(bytes) : std::string::npos;
  if (bad != std::string::npos && bytes.size() - bad < 4) bytes.resize(bad);
  return first;
}

result<std::string> read(const rooted_files& files, const file_query& query, std::size_t bytes_max) {
  const std::uint64_t offset = query.offset.value_or(0);
  if (offset > static_cast<std::uint64_t>(INT64_MAX)) return error(errc::invalid_argument, "the offset is too large");
  auto part = files.read(query.path, offset, bytes_max);
  if (!part) return part.error();
  if (offset > part->size) {
    return error(errc::invalid_argument, "the file has only " + std::to_string(part->size) + " bytes");
  }
  std::string& text = part->bytes;
  const std::size_t left_out = keep_whole_characters(text, offset > 0, offset + text.size() < part->size);
  const std::uint64_t end = offset + left_out + text.size();
  if (!is_utf8(text) || text.find('\0') != std::string::npos) {
    return error(errc::invalid_argument, "this is not a text file");
  }
  if (end < part->size) {
    text += "\n[there is more: the file has " + std::to_string(part->size) + " bytes, go on with offset " +
            std::to_string(end) + "]";
  }
  return std::move(text);
}

}  // namespace

tool_ref read_file(const read_file_options& options) {
  auto files = std::make_shared<rooted_files>(rooted_files::open_root(options.root).value());
  tool_limits limits;
  limits.result_bytes_max = options.file_bytes_max + 1024;
  return make_tool(
      options.name, "Reads a text file.",
      [files, bytes_max = options.file_bytes_max](const file_query& query) { return read(*files, query, bytes_max); },
      tool_execution::blocking, limits);
}

}  // namespace sage::tools
