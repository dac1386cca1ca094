/// What files of CSV have beside their rows: where those end, and a header.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sage/connectors/file/record_cursor.hpp"
#include "sage/model/csv_row.hpp"

namespace sage::file {

/// How a file of CSV looks.
struct csv_options {
  bool header = true;  ///< the first row names the columns; otherwise they are the fields in order
  char separator = ',';
  char quote = '"';
  bool quoted_newlines = true;  ///< cells in quotes may span lines; without, files are read in several ranges
};

/// Finds the ends of rows: line ends outside quotes.
class csv_finder {
 public:
  static constexpr std::size_t npos = line_finder::npos;
  csv_finder(char quote, bool quoted_newlines) noexcept : quote_(quote), quoted_newlines_(quoted_newlines) {}

  [[nodiscard]] std::size_t find_end(const char* bytes, std::size_t count) noexcept;
  void begin_record() noexcept { in_quotes_ = false; }

 private:
  char quote_;
  bool quoted_newlines_;
  bool in_quotes_ = false;
};

/// Whether a row holds nothing: such rows are skipped.
[[nodiscard]] bool is_blank_row(std::string_view row) noexcept;

/// How many lines more than one a row spans.
[[nodiscard]] std::uint64_t lines_beyond_first(std::string_view row) noexcept;

/// The first row of the file that isn't blank, empty when there is none. Opens the file by itself.
[[nodiscard]] std::string read_csv_header(const text_options& options, context& self, const std::string& path,
                                          csv_finder finder);

}  // namespace sage::file
