/// What a client is told of a request that nobody answered.
#pragma once

#include "sage/model/item_end.hpp"
#include "sage/serving/http_problem.hpp"

namespace sage::serving {

/// The status that the failure names; else 504 for one that was stopped, 503 when the job ended, 422 when nobody
/// wanted it, 500 when its operator failed.
[[nodiscard]] http_problem problem_of(const item_end& end);

}  // namespace sage::serving
