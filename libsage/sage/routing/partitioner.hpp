/// How records travel over an edge: pure policies that pick the target instances of a batch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "sage/model/batch.hpp"

namespace sage::routing {

/// The kinds of edges between operators.
enum class partitioning : std::uint8_t {
  forward,    ///< instance i to instance i
  rebalance,  ///< whole batches in turn, to whoever has credit
  hash,       ///< by key group of the key's hash
  broadcast,  ///< every batch to every instance, one shared buffer
  custom,     ///< by a function of the user, record by record
};
[[nodiscard]] std::string_view to_string(partitioning kind) noexcept;

/// Returns the key hashes of a batch: those it carries, or new ones, put onto the batch when nobody else holds it
/// and into `room` otherwise. Typed code behind an untyped door.
using key_hasher = std::function<const std::uint64_t*(batch_base& records, std::vector<std::uint64_t>& room)>;
/// Writes the target instance of each record of a batch to `targets`. Typed code behind an untyped door.
using record_chooser =
    std::function<void(const batch_base& records, std::uint32_t instances, std::uint32_t* targets)>;

/// What a partitioner says of a batch.
struct decision {
  enum class kind : std::uint8_t { one, all, each };
  kind where = kind::one;
  std::uint32_t target = 0;  ///< for `one`
};

/// Picks targets. Pure: depends on the batches seen and the credit shown to it, on nothing else.
class partitioner {
 public:
  virtual ~partitioner() = default;
  /// Decides on `records`. `free[i]` tells whether target i could take a batch now. For `each`, has written the
  /// target of every record to `targets`, which has room for them.
  virtual decision route(batch_base& records, std::span<const bool> free, std::uint32_t* targets) = 0;
};

/// What an edge needs to make its partitioners.
struct partitioner_spec {
  partitioning kind = partitioning::forward;
  key_hasher hasher;       ///< for hash
  record_chooser chooser;  ///< for custom
  std::uint32_t key_groups = 1024;
};

/// One partitioner for one sender instance. `sender` spreads the starting points of rebalancing senders.
[[nodiscard]] std::unique_ptr<partitioner> make_partitioner(const partitioner_spec& spec, std::uint32_t targets,
                                                            std::uint32_t sender);

}  // namespace sage::routing
