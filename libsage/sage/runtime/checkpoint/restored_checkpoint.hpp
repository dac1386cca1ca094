/// A checkpoint in memory, for a job that goes on from it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sage/runtime/checkpoint/manifest.hpp"
#include "sage/state/snapshot.hpp"

namespace sage::runtime {

/// The manifest, the bytes of all files, and who finds what in them. Read-only once made: instances may read it side
/// by side.
class restored_checkpoint {
 public:
  /// `files` are the contents of all snapshots, checked, in the order of the manifest. Throws errc::parse.
  restored_checkpoint(manifest content, std::vector<std::string> files);
  restored_checkpoint(const restored_checkpoint&) = delete;
  restored_checkpoint& operator=(const restored_checkpoint&) = delete;

  [[nodiscard]] const manifest& content() const noexcept { return manifest_; }
  [[nodiscard]] bool has(const std::string& uid) const { return parts_.contains(uid); }
  [[nodiscard]] state::snapshot_reader reader_for(const std::string& uid, std::uint32_t number,
                                                  std::uint32_t parallelism) const;
  /// Whether all instances of the operator had seen their last record.
  [[nodiscard]] bool has_finished(const std::string& uid) const;
  /// How many instances the operator had; 0 where there was none.
  [[nodiscard]] std::size_t parallelism_of(const std::string& uid) const;
  [[nodiscard]] const manifest_source* source(const std::string& uid) const;

 private:
  [[nodiscard]] const manifest_operator* find(const std::string& uid) const;

  manifest manifest_;
  std::vector<std::string> files_;
  std::map<std::string, std::vector<state::operator_part>> parts_;  // they view the files
};

using restored_ptr = std::shared_ptr<const restored_checkpoint>;

}  // namespace sage::runtime
