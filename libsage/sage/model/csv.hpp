/// Records as rows of CSV and back: one column per field, named after it.
///
/// Single values stand as they are; lists, maps, nested records and dynamic values are JSON in a cell; an empty
/// cell is an absent `optional`; secrets have no column. docs/formats/csv.md has the details.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/result.hpp"
#include "sage/model/csv_row.hpp"
#include "sage/model/decode_limits.hpp"
#include "sage/model/decode_problem.hpp"
#include "sage/model/value_codec.hpp"

namespace sage {

/// Which field each column of a file holds.
struct csv_columns {
  static constexpr std::uint32_t ignored = 0xffffffff;

  std::vector<std::uint32_t> fields;  ///< per column: the number of the field, or `ignored`
};

namespace codecs {
[[nodiscard]] std::string csv_header(const record_codec& codec, const csv_format& format);
void append_csv_row(std::string& out, const void* record, const record_codec& codec, const csv_format& format);
[[nodiscard]] csv_columns csv_columns_by_position(const record_codec& codec);
[[nodiscard]] result<csv_columns> csv_columns_by_name(const csv_row& header, const record_codec& codec,
                                                      decode_mode mode);
[[nodiscard]] bool decode_csv_row(const csv_row& row, const csv_columns& columns, void* record,
                                  const record_codec& codec, decode_problem& problem, const decode_limits& limits);
}  // namespace codecs

/// The names of the fields of `T` as a row, without a line end.
template <encodable_record T>
[[nodiscard]] std::string csv_header(const csv_format& format = {}) {
  return codecs::csv_header(codec_of_record<T>, format);
}

/// Appends `record` as one row without a line end. Throws errc::invalid_argument, with `out` as it was, for
/// compound values that JSON can't carry.
template <encodable_record T>
void append_csv_row(std::string& out, const T& record, const csv_format& format = {}) {
  codecs::append_csv_row(out, &record, codec_of_record<T>, format);
}

/// Files without a header: the columns are the fields of `T` (but secrets) in order.
template <encodable_record T>
[[nodiscard]] csv_columns csv_columns_by_position() {
  return codecs::csv_columns_by_position(codec_of_record<T>);
}

/// Finds the columns of the fields of `T` in a header row. Columns that are no field are ignored; a field without
/// a column is an error that lists what there is, unless it is optional (or, tolerant, whatever it is: it keeps
/// its default). A column that is there twice is an error.
template <encodable_record T>
[[nodiscard]] result<csv_columns> csv_columns_by_name(const csv_row& header, decode_mode mode = decode_mode::strict) {
  return codecs::csv_columns_by_name(header, codec_of_record<T>, mode);
}

/// Reads the cells of `row` into `record`, which holds defaults for what has no column. False fills `problem`:
/// too few or too many cells, a cell that isn't what the field needs ("column 3 (price): expected a number, got
/// \"abc\""). `problem.to_error(file, line - 1)` says where. O(bytes).
template <encodable_record T>
[[nodiscard]] bool decode_csv_row(const csv_row& row, const csv_columns& columns, T& record, decode_problem& problem,
                                  const decode_limits& limits = {}) {
  return codecs::decode_csv_row(row, columns, &record, codec_of_record<T>, problem, limits);
}

/// The record that one row is. For loops, keep a `csv_row` and use `decode_csv_row`.
template <encodable_record T>
[[nodiscard]] result<T> from_csv_row(std::string_view line, const csv_columns& columns, const csv_format& format = {},
                                     const decode_limits& limits = {}) {
  T record{};
  csv_row row;
  decode_problem problem;
  if (!row.parse(line, problem, format, limits) || !decode_csv_row(row, columns, record, problem, limits)) {
    return problem.to_error();
  }
  return record;
}

/// The record that one row is, columns by position.
template <encodable_record T>
[[nodiscard]] result<T> from_csv_row(std::string_view line, const csv_format& format = {},
                                     const decode_limits& limits = {}) {
  return from_csv_row<T>(line, csv_columns_by_position<T>(), format, limits);
}

}  // namespace sage
