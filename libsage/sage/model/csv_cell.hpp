/// Single values in a cell of CSV. Compound ones (lists, maps, records) are JSON in a cell: see csv.cpp.
#pragma once

#include <string>
#include <string_view>

#include "sage/model/csv_row.hpp"
#include "sage/model/value_reader.hpp"
#include "sage/model/value_writer.hpp"

namespace sage {

/// Reads one cell. Spaces around numbers and booleans are ignored; `true`, `TRUE` and `1` are true.
class csv_cell_reader final : public value_reader {
 public:
  csv_cell_reader(const csv_row& row, const decode_limits& limits) noexcept
      : value_reader(limits, decode_mode::tolerant), row_(row) {}

  /// Chooses the cell that is read next.
  void select(std::size_t column) noexcept { cell_ = row_[column]; }

  value_kind peek() override;
  bool take_null() override;
  bool read_bool(bool& value) override;
  bool read_number(decoded_number& number) override;
  bool read_text(std::string_view& text) override;
  bool read_bytes(std::string& bytes) override;
  bool begin_list(container_cursor& cursor) override;
  container_step next_element(container_cursor& cursor) override;
  bool begin_map(container_cursor& cursor) override;
  container_step next_key(container_cursor& cursor, std::string_view& key) override;
  bool skip_value() override;

 protected:
  std::string describe_next() override;
  void locate(decode_problem& problem) const override;

 private:
  const csv_row& row_;
  csv_cell cell_{};
};

/// Appends one cell, in quotes where they are needed.
class csv_cell_writer final : public value_writer {
 public:
  /// `nullable`: no value is an empty cell, so the empty text must be `""`.
  csv_cell_writer(std::string& out, const csv_format& format, bool nullable) noexcept
      : out_(out), format_(format), nullable_(nullable) {}

  void write_null() override;
  void write_bool(bool value) override;
  void write_int64(std::int64_t value) override;
  void write_uint64(std::uint64_t value) override;
  void write_float(float value) override;
  void write_double(double value) override;
  void write_string(std::string_view text) override;
  void write_bytes(const void* bytes, std::size_t size) override;
  void begin_list(std::size_t size) override;
  void end_list() override;
  void begin_map(std::size_t size) override;
  void write_key(std::string_view name) override;
  void write_key_int64(std::int64_t key) override;
  void write_key_uint64(std::uint64_t key) override;
  void end_map() override;

 private:
  std::string& out_;
  csv_format format_;
  bool nullable_;
};

}  // namespace sage
