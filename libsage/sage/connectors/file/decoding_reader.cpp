#include "sage/connectors/file/decoding_reader.hpp"

#include <string>

namespace sage::file {

error error_of_row(record_cursor& cursor, const decode_problem& problem) {
  if (const auto lines = cursor.lines_before()) return problem.to_error(cursor.name(), *lines);
  return problem.to_error(cursor.name() + ", row at byte " + std::to_string(cursor.position()), 0);
}

}  // namespace sage::file
