/// CSV: a source of typed rows and a sink.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sage/connectors/file/csv_text.hpp"
#include "sage/connectors/file/decoding_reader.hpp"
#include "sage/connectors/file/text_sink.hpp"
#include "sage/model/csv.hpp"

namespace sage::file {

/// Reads one row of CSV as a `T`, columns by position: a function for `map`, as json_decoder.
template <encodable_record T>
struct csv_decoder {
  csv_format format = {};
  csv_columns columns = csv_columns_by_position<T>();

  T operator()(std::string_view line) const { return from_csv_row<T>(line, columns, format).value(); }
};

/// The decoder of csv_source.
template <encodable_record T>
class csv_row_decoder : public csv_finder {
 public:
  explicit csv_row_decoder(const csv_options& options)
      : csv_finder(options.quote, options.quoted_newlines),
        has_header_(options.header),
        format_{options.separator, options.quote} {}

  void begin_split(const text_options& options, context& self, const split& part, std::uint64_t position) {
    columns_.reset();
    if (!has_header_) {
      columns_ = csv_columns_by_position<T>();
      return;
    }
    if (position == 0) return;  // the first row to come
    const std::string header = read_csv_header(options, self, part.name, *this);
    decode_problem problem;
    if (!take_header(header, problem)) throw problem.to_error(part.name);
  }

  [[nodiscard]] decoded decode(std::string_view text, T& value, decode_problem& problem) {
    if (is_blank_row(text)) return decoded::none;
    if (!columns_) {
      // Without its header a file can't be read at all.
      return take_header(text, problem) ? decoded::none : decoded::never;
    }
    const bool done = row_.parse(text, problem, format_) && decode_csv_row(row_, *columns_, value, problem);
    return done ? decoded::yes : decoded::no;
  }
  [[nodiscard]] static std::uint64_t lines_beyond(std::string_view text) noexcept { return lines_beyond_first(text); }

 private:
  bool take_header(std::string_view text, decode_problem& problem) {
    if (!row_.parse(text, problem, format_)) return false;
    auto columns = csv_columns_by_name<T>(row_);
    if (!columns) {
      problem.code = columns.error().code();
      problem.message = columns.error().message();
      problem.advice = columns.error().advice();
      problem.line = problem.column = 1;
      return false;
    }
    columns_ = *std::move(columns);
    return true;
  }

  bool has_header_;
  csv_format format_;
  std::optional<csv_columns> columns_;
  csv_row row_;
};

/// Reads files of CSV (RFC 4180): the header names the fields of `T`, in any order; columns that are no field are
/// ignored, a field without a column is an error unless it is optional. Blank lines are no rows.
///
/// Shape       files -> T
/// Emits       the rows of each split in order
/// Drops       rows that can't be decoded, under on_bad_row(sage::drop), counted
/// Fails       as `lines`; errc::parse with file, line, column and field
/// Units       splits and positions in bytes of the content; one split per file unless quoted_newlines is off
template <encodable_record T>
class csv_source : public decoding_settings<csv_source<T>> {
 public:
  using record_type = T;
  csv_source(paths wanted, csv_options format) : paths_(std::move(wanted)), format_(format) {
    this->options_.records_span_lines = format.quoted_newlines;
  }

  static const char* kind() { return "file_csv"; }
  [[nodiscard]] source_plan plan() const { return plan_text(paths_, this->options_); }
  [[nodiscard]] std::unique_ptr<source_reader<T>> make_reader() const {
    return std::make_unique<decoding_reader<T, csv_row_decoder<T>>>(this->options_, format_);
  }

 private:
  paths paths_;
  csv_options format_;
};

/// `env.from_source(sage::file::csv<trade>("trades.csv", {.separator = ';'}))`
template <encodable_record T>
[[nodiscard]] csv_source<T> csv(paths wanted, csv_options format = {}) {
  return csv_source<T>(std::move(wanted), format);
}

template <encodable_record T>
struct csv_formatter {
  csv_format format;
  void operator()(std::string& out, const T& record) const {
    append_csv_row(out, record, format);
    out += '\n';
  }
};

/// Writes each record as one row, behind a header with the names of the fields; secrets have no column.
template <encodable_record T>
class csv_row_sink : public sink_settings<csv_row_sink<T>> {
 public:
  csv_row_sink(std::string path, csv_format format) : sink_settings<csv_row_sink>(std::move(path)), format_(format) {}

  /// Leaves the header out.
  csv_row_sink& no_header() {
    header_ = false;
    return *this;
  }

  static const char* kind() { return "file_csv_sink"; }
  [[nodiscard]] std::unique_ptr<sink_writer<T>> make_writer() const {
    return std::make_unique<text_writer<T, csv_formatter<T>>>(this->path_, this->options_, csv_formatter<T>{format_},
                                                              header_ ? csv_header<T>(format_) + "\n" : "");
  }

 private:
  csv_format format_;
  bool header_ = true;
};

template <encodable_record T>
[[nodiscard]] csv_row_sink<T> csv_sink(std::string path, csv_format format = {}) {
  return csv_row_sink<T>(std::move(path), format);
}
template <encodable_record T>
[[nodiscard]] csv_row_sink<T> stdout_csv(csv_format format = {}) {
  return csv_row_sink<T>("-", format);
}

}  // namespace sage::file
