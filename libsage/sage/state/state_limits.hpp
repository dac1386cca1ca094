/// How much keyed state an operator may hold.
#pragma once

#include <cstddef>

namespace sage::state {

/// Of one instance of an operator, in bytes; 0 is without limit. Sizes are estimates: see value_bytes.
struct state_limits {
  std::size_t bytes_per_key_max = 0;
  std::size_t bytes_max = 0;  ///< in memory
};

}  // namespace sage::state
