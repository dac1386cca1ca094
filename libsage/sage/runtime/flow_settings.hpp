/// The bounds on what is in flight, in one place.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sage/base/clock.hpp"

namespace sage::runtime {

/// How much may be under way per channel, and how long an activation may last.
struct flow_settings {
  /// Batches a channel may have in flight. 16 to 32 keep a chain of actors busy under CAF's sharing scheduler;
  /// more only adds memory and latency.
  std::uint32_t window_batches = 32;
  /// Bytes a channel may have in flight; a batch may leave while any byte credit is left, so that one record of
  /// any size passes.
  std::int64_t window_bytes = 4 << 20;
  /// Records and time after which an activation lets others run.
  std::size_t activation_records_max = 64 * 1024;
  nanoseconds activation_time_max = 500'000;
};

}  // namespace sage::runtime
