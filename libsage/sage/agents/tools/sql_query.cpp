#include "sage/agents/tools/sql_query.hpp"

#if defined(SAGE_HAS_SQLITE)
#include <sqlite3.h>
#endif

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "sage/base/utf8.hpp"
#include "sage/model/dynamic_value.hpp"

namespace sage::tools {

#if defined(SAGE_HAS_SQLITE)

namespace {

struct sql_text {
  std::string query;
};
SAGE_DESCRIBE(sql_text, query)
SAGE_EXPLAIN(sql_text, {"query", "one SELECT statement in the SQL of SQLite"})

struct sql_answer {
  std::vector<std::string> columns;
  std::vector<dynamic_list> rows;
  bool more = false;
};
SAGE_DESCRIBE(sql_answer, columns, rows, more)

struct close_database {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct end_statement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using database_handle = std::unique_ptr<sqlite3, close_database>;
using statement_handle = std::unique_ptr<sqlite3_stmt, end_statement>;

constexpr int steps_between_looks = 1000;   // of SQLite's virtual machine
constexpr int value_bytes_max = 4'000'000;  // that a function may make
constexpr std::size_t description_bytes_max = 4000;

/// Reading, and nothing else. SQLite asks for every part of a statement while it is prepared.
int authorize(void*, int action, const char*, const char* name, const char*, const char*) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_FUNCTION: {
      const std::string_view function = name == nullptr ? "" : name;
      const bool acts = function == "load_extension" || function == "fts3_tokenizer" || function == "writefile" ||
                        function == "readfile" || function == "edit";
      return acts ? SQLITE_DENY : SQLITE_OK;
    }
    default: return SQLITE_DENY;
  }
}

struct watch {
  const clock* time;
  nanoseconds until;
  std::stop_token stop;
  bool late = false;
};

int look_at_watch(void* of) {
  auto& seen = *static_cast<watch*>(of);
  seen.late = seen.late || seen.time->now() >= seen.until;
  return seen.late || seen.stop.stop_requested() ? 1 : 0;
}

error problem_of(sqlite3* database, const watch* watched = nullptr) {
  if (watched != nullptr && watched->late) return error(errc::timeout, "the query took too long; ask for less");
  if (watched != nullptr && watched->stop.stop_requested()) return error(errc::cancelled, "the query was stopped");
  std::string message;
  append_repaired_utf8(message, std::string_view(sqlite3_errmsg(database)).substr(0, 300));
  if (sqlite3_errcode(database) == SQLITE_AUTH) message = "only reading is allowed: one SELECT statement";
  return error(errc::invalid_argument, message);
}

result<database_handle> open_read_only(const std::string& path) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  database_handle database(opened);
  if (code != SQLITE_OK) {
    return error(errc::not_found, "can't open the database", path, "check that the file is there and readable");
  }
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_limit(opened, SQLITE_LIMIT_LENGTH, value_bytes_max);
  sqlite3_limit(opened, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(opened, SQLITE_LIMIT_COLUMN, 200);
  sqlite3_limit(opened, SQLITE_LIMIT_EXPR_DEPTH, 100);
  sqlite3_limit(opened, SQLITE_LIMIT_COMPOUND_SELECT, 20);
  sqlite3_limit(opened, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 500);
  sqlite3_limit(opened, SQLITE_LIMIT_VDBE_OP, 100'000);
  sqlite3_limit(opened, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_busy_timeout(opened, 500);
  return database;
}

std::string repaired(std::string_view text, std::size_t bytes_max) {
  std::string safe;
  append_repaired_utf8(safe, text.substr(0, bytes_max));
  if (text.size() > bytes_max) safe += "... (" + std::to_string(text.size()) + " bytes)";
  return safe;
}

dynamic_value cell_of(sqlite3_stmt* row, int column, std::size_t bytes_max) {
  switch (sqlite3_column_type(row, column)) {
    case SQLITE_INTEGER: return dynamic_value(std::int64_t{sqlite3_column_int64(row, column)});
    case SQLITE_FLOAT: return dynamic_value(sqlite3_column_double(row, column));
    case SQLITE_TEXT: {
      const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
      const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
      return dynamic_value(repaired({text == nullptr ? "" : text, text == nullptr ? 0 : bytes}, bytes_max));
    }
    case SQLITE_BLOB:
      return dynamic_value("(" + std::to_string(sqlite3_column_bytes(row, column)) + " bytes that are no text)");
    default: return dynamic_value(nullptr);
  }
}

/// What comes behind the statement must be nothing but space and comments.
bool is_alone(sqlite3* database, const char* tail) {
  while (tail != nullptr && *tail != '\0') {
    sqlite3_stmt* next = nullptr;
    const char* behind = nullptr;
    const int code = sqlite3_prepare_v2(database, tail, -1, &next, &behind);
    const statement_handle owned(next);
    if (code != SQLITE_OK || next != nullptr || behind == tail) return false;
    tail = behind;
  }
  return true;
}

result<std::string> ask(const sql_query_options& options, const std::string& query, std::stop_token stop) {
  if (query.size() > options.query_bytes_max) return error(errc::limit, "the query is too long");
  if (query.find('\0') != std::string::npos) return error(errc::invalid_argument, "a query has no zero bytes");
  auto database = open_read_only(options.database);
  if (!database) return database.error();
  sqlite3* const at = database->get();
  watch watched{options.time, options.time->now() + options.time_max, std::move(stop)};
  sqlite3_progress_handler(at, steps_between_looks, &look_at_watch, &watched);
  sqlite3_set_authorizer(at, &authorize, nullptr);

  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v2(at, query.c_str(), static_cast<int>(query.size() + 1), &prepared, &tail) != SQLITE_OK) {
    return problem_of(at, &watched);
  }
  const statement_handle statement(prepared);
  if (!statement) return error(errc::invalid_argument, "there is no statement");
  if (!is_alone(at, tail)) return error(errc::invalid_argument, "only one statement can be asked at a time");
  // EXPLAIN passes the authorizer as what it explains, and a command without effect passes as nothing.
  const int columns = sqlite3_column_count(prepared);
  if (sqlite3_stmt_readonly(prepared) == 0 || sqlite3_stmt_isexplain(prepared) != 0 || columns == 0) {
    return error(errc::invalid_argument, "only reading is allowed: one SELECT statement");
  }

  sql_answer answer;
  std::size_t bytes = 0;
  for (int i = 0; i < columns; ++i) {
    answer.columns.push_back(repaired(sqlite3_column_name(prepared, i), 200));
    bytes += answer.columns.back().size() + 4;
  }
  while (true) {
    const int code = sqlite3_step(prepared);
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) return problem_of(at, &watched);
    dynamic_list row;
    for (int i = 0; i < columns; ++i) row.push_back(cell_of(prepared, i, options.cell_bytes_max));
    bytes += to_json(row).size() + 1;
    if (answer.rows.size() >= options.rows_max || bytes > options.answer_bytes_max) {
      answer.more = true;
      break;
    }
    answer.rows.push_back(std::move(row));
  }
  return to_json(answer);
}

std::string tables_of(const std::string& path) {
  const auto database = open_read_only(path);
  if (!database) throw database.error();
  sqlite3_stmt* prepared = nullptr;
  const char* const query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'view')";
  if (sqlite3_prepare_v2(database->get(), query, -1, &prepared, nullptr) != SQLITE_OK) {
    throw error(errc::invalid_argument, "this is no database of SQLite", path);
  }
  const statement_handle statement(prepared);
  std::string all;
  int code;
  while ((code = sqlite3_step(prepared)) == SQLITE_ROW && all.size() < description_bytes_max) {
    const dynamic_value cell = cell_of(prepared, 0, description_bytes_max);
    all += std::string(cell.text()) + "; ";
  }
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    throw error(errc::invalid_argument, "this is no database of SQLite", path);
  }
  return all;
}

}  // namespace

tool_ref sql_query(const sql_query_options& options) {
  const std::string tables = tables_of(options.database);
  tool_limits limits;
  limits.argument_bytes_max = 2 * options.query_bytes_max + 1024;
  limits.result_bytes_max = options.answer_bytes_max + 4 * 1024;
  const std::string content = options.description.empty() ? "Tables: " + tables : options.description;
  return make_tool(
      options.name,
      "Asks a SQLite database, read-only; at most " + std::to_string(options.rows_max) + " rows. " + content,
      [options](const sql_text& text, std::stop_token stop) { return ask(options, text.query, std::move(stop)); },
      tool_execution::blocking, limits);
}

#else

tool_ref sql_query(const sql_query_options&) {
  throw error(errc::unsupported, "this build has no SQLite", {}, "install libsqlite3-dev and build again");
}

#endif

}  // namespace sage::tools
