/// A disk for simulations: what wasn't synced is lost in a crash, and it fails when the seed wants it to.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "sage/base/file_system.hpp"
#include "sage/base/rng.hpp"

namespace sage::testing {

/// Files that behave as POSIX promises and no better: content is on the disk when the file was synced, a name when
/// its folder was. `rename` syncs the folder of its target, as the port says. Thread-safe.
class simulated_disk final : public file_system {
 public:
  /// How often, of a thousand calls.
  struct faults {
    std::uint32_t write_fails = 0;    ///< a part is written, then EIO
    std::uint32_t sync_fails = 0;     ///< and what was to be synced is lost, as after fsync on Linux
    bool sync_lies = false;           ///< mutant: says that it did, and didn't
    bool folder_sync_lies = false;    ///< mutant: the same for names
    bool cuts_nothing = false;        ///< mutant: what is reopened stays as long as it is
    bool rename_copies_late = false;  ///< mutant: a rename is there before what it names is whole
  };

  explicit simulated_disk(std::uint64_t seed) : rng_(seed) {}

  faults how;

  /// The machine goes down: what was not synced is gone, but perhaps for a part at the front of it. Files that are
  /// open fail from now on; locks are free.
  void crash();
  [[nodiscard]] std::string content(const std::string& path) const;
  [[nodiscard]] bool has(const std::string& path) const;
  void put(const std::string& path, std::string content);
  /// Turns a bit over in a file; returns whether there was one.
  bool flip_bit(const std::string& path, std::uint64_t bit);
  /// All paths.
  [[nodiscard]] std::set<std::string> paths() const;
  /// From now on there is no space, or there is again.
  void fill(bool full);

  result<file_status> status(const std::string& path) override;
  result<std::vector<directory_entry>> list(const std::string& path) override;
  result<std::string> resolve(const std::string& path) override { return path; }
  result<std::unique_ptr<readable_file>> open(const std::string& path) override;
  result<std::unique_ptr<writable_file>> create(const std::string& path) override;
  result<std::unique_ptr<writable_file>> reopen(const std::string& path, std::uint64_t bytes) override;
  result<std::unique_ptr<file_lock>> lock(const std::string& path) override;
  result<std::unique_ptr<writable_file>> open_stream(const std::string& path, int stop_descriptor) override;
  result<void> make_folder(const std::string& path) override;
  std::unique_ptr<readable_file> standard_input() override;
  std::unique_ptr<writable_file> standard_output() override;
  result<void> rename(const std::string& from, const std::string& to) override;
  result<void> remove(const std::string& path) override;
  result<void> remove_folder(const std::string& path) override;
  result<void> sync_folder(const std::string& path) override;

 private:
  struct file {
    std::string content;
    std::string synced;
  };
  using names = std::map<std::string, std::shared_ptr<file>>;
  class reading;
  class writing;
  class locking;

  [[nodiscard]] bool strikes(std::uint32_t of_thousand) { return of_thousand > 0 && rng_.below(1000) < of_thousand; }
  void sync_names_of(const std::string& folder);
  [[nodiscard]] static std::string folder_of(const std::string& path);

  mutable std::mutex mutex_;
  rng rng_;
  names now_;
  names durable_;
  std::set<std::string> folders_;
  std::set<std::string> locks_;
  std::uint64_t life_ = 0;  // counts crashes: handles of an earlier one are dead
  bool full_ = false;
};

}  // namespace sage::testing
