#include "sage/connectors/file/csv_text.hpp"

#include <algorithm>
#include <cstring>

namespace sage::file {

std::size_t csv_finder::find_end(const char* bytes, std::size_t count) noexcept {
  for (std::size_t from = 0; from < count;) {
    const void* const found = std::memchr(bytes + from, '\n', count - from);
    const std::size_t to = found ? static_cast<std::size_t>(static_cast<const char*>(found) - bytes) + 1 : count;
    // A doubled quote leaves the quotes and enters them again: only whether their number is odd counts.
    if (quoted_newlines_ && std::count(bytes + from, bytes + to, quote_) % 2 != 0) in_quotes_ = !in_quotes_;
    if (found && !in_quotes_) return to;
    from = to;
  }
  return npos;
}

bool is_blank_row(std::string_view row) noexcept {
  return row.find_first_not_of("\r\n") == std::string_view::npos;
}

std::uint64_t lines_beyond_first(std::string_view row) noexcept {
  if (row.ends_with('\n')) row.remove_suffix(1);
  return static_cast<std::uint64_t>(std::count(row.begin(), row.end(), '\n'));
}

std::string read_csv_header(const text_options& options, context& self, const std::string& path, csv_finder finder) {
  record_cursor cursor(options);
  cursor.open(self);
  cursor.start(split{path}, 0);
  do {
    std::string_view row;
    while (cursor.next(row, finder)) {
      if (!is_blank_row(row)) return std::string(row);
    }
  } while (cursor.fill() == read_status::more);
  return {};
}

}  // namespace sage::file
