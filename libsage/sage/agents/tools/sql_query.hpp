/// The tool that asks a SQLite database, and can do nothing else to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "sage/agents/tools/tool.hpp"
#include "sage/base/clock.hpp"

namespace sage::tools {

struct sql_query_options {
  std::string database;  ///< the file
  std::string name = "sql_query";
  std::string description;                   ///< what is in the tables; empty: their CREATE statements
  std::size_t rows_max = 100;                ///< of one answer
  std::size_t answer_bytes_max = 24 * 1024;  ///< rows beyond are left out, and the answer says so
  std::size_t cell_bytes_max = 4 * 1024;     ///< longer texts are cut
  std::size_t query_bytes_max = 8 * 1024;
  nanoseconds time_max = 2'000'000'000;
  const clock* time = &system_clock();
};

/// {query: string} -> {"columns": [...], "rows": [[...]], "more": bool}. One SELECT (or WITH … SELECT) statement; the
/// file is opened read-only, and an authorizer refuses everything but reading: PRAGMA, ATTACH, writing, loading code.
/// Bounded in rows, bytes, time and what SQLite itself bounds. Throws errc::not_found when there is no such database,
/// errc::unsupported in a build without SQLite.
[[nodiscard]] tool_ref sql_query(const sql_query_options& options);

}  // namespace sage::tools
