/// Reads back what a program has written.
#pragma once

#include <string>
#include <vector>

#include <sage/sage.hpp>

namespace sage::testing {

/// The rows of a CSV file, in its order.
template <class Row>
[[nodiscard]] std::vector<Row> rows_of(const std::string& path) {
  reference_environment env;
  collected<Row> rows;
  env.from_source(file::csv<Row>({path})).sink(collect_into(rows));
  env.execute("rows");
  return rows.records();
}

}  // namespace sage::testing
