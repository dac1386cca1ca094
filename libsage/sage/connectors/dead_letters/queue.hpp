/// The durable dead-letter queue: `env.keep_dead_letters(sage::dead_letter_queue({.directory = "dlq"}))`.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "sage/base/file_system.hpp"
#include "sage/connectors/dead_letters/letter_log.hpp"
#include "sage/operators/dead_letter_keeper.hpp"

namespace sage {

using letters::when_full;

struct dead_letter_queue_options {
  std::string directory;
  std::uint64_t bytes_max = 1u << 30;  ///< on the disk, records that were purged included
  when_full full = when_full::fail;
  /// How often a running job looks for letters to be tried again; 0 is once, when it starts.
  std::chrono::milliseconds poll{200};
  file_system* files = &system_files();
};

/// A queue in a directory, for one job at a time. `dlq list|show|edit|replay|purge DIR` of every app works on it.
///
/// With checkpoints, letters and replays are exactly as the checkpoint says. Without, letters are on the disk when
/// their batch is through, and replays count as taken when the job has ended well: after a crash they are tried
/// again. Throws errc::configuration without a directory.
[[nodiscard]] std::shared_ptr<dead_letter_keeper> dead_letter_queue(dead_letter_queue_options options);

}  // namespace sage
