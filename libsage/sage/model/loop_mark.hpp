/// What a record carries that goes round in a loop.
#pragma once

#include <cstdint>

namespace sage {

/// How often a record has come back to the head of its loop, and when its first ancestor was admitted.
struct loop_mark {
  std::uint32_t iterations = 0;
  std::uint32_t entered_ms = 0;  ///< on the job's clock; wraps after 49 days, ages are differences
  friend bool operator==(const loop_mark&, const loop_mark&) = default;
};

}  // namespace sage
