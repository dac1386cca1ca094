/// Adds up the books of an operator's instances.
#pragma once

#include "sage/observability/operator_metrics.hpp"
#include "sage/runtime/checkpoint/manifest.hpp"

namespace sage::runtime {

/// Adds what one instance has counted.
void add_to_books(operator_books& to, const operator_counters& some) noexcept;

}  // namespace sage::runtime
