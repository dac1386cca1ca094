/// Appends to a file so that many who wait for the disk share one sync.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/functions/tasks/completion.hpp"

namespace sage::agents {

/// A thread writes what has gathered meanwhile and syncs once: then everybody is told whose bytes were in it.
///
/// Law  what comes in earlier is on the disk earlier
/// Law  once a write or a sync has failed, everything fails with that error: nothing is claimed that isn't there
/// Cost one sync per group; with n writers at once about two syncs of latency each
class journal_writer {
 public:
  explicit journal_writer(std::unique_ptr<writable_file> file);
  /// Writes what is left.
  ~journal_writer();
  journal_writer(const journal_writer&) = delete;
  journal_writer& operator=(const journal_writer&) = delete;

  /// Appends the bytes; `done` gets true when they are on the disk, or the error. Thread-safe.
  void append(std::string bytes, std::optional<completion<bool>> done);
  /// Bytes that have come in.
  [[nodiscard]] std::uint64_t bytes() const;
  /// Nothing is written any more; whoever appends from now on is told why.
  void fail(const error& problem);
  /// Waits until what has come in is on the disk, lets `make` write the file that is to be gone on with, behind
  /// which nothing of this one counts, and goes on there. Throws what `make` does: then this one goes on.
  void replace(const std::function<std::unique_ptr<writable_file>()>& make);

 private:
  void run();
  void write_group(std::unique_lock<std::mutex>& lock);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::condition_variable written_;
  std::unique_ptr<writable_file> file_;
  std::string waiting_;
  std::vector<completion<bool>> told_;  // when waiting_ is on the disk
  bool writes_ = false;                 // outside the lock
  std::shared_ptr<const error> problem_;
  std::uint64_t bytes_ = 0;
  bool over_ = false;
  std::thread thread_;
};

}  // namespace sage::agents
