/// Rows of CSV (RFC 4180): where one ends, and which cells it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sage/model/decode_limits.hpp"
#include "sage/model/decode_problem.hpp"

namespace sage {

/// The two characters that a dialect of CSV may choose.
struct csv_format {
  char separator = ',';
  char quote = '"';
};

/// One cell. An empty cell without quotes is "no value", `""` is the empty text.
struct csv_cell {
  std::string_view text;  ///< without its quotes, doubled quotes single
  std::uint32_t offset;   ///< of the cell in the row, in bytes
  bool quoted;
};

/// The cells of one row. Reused from row to row; the cells view the row's text, or this object where quotes had to
/// be undone, and are valid until the next `parse`.
class csv_row {
 public:
  csv_row() = default;
  csv_row(const csv_row&) = delete;
  csv_row& operator=(const csv_row&) = delete;

  /// Takes `line` apart: one whole row without the line end, or with it. False fills `problem`: a quote inside a
  /// cell without quotes, text behind a closing quote, a missing closing quote, more than limits.bytes_max or
  /// limits.elements_max cells. O(bytes).
  [[nodiscard]] bool parse(std::string_view line, decode_problem& problem, const csv_format& format = {},
                           const decode_limits& limits = {});

  [[nodiscard]] std::size_t size() const noexcept { return cells_.size(); }
  [[nodiscard]] const csv_cell& operator[](std::size_t column) const noexcept { return cells_[column]; }
  [[nodiscard]] std::vector<csv_cell>::const_iterator begin() const noexcept { return cells_.begin(); }
  [[nodiscard]] std::vector<csv_cell>::const_iterator end() const noexcept { return cells_.end(); }

  /// Fills where in the row's text `offset` is: line (from 1) and column in characters (from 1).
  void locate(decode_problem& problem, std::uint64_t offset) const;

 private:
  bool parse_quoted(std::size_t& at, decode_problem& problem, const csv_format& format);
  bool parse_plain(std::size_t& at, decode_problem& problem, const csv_format& format);
  bool fail(decode_problem& problem, std::size_t offset, const char* message, const char* advice) const;

  std::string_view line_;
  std::vector<csv_cell> cells_;
  std::string unquoted_;
};

/// Finds the ends of rows in text that arrives in pieces: a line end inside quotes does not end a row.
class csv_row_scanner {
 public:
  explicit csv_row_scanner(char quote = '"') noexcept : quote_(quote) {}

  /// The position behind the next row's line end in `bytes`, which continue what was given before; npos when the
  /// row goes on.
  [[nodiscard]] std::size_t find_end(std::string_view bytes) noexcept;
  /// Whether the text so far ends inside quotes.
  [[nodiscard]] bool in_quotes() const noexcept { return in_quotes_; }

 private:
  char quote_;
  bool in_quotes_ = false;
};

}  // namespace sage
