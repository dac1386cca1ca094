#include <algorithm>
#include <bit>

#include "sage/optimizer/optimizer.hpp"

namespace sage::optimizer {

namespace {

// A batch should stay in the first-level cache (32 KiB and more everywhere). What a batch costs beside its records,
// in messages and clock readings, is worth some 500 of the cheapest: batches of less than a few thousand would show
// it.
constexpr std::size_t batch_bytes_wanted = 32u << 10;
constexpr std::size_t batch_size_min = 64;
constexpr std::size_t batch_size_max = 4096;

}  // namespace

void choose_batch_sizes(graph::logical_graph& graph, const optimizer_settings& settings) {
  for (graph::node& n : graph.nodes) {
    if (n.removed) continue;
    if (n.options.batch_size) {
      n.batch_size = *n.options.batch_size;
      n.reasons.push_back("batch size " + std::to_string(n.batch_size) + ": set by the user");
      continue;
    }
    if (settings.batch_size > 0) {
      n.batch_size = settings.batch_size;
      n.reasons.push_back("batch size " + std::to_string(n.batch_size) + ": set for the job");
      continue;
    }
    std::size_t record = n.in ? n.in->size : 1;
    for (const record_type* in : n.more_ins) record = std::max(record, in->size);
    for (const record_type* out : n.outs) record = std::max(record, out->size);
    n.batch_size = std::clamp(std::bit_floor(batch_bytes_wanted / std::max<std::size_t>(record, 1)), batch_size_min,
                              batch_size_max);
    n.reasons.push_back("batch size " + std::to_string(n.batch_size) + ": records of " + std::to_string(record) +
                        " bytes");
  }
}

}  // namespace sage::optimizer
