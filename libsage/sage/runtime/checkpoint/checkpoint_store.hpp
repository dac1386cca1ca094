/// A folder of checkpoints: one folder each, complete when its manifest is there.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sage/base/file_system.hpp"
#include "sage/runtime/checkpoint/manifest.hpp"
#include "sage/runtime/checkpoint/restored_checkpoint.hpp"

namespace sage::runtime {

/// One checkpoint of a folder.
struct stored_checkpoint {
  std::uint64_t epoch = 0;
  std::string path;
  std::uint64_t bytes = 0;                 ///< of all files, where it is complete
  std::optional<manifest> content;         ///< where it is complete and the manifest is whole
  std::shared_ptr<const error> problem{};  ///< why there is none
};

/// Reads and writes `DIR/checkpoint-0000000042/{manifest,0000.snapshot...}`. Whatever is written is on the disk
/// before the manifest is, and that is renamed into place: so a checkpoint is whole or isn't there. For one thread at
/// a time.
///
/// Law  a checkpoint is never changed once it is complete
/// Law  an fsync that failed is never tried again: what it was for is given up
class checkpoint_store {
 public:
  checkpoint_store(file_system& files, std::string folder) : files_(files), folder_(std::move(folder)) {}

  [[nodiscard]] const std::string& folder() const noexcept { return folder_; }

  /// Makes the folder and takes it for this process. Throws errc::invalid_argument while another one has it.
  void take();
  /// The name of the job's run, over all its restarts: made from `random` when there is none yet.
  [[nodiscard]] std::string run_name(std::uint64_t random);

  /// All that is there, the newest first. Throws errc::not_found, errc::io.
  [[nodiscard]] std::vector<stored_checkpoint> list();
  /// Reads a checkpoint with all its files. Fails with errc::parse where anything is damaged or missing.
  [[nodiscard]] result<restored_ptr> load(const stored_checkpoint& from);
  /// Reads everything and checks it, keeping nothing.
  [[nodiscard]] result<void> verify(const stored_checkpoint& what);

  /// Begins the checkpoint: an empty folder, whatever was there of one that wasn't completed.
  [[nodiscard]] result<void> begin(std::uint64_t epoch);
  [[nodiscard]] result<manifest_file> write_snapshot(std::uint64_t epoch, std::uint32_t instance,
                                                     const std::vector<std::string>& blocks);
  [[nodiscard]] result<void> complete(const manifest& content);
  /// Removes a checkpoint: first its manifest, so that it isn't taken for one halfway.
  [[nodiscard]] result<void> remove(std::uint64_t epoch);
  /// Removes all but the newest `kept` complete checkpoints, and what is older than these and incomplete. Returns the
  /// epochs that are gone.
  [[nodiscard]] result<std::vector<std::uint64_t>> prune(std::size_t kept);

  [[nodiscard]] std::string path_of(std::uint64_t epoch) const;

 private:
  [[nodiscard]] result<std::string> read_text(const std::string& path, std::uint64_t bytes_max);
  [[nodiscard]] result<void> write_text(const std::string& path, const std::string& text);
  [[nodiscard]] stored_checkpoint look_at(const std::string& name, std::uint64_t epoch);

  file_system& files_;
  std::string folder_;
  std::unique_ptr<file_lock> lock_;
};

/// The checkpoint at `path`, which is a checkpoint's own folder or one of checkpoints; of these the one with the
/// number `epoch`, or the newest that is whole. `passed_over` gets what was damaged. Nothing when there is none at
/// all; throws when there are some and none is whole, or not that one.
[[nodiscard]] restored_ptr find_checkpoint(checkpoint_store& in, std::optional<std::uint64_t> epoch,
                                           std::vector<error>& passed_over);

}  // namespace sage::runtime
