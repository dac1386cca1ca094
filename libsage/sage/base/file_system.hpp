/// The file port: the only way SAGE reaches files, so that a simulation can replace it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sage/base/result.hpp"

namespace sage {

enum class file_kind : std::uint8_t {
  regular,
  directory,
  stream,  ///< has no size and no positions: a pipe, a terminal, a device, a socket
  link,    ///< a symbolic link, where links aren't followed
};

struct file_status {
  file_kind kind = file_kind::regular;
  std::uint64_t bytes = 0;  ///< of a regular file
};

struct directory_entry {
  std::string name;
  file_kind kind = file_kind::regular;
};

/// An open file to read from. Closed when it dies. For one thread at a time.
class readable_file {
 public:
  virtual ~readable_file() = default;
  /// Fills `into` with up to `bytes` bytes and returns how many; 0 is the end. Blocks while a stream has nothing.
  [[nodiscard]] virtual result<std::size_t> read(char* into, std::size_t bytes) = 0;
  /// Goes on at `offset`; not for streams.
  [[nodiscard]] virtual result<void> seek(std::uint64_t offset) = 0;
  /// Waits until a read would not block, `stop_descriptor` is readable (when it isn't -1) or `wait_ms` milliseconds
  /// have passed. Returns whether a read would not block.
  [[nodiscard]] virtual result<bool> wait_readable(int stop_descriptor, int wait_ms) = 0;
};

/// An open file to write to. Closed when it dies. For one thread at a time.
class writable_file {
 public:
  virtual ~writable_file() = default;
  /// Writes all of `bytes`. A stream that takes nothing is waited for until `stop_descriptor` (when it isn't -1) is
  /// readable: then errc::cancelled. A stream that nobody reads any more is errc::io; no signal is raised.
  [[nodiscard]] virtual result<void> write(std::string_view bytes, int stop_descriptor) = 0;
  /// Waits until what was written is on the disk.
  [[nodiscard]] virtual result<void> sync() = 0;
  /// Closes and reports what the system had kept back until now.
  [[nodiscard]] virtual result<void> close() = 0;
};

/// Holds a lock until it dies.
class file_lock {
 public:
  virtual ~file_lock() = default;
};

/// The operating system's files. Errors name the path, say what the system said and what to do: errc::not_found,
/// errc::io. Thread-safe.
class file_system {
 public:
  virtual ~file_system() = default;
  /// What is at `path`, links followed.
  [[nodiscard]] virtual result<file_status> status(const std::string& path) = 0;
  /// What is in the directory, links not followed, in no order, without "." and "..".
  [[nodiscard]] virtual result<std::vector<directory_entry>> list(const std::string& path) = 0;
  /// `path` without symbolic links; it exists.
  [[nodiscard]] virtual result<std::string> resolve(const std::string& path) = 0;

  [[nodiscard]] virtual result<std::unique_ptr<readable_file>> open(const std::string& path) = 0;
  /// Makes a new file; errc::invalid_argument when there is one at `path` already.
  [[nodiscard]] virtual result<std::unique_ptr<writable_file>> create(const std::string& path) = 0;
  /// Opens the file at `path` to write behind its first `bytes` bytes; what comes after them is cut off. errc::io
  /// when it is shorter.
  [[nodiscard]] virtual result<std::unique_ptr<writable_file>> reopen(const std::string& path,
                                                                      std::uint64_t bytes) = 0;
  /// Takes the lock at `path`, a file that is made where there is none; whoever dies gives his locks back.
  /// errc::invalid_argument when somebody else has it.
  [[nodiscard]] virtual result<std::unique_ptr<file_lock>> lock(const std::string& path) = 0;
  /// Opens the stream at `path`. A named pipe without a reader is waited for until `stop_descriptor` (when it isn't
  /// -1) is readable: then errc::cancelled.
  [[nodiscard]] virtual result<std::unique_ptr<writable_file>> open_stream(const std::string& path,
                                                                           int stop_descriptor) = 0;
  /// Makes a folder and those above it that are missing; fine when it is there.
  [[nodiscard]] virtual result<void> make_folder(const std::string& path) = 0;
  [[nodiscard]] virtual std::unique_ptr<readable_file> standard_input() = 0;
  [[nodiscard]] virtual std::unique_ptr<writable_file> standard_output() = 0;

  /// Puts `from` in the place of `to`, at once and for good.
  [[nodiscard]] virtual result<void> rename(const std::string& from, const std::string& to) = 0;
  [[nodiscard]] virtual result<void> remove(const std::string& path) = 0;
  /// Removes a folder with the files in it; there are no folders in it.
  [[nodiscard]] virtual result<void> remove_folder(const std::string& path) = 0;
  /// Waits until the names in a folder are on the disk.
  [[nodiscard]] virtual result<void> sync_folder(const std::string& path) = 0;
};

/// The machine's own files. Lives for ever.
[[nodiscard]] file_system& system_files() noexcept;

/// What the errors of writing to a stream whose reader has gone say, so that programs can end quietly:
/// `is_closed_stream(error)`.
inline constexpr std::string_view closed_stream_message = "nobody reads it any more";
[[nodiscard]] inline bool is_closed_stream(const error& problem) noexcept {
  return problem.code() == errc::io &&
         std::string_view(problem.what()).find(closed_stream_message) != std::string_view::npos;
}

}  // namespace sage
