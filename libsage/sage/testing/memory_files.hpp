/// Files in memory that can be made to fail: the file port for tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "sage/base/file_system.hpp"

namespace sage::testing {

/// A file system without a disk: absolute or relative paths, folders that are there as soon as a file is in them. Set
/// the faults before it is used; the files may be looked at at any time. Thread-safe.
class memory_files final : public file_system {
 public:
  /// Faults and habits.
  struct behaviour {
    std::size_t read_bytes_max = std::numeric_limits<std::size_t>::max();   ///< a read brings no more: pipes do that
    std::uint64_t space_bytes = std::numeric_limits<std::uint64_t>::max();  ///< then the disk is full
    bool fail_sync = false;
    bool fail_rename = false;
  };

  memory_files() = default;
  memory_files(std::initializer_list<std::pair<const std::string, std::string>> contents) : contents_(contents) {}

  behaviour how;

  void put(const std::string& path, std::string content);
  [[nodiscard]] std::map<std::string, std::string> contents() const;
  [[nodiscard]] bool has(const std::string& path) const;
  [[nodiscard]] std::string content(const std::string& path) const;

  result<file_status> status(const std::string& path) override;
  result<std::vector<directory_entry>> list(const std::string& path) override;
  result<std::string> resolve(const std::string& path) override { return path; }
  result<std::unique_ptr<readable_file>> open(const std::string& path) override;
  result<std::unique_ptr<writable_file>> create(const std::string& path) override;
  result<std::unique_ptr<writable_file>> reopen(const std::string& path, std::uint64_t bytes) override;
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override;
  result<void> make_folder(const std::string& path) override;
  result<std::unique_ptr<writable_file>> open_stream(const std::string& path, int stop_descriptor) override;
  /// What is put at "stdin".
  std::unique_ptr<readable_file> standard_input() override;
  /// Goes to "stdout".
  std::unique_ptr<writable_file> standard_output() override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> remove(const std::string& path) override;
  result<void> remove_folder(const std::string& path) override;
  result<void> sync_folder(const std::string& path) override;

 private:
  class reading;
  class writing;
  class locking;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> contents_;
  std::set<std::string> locks_;
  std::uint64_t written_bytes_ = 0;
};

}  // namespace sage::testing
