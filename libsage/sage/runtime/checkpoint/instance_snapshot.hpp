/// What one instance hands out at a barrier.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/observability/operator_metrics.hpp"
#include "sage/operators/source.hpp"

namespace sage::runtime {

/// How far the source at the head of an instance has come since the job started or was taken up again.
struct source_progress {
  std::vector<std::uint32_t> done;        ///< splits that are through, by number
  std::optional<split_position> current;  ///< the one that is being read
};

struct instance_snapshot {
  std::vector<std::string> blocks;  ///< see state::snapshot_writer
  std::optional<source_progress> source;
  bool finished = false;       ///< it has seen its last record; sinks are prepared for the end
  instance_counters counters;  ///< the books at the barrier
};
using snapshot_ptr = std::shared_ptr<const instance_snapshot>;

}  // namespace sage::runtime
