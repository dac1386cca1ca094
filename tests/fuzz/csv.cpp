/// Any text given to the CSV decoder ends in records or an error; a record survives being encoded again.
#include "sage/model/csv.hpp"

#include "../unit/model/sample_records.hpp"

namespace {

constexpr sage::decode_limits limits{.depth_max = 32, .bytes_max = 1 << 20, .elements_max = 10000};

template <class T>
void try_row(std::string_view line, const sage::csv_columns& columns, const sage::csv_format& format) {
  const auto record = sage::from_csv_row<T>(line, columns, format, limits);
  if (!record) {
    if (record.error().message().empty()) __builtin_trap();
    return;
  }
  std::string encoded;
  sage::append_csv_row(encoded, *record, format);
  const auto again = sage::from_csv_row<T>(encoded, format);
  if (!again) __builtin_trap();
  std::string twice;
  sage::append_csv_row(twice, *again, format);
  if (twice.size() != encoded.size()) __builtin_trap();  // an unordered map may change its order
}

/// A file with a header, cut into rows as a source does it.
template <class T>
void try_file(std::string_view text, const sage::csv_format& format) {
  sage::csv_row_scanner scanner(format.quote);
  const std::size_t end = scanner.find_end(text);
  sage::csv_row header;
  sage::decode_problem problem;
  if (!header.parse(text.substr(0, end), problem, format, limits)) return;
  const auto columns = sage::csv_columns_by_name<T>(header, sage::decode_mode::tolerant);
  if (!columns || end == std::string_view::npos) return;
  for (text.remove_prefix(end); !text.empty();) {
    const std::size_t next = scanner.find_end(text);
    try_row<T>(text.substr(0, next), *columns, format);
    if (next == std::string_view::npos) return;
    text.remove_prefix(next);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  for (const sage::csv_format& format : {sage::csv_format{}, sage::csv_format{';', '\''}}) {
    try_row<samples::scalars>(text, sage::csv_columns_by_position<samples::scalars>(), format);
    try_row<samples::compounds>(text, sage::csv_columns_by_position<samples::compounds>(), format);
    try_row<samples::log_line>(text, sage::csv_columns_by_position<samples::log_line>(), format);
    try_file<samples::log_line>(text, format);
  }
  return 0;
}
