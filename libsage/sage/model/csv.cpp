#include "sage/model/csv.hpp"

#include "sage/model/csv_cell.hpp"
#include "sage/model/json_reader.hpp"
#include "sage/model/json_writer.hpp"

namespace sage::codecs {

namespace {

std::uint32_t count_columns(const record_codec& codec) {
  return codec.count - codec.secrets;
}

std::string name_column(std::size_t column, std::string_view field) {
  return "column " + std::to_string(column + 1) + " (" + std::string(field) + ")";
}

std::string list_columns(const csv_row& header) {
  std::string list;
  for (std::size_t i = 0; i < header.size() && i < 32; ++i) {
    if (i > 0) list += ", ";
    list += header[i].text.substr(0, 64);
  }
  if (header.size() > 32) list += ", ...";
  return list;
}

/// A compound value is JSON in a cell.
bool read_compound(const csv_row& row, const csv_cell& cell, const field_codec& field, void* record,
                   decode_problem& problem, const decode_limits& limits) {
  const bool absent = cell.text.empty() && !cell.quoted && field.optional;
  json_reader reader(absent ? "null" : cell.text, limits);
  if (!reader.failed() && field.read(reader, record) && reader.finish()) return true;
  problem = std::move(reader.problem());
  row.locate(problem, cell.offset);
  return false;
}

bool write_compound(std::string& out, const void* record, const field_codec& field, const csv_format& format,
                    decode_problem& problem) {
  std::string text;
  json_writer writer(text);
  field.write(writer, record);
  if (writer.failed()) {
    problem = std::move(writer.problem());
    return false;
  }
  if (field.optional && text == "null") return true;
  csv_cell_writer(out, format, false).write_string(text);
  return true;
}

}  // namespace

std::string csv_header(const record_codec& codec, const csv_format& format) {
  std::string out;
  for (const field_codec& field : codec) {
    if (field.secret) continue;
    if (!out.empty()) out.push_back(format.separator);
    csv_cell_writer(out, format, false).write_string(field.name);
  }
  return out;
}

void append_csv_row(std::string& out, const void* record, const record_codec& codec, const csv_format& format) {
  const std::size_t before = out.size();
  // A row of one empty cell would be an empty line, which readers skip.
  const bool lonely = count_columns(codec) == 1;
  bool first = true;
  for (const field_codec& field : codec) {
    if (field.secret) continue;
    if (!first) out.push_back(format.separator);
    first = false;
    decode_problem problem;
    if (field.compound) {
      write_compound(out, record, field, format, problem);
    } else {
      csv_cell_writer writer(out, format, field.optional || lonely);
      field.write(writer, record);
      problem = std::move(writer.problem());
    }
    if (problem.failed()) {
      out.resize(before);
      problem.in_field(field.name);
      throw problem.to_error();
    }
  }
}

csv_columns csv_columns_by_position(const record_codec& codec) {
  csv_columns columns;
  for (std::uint32_t i = 0; i < codec.count; ++i) {
    if (!codec.fields[i].secret) columns.fields.push_back(i);
  }
  return columns;
}

result<csv_columns> csv_columns_by_name(const csv_row& header, const record_codec& codec, decode_mode mode) {
  csv_columns columns;
  columns.fields.assign(header.size(), csv_columns::ignored);
  for (std::uint32_t i = 0; i < codec.count; ++i) {
    const field_codec& field = codec.fields[i];
    if (field.secret) continue;
    bool found = false;
    for (std::size_t column = 0; column < header.size(); ++column) {
      std::string_view name = header[column].text;
      if (column == 0 && name.starts_with("\xef\xbb\xbf")) name.remove_prefix(3);  // a byte order mark
      if (name != field.name) continue;
      if (found) {
        return error(errc::parse, "column \"" + std::string(field.name) + "\" is there twice", "header");
      }
      found = true;
      columns.fields[column] = i;
    }
    if (!found && !field.optional && mode != decode_mode::tolerant) {
      return error(errc::parse, "no column \"" + std::string(field.name) + "\"", "header",
                   "the columns are: " + list_columns(header));
    }
  }
  return columns;
}

bool decode_csv_row(const csv_row& row, const csv_columns& columns, void* record, const record_codec& codec,
                    decode_problem& problem, const decode_limits& limits) {
  if (row.size() != columns.fields.size()) {
    problem.code = errc::parse;
    problem.message =
        "expected " + std::to_string(columns.fields.size()) + " cells, got " + std::to_string(row.size());
    row.locate(problem, 0);
    return false;
  }
  csv_cell_reader reader(row, limits);
  for (std::size_t column = 0; column < row.size(); ++column) {
    if (columns.fields[column] == csv_columns::ignored) continue;
    const field_codec& field = codec.fields[columns.fields[column]];
    if (field.compound) {
      if (read_compound(row, row[column], field, record, problem, limits)) continue;
    } else {
      reader.select(column);
      if (field.read(reader, record)) continue;
      problem = std::move(reader.problem());
    }
    problem.in_field(name_column(column, field.name));
    return false;
  }
  return true;
}

}  // namespace sage::codecs
