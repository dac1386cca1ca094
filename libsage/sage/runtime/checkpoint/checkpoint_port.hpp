/// Where the snapshots of a running job go: the port behind which files and threads are.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "sage/base/result.hpp"
#include "sage/runtime/checkpoint/instance_snapshot.hpp"
#include "sage/runtime/checkpoint/manifest.hpp"
#include "sage/runtime/checkpoint/restored_checkpoint.hpp"

namespace sage::runtime {

class checkpoint_store;

/// Carries out what it is asked for in order, one thing after the other, and says what came of each: perhaps on
/// another thread, perhaps before the call returns. Thread-safe.
class checkpoint_port {
 public:
  virtual ~checkpoint_port() = default;
  virtual void begin(std::uint64_t epoch, std::function<void(result<void>)> done) = 0;
  virtual void write(std::uint64_t epoch, std::uint32_t instance, snapshot_ptr what,
                     std::function<void(result<manifest_file>)> done) = 0;
  /// Makes the checkpoint complete, then removes what is too old.
  virtual void complete(manifest content, std::function<void(result<void>)> done) = 0;
  /// The checkpoint is given up: its files may go.
  virtual void discard(std::uint64_t epoch) = 0;
  /// Reads the newest checkpoint that is whole, for instances that begin again; null where there is none.
  virtual void load(std::function<void(result<restored_ptr>)> done) = 0;
};

/// Writes to a store, by a thread of its own; keeps the newest `kept` checkpoints.
[[nodiscard]] std::shared_ptr<checkpoint_port> make_checkpoint_thread(std::unique_ptr<checkpoint_store> store,
                                                                      std::size_t kept);
/// The same within the call, without threads.
[[nodiscard]] std::shared_ptr<checkpoint_port> make_inline_checkpoints(std::unique_ptr<checkpoint_store> store,
                                                                       std::size_t kept);

}  // namespace sage::runtime
