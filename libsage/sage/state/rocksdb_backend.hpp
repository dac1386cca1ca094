/// State on disk: RocksDB behind the port of keyed operators.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "sage/state/ordered_store.hpp"

namespace sage::state {

/// How a job keeps state on disk.
struct rocksdb_options {
  std::string directory;                  ///< a new folder is made in it and removed at the end; empty: the system's
                                          ///< for temporary files
  std::size_t memory_bytes = 256u << 20;  ///< of all instances together: rows, caches and write buffers
  std::size_t instances = 1;              ///< that will open a store
  std::size_t rows_max = 0;               ///< rows of an instance in memory, for tests; 0 is by bytes
};

/// Whether this build has RocksDB.
[[nodiscard]] bool has_rocksdb() noexcept;

/// Opens the folder. One database per instance, without a log: the state of a job that dies is gone with it.
/// Throws errc::unsupported in a build without RocksDB, errc::io when the folder can't be made.
[[nodiscard]] std::shared_ptr<state_backend> make_rocksdb_backend(const rocksdb_options& options);

}  // namespace sage::state
