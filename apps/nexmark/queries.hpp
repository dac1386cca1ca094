/// Queries 0 to 8 of Nexmark as pipelines.
#pragma once

#include <string>
#include <vector>

#include <sage/sage.hpp>

#include "nexmark/events.hpp"

namespace nexmark {

/// The names of the queries: "q0" to "q8".
[[nodiscard]] std::vector<std::string> query_names();

/// Declares a query over `events`, which have no event time yet; its rows go to the CSV file `output`, in order.
/// Precondition: `name` is one of query_names().
void declare_query(const std::string& name, const sage::data_stream<event>& events, const std::string& output);

}  // namespace nexmark
